"""Whole runs over real loopback HTTP: validators, patience, limits, failures as values."""

import gzip
import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.config.schema import KINDS, Source
from digest.config.sources import TITLES
from digest.models import SourceMemory, SourceState
from digest.sources import collecting
from digest.sources.asking.addresses import is_private, may_have_key
from digest.sources.asking.pacing import host_of, pace_of
from tests.loopback import Reply, Request, serve
from tests.sources.gathering import DAY, FEED, NOW, Nap, collect, feed, rss


def test_every_kind_has_a_plan_and_a_title() -> None:
    """A new kind is known to those that ask it and to those that name it."""
    titled = set(KINDS) - {"feed", "file"}  # which are named by their address or path
    unlike = set(KINDS) ^ set(collecting.PLANS)
    assert not unlike, f"{unlike}: only in `Kinds` (config/schema.py), or only in PLANS or SEARCHES"
    assert set(TITLES) == titled, "TITLES (config/sources.py) names each"


def test_second_run_sends_the_validators() -> None:
    """ETag and Last-Modified come back to the server, and 304 is a success that keeps them."""

    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"1"':
            return Reply(status=304)
        return Reply(
            FEED, headers={"ETag": '"1"', "Last-Modified": "Mon, 02 Nov 2026 00:00:00 GMT"}
        )

    with serve(answer) as server:
        (first,) = collect(feed(server.url))
        (again,) = collect(feed(server.url), memories={"Feed": first.memory}, now=NOW + DAY)
        assert server.seen[1].headers["if-modified-since"] == "Mon, 02 Nov 2026 00:00:00 GMT"
    assert (first.report.state, first.report.papers) == (SourceState.FRESH, 2)
    assert first.first
    assert again.report.state is SourceState.NOT_MODIFIED
    assert again.memory.etag == '"1"'
    assert again.report.last_success == NOW + DAY


def test_another_address_has_a_backlog_of_its_own() -> None:
    """What a feed held before its address was given to a source is no news, at first or later."""
    with serve(lambda _r: Reply(FEED)) as server:
        (one,) = collect(feed(f"{server.url}/old"))
        memories = {"Feed": one.memory}
        (same,) = collect(feed(f"{server.url}/old"), memories=memories)
        (moved,) = collect(feed(f"{server.url}/new"), memories=memories)
    assert [told.first for told in (one, same, moved)] == [True, False, True]


def test_nothing_can_be_unchanged_at_first() -> None:
    """A cache's 304 to a question without validators is no success."""
    with serve(lambda _r: Reply(status=304)) as server:
        (one,) = collect(feed(server.url))
    assert one.report.state is SourceState.FAILED
    assert one.memory.succeeded is None


def test_bad_answers_leave_no_validators() -> None:
    """The validators of an answer that could not be read would hide the good one behind a 304."""
    bodies = [b"<html>Sorry</html>", FEED[: len(FEED) * 2 // 3]]
    for body in bodies:
        with serve(lambda _r, body=body: Reply(body, headers={"ETag": '"bad"'})) as server:
            (one,) = collect(feed(server.url))
        assert one.memory.etag == ""
        assert one.report.state in {SourceState.FAILED, SourceState.PARTIAL}


def test_same_papers_again_are_quiet() -> None:
    """A feed without anything new is quiet, not fresh."""
    with serve(lambda _r: Reply(FEED)) as server:
        (first,) = collect(feed(server.url))
        (again,) = collect(feed(server.url), memories={"Feed": first.memory})
    assert again.report.state is SourceState.QUIET


def test_operator_is_named_to_the_server() -> None:
    """The User-Agent carries the project and the operator's address."""
    with serve(lambda _r: Reply(FEED)) as server:
        collect(feed(server.url))
        agent = server.seen[0].headers["user-agent"]
    assert "mailto:ops@example.org" in agent
    assert agent.startswith("morning-papers/")


def test_busy_server_is_given_time() -> None:
    """429 with Retry-After is waited for and asked again."""
    replies = [Reply(b"Rate exceeded.", status=429, headers={"Retry-After": "40"}), Reply(FEED)]
    nap = Nap()
    with serve(lambda _r: replies.pop(0)) as server:
        (one,) = collect(feed(server.url), nap=nap)
    assert one.report.state is SourceState.FRESH
    assert nap.seconds == [40]


def test_patience_ends() -> None:
    """Three tries, then the source has failed with its reason."""
    nap = Nap()
    with serve(lambda _r: Reply(status=503)) as server:
        (one,) = collect(feed(server.url), nap=nap)
        assert len(server.seen) == 3
    assert one.report.state is SourceState.FAILED
    assert "HTTP 503" in one.report.reason
    assert nap.seconds


def test_long_retry_after_waits_for_the_next_run() -> None:
    """A server that asks for an hour is left alone."""
    with serve(lambda _r: Reply(status=503, headers={"Retry-After": "3600"})) as server:
        (one,) = collect(feed(server.url))
        assert len(server.seen) == 1
    assert "3600" in one.report.reason


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refusals_are_final(status: int) -> None:
    """A refusal is not asked again."""
    with serve(lambda _r: Reply(status=status)) as server:
        (one,) = collect(feed(server.url))
        assert len(server.seen) == 1
    assert f"HTTP {status}" in one.report.reason


JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "title": "C"%s}'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (JSON_FEED % "", "no list `items`"),
        (JSON_FEED % ', "items": {"1": {"title": "A paper"}}', "no list `items`"),
        (JSON_FEED % ', "items": ["A paper", 7, null]', "none of its entries (3) has a title"),
        (JSON_FEED % ', "items": [{"title": {}, "id": []}]', "none of its entries (1) has a title"),
        (rss("", "").decode(), "none of its entries (2) has a title"),
    ],
)
def test_a_misshapen_feed_is_not_quiet(body: str, told: str, tmp_path: Path) -> None:
    """Where nothing of a document can be used the source has failed, on the web and in a file."""
    (tmp_path / "feed").write_text(body, "utf-8")
    with serve(lambda _r: Reply(body.encode())) as server:
        files = Source(kind="file", query=("feed",), name="File")
        found = collect(feed(server.url), files, base_dir=tmp_path)
    for one in found:
        assert one.report.state is SourceState.FAILED
        assert told in one.report.reason


def test_an_empty_feed_is_quiet() -> None:
    """A feed that has no entries today is as it should be."""
    body = (JSON_FEED % ', "items": []').encode()
    with serve(lambda r: Reply(body if "json" in r.path else rss())) as server:
        found = collect(feed(f"{server.url}/json", name="A"), feed(server.url, name="B"))
    assert {one.report.state for one in found} == {SourceState.QUIET}


def test_rate_exceeded_under_status_200() -> None:
    """arXiv's text is a refusal whatever its status; it wants to be left alone for 30 to 150 s."""
    nap = Nap()
    with serve(lambda _r: Reply(b"Rate exceeded.")) as server:
        (one,) = collect(feed(server.url), nap=nap)
    assert [30 <= seconds <= 150 for seconds in nap.seconds] == [True, True]
    assert one.report.state is SourceState.FAILED
    assert "too often" in one.report.reason


def test_compressed_bomb_is_cut_off() -> None:
    """A body that swells beyond the cap fails its source alone."""
    bomb = Reply(gzip.compress(b" " * 40_000_000), headers={"Content-Encoding": "gzip"})
    with serve(lambda r: bomb if "bomb" in r.path else Reply(FEED)) as server:
        bad, good = collect(
            feed(f"{server.url}/bomb", name="Bomb"), feed(f"{server.url}/good", name="Good")
        )
    assert bad.report.state is SourceState.FAILED
    assert "16 MB" in bad.report.reason
    assert good.report.state is SourceState.FRESH


def test_compressed_answers_are_read() -> None:
    """gzip and its broken end: the whole papers are kept, the source is partial."""
    body = gzip.compress(
        rss(*(f"paper number {n} of {random.Random(n).random()}" for n in range(99)))
    )
    coding = {"Content-Encoding": "gzip"}
    with serve(lambda r: Reply(body[:-400] if "cut" in r.path else body, headers=coding)) as server:
        whole, cut = collect(feed(server.url, name="Whole"), feed(f"{server.url}/cut", name="Cut"))
    assert (whole.report.state, whole.report.papers) == (SourceState.FRESH, 99)
    assert cut.report.state is SourceState.PARTIAL
    assert 0 < cut.report.papers < 99


@pytest.mark.parametrize(
    "body",
    [FEED, gzip.compress(FEED[:60]) + gzip.compress(FEED[60:]), gzip.compress(FEED) + b"\n"],
    ids=["plain", "two members", "a tail"],
)
def test_codings_are_read_as_they_come(body: bytes) -> None:
    """A body need not be quite what its Content-Encoding says."""
    with serve(lambda _r: Reply(body, headers={"Content-Encoding": "gzip"})) as server:
        (one,) = collect(feed(server.url))
        assert len(server.seen) == 1
    assert (one.report.state, one.report.papers) == (SourceState.FRESH, 2)


def test_a_feed_that_names_no_encoding_has_that_of_its_answer() -> None:
    """The charset of the Content-Type, and not Windows-1252, is what bytes mean."""
    headers = {"Content-Type": "text/xml; charset=ISO-8859-2"}
    body = rss("A fifth paper on Dvo\u0159\u00e1k").decode().encode("iso-8859-2")
    with serve(lambda _r: Reply(body, headers=headers)) as server:
        (one,) = collect(feed(server.url))
    assert one.papers[0].title == "A fifth paper on Dvořák"


def test_a_coding_that_is_none_is_named() -> None:
    """Bytes that cannot be decompressed are a failure with its reason."""
    body = gzip.compress(FEED)[:10] + b"\xff" * 50
    with serve(lambda _r: Reply(body, headers={"Content-Encoding": "gzip"})) as server:
        (one,) = collect(feed(server.url))
    assert one.report.reason == "its answer is no valid gzip"


def test_redirects_stay_in_public() -> None:
    """A redirect within the named host is followed; one to another private place is not."""

    def answer(request: Request) -> Reply:
        targets = {
            "/a": "/b",
            "/private": "http://localhost:9/",
            "/ring": "/ring",
            "/f": "file:///x",
            "/half": "http://[::1",
            "/long": f"http://{'a' * 70}.org/",
        }
        target = targets.get(request.path)
        return Reply(status=302, headers={"Location": target}) if target else Reply(FEED)

    with serve(answer) as server:
        names = ("a", "private", "ring", "f", "half", "long")
        found = collect(*(feed(f"{server.url}/{name}", name=name) for name in names))
    states = [one.report.state for one in found]
    assert states == [SourceState.FRESH, *[SourceState.FAILED] * 5]
    assert "private address" in found[1].report.reason
    assert "redirects" in found[2].report.reason
    for one in found[3:]:
        assert "no web address" in one.report.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
    ],
)
def test_private_addresses_are_known(url: str) -> None:
    """Loopback, private, link-local and unspecified addresses are private."""
    assert is_private(url)


def test_a_key_stays_with_its_host_and_its_secrecy() -> None:
    """A redirect takes a key neither to another host nor from https to http."""
    home = "https://api.example.org/x"
    assert may_have_key(home, "https://API.example.org/y")
    assert may_have_key("http://api.example.org/x", home)
    assert not may_have_key(home, "http://api.example.org/x")
    assert not may_have_key(home, "https://example.org/x")


@pytest.mark.parametrize("proxy", ["socks4://127.0.0.1:9", "http://127.0.0.1:port"])
def test_a_proxy_that_is_none_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment sets wrongly is neither the source's fault nor this program's."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    (one,) = collect(feed("http://example.org/feed.xml"))
    assert "proxy" in one.report.reason
    assert "mistake" not in one.report.reason


def test_unreachable_host_is_a_failed_source() -> None:
    """A refused connection is a value with its reason."""
    (one,) = collect(feed("http://127.0.0.1:9/feed.xml"))
    assert one.report.state is SourceState.FAILED
    assert one.report.reason


def test_papers_beyond_the_limit_come_by_and_by() -> None:
    """Of a feed that changes they wait for the next run, which asks whatever the server's tag says;
    of the backlog of a first run they are left."""
    feeds = iter(
        (("1", rss("A", "B", "Old")), ("2", later := rss("C", "D", "E", "A")), ("2", later))
    )

    def answer(request: Request) -> Reply:
        tag, body = next(feeds)
        if request.headers.get("if-none-match") == f'"{tag}"':
            return Reply(b"", 304)
        return Reply(body, headers={"ETag": f'"{tag}"'})

    new, reasons, memory = [], [], SourceMemory()
    with serve(answer) as server:
        source = feed(server.url, limit=2)
        for _ in range(3):
            known = set(memory.batch)
            (one,) = collect(source, memories={source.name: memory})
            new.append([paper.title for paper in one.papers if paper.id not in known])
            reasons.append(one.report.reason)
            memory = one.memory
            assert one.report.state is SourceState.FRESH
    assert new == [["A", "B"], ["C", "D"], ["E"]]
    assert reasons == ["", "1 papers beyond the limit wait for the next run", ""]


def test_a_backlog_beyond_the_limit_never_comes(tmp_path: Path) -> None:
    """What a feed held before and papers of long ago are no news; standing twice is once."""

    def item(number: int) -> str:
        day = NOW - timedelta(days=20 * (20 - number))
        link = f"https://example.org/{number}"
        return (
            f"<item><title>Paper {number}</title><link>{link}</link>"
            f"<pubDate>{day:%a, %d %b %Y 06:00:00 GMT}</pubDate></item>"
        )

    source = Source(kind="file", query=("papers",), name="F", limit=5)
    (tmp_path / "papers").mkdir()
    memory, taken = SourceMemory(), []
    for there in (range(19, 0, -1), range(20, 0, -1)):
        items = "".join(map(item, (*there, there[0])))
        document = f"<rss version='2.0'><channel><title>C</title>{items}</channel></rss>"
        (tmp_path / "papers" / "a.xml").write_text(document)
        (one,) = collect(source, memories={"F": memory}, base_dir=tmp_path)
        taken.append(sorted({int(paper.title[6:]) for paper in one.papers}))
        memory = one.memory
        assert one.report.state is SourceState.FRESH
        assert one.report.reason == ""
    assert taken[0] == [15, 16, 17, 18, 19]
    assert taken[1] == [16, 17, 18, 19, 20]
    # As an older version left it: it remembered no more than it took.
    older = replace(memory, batch=memory.batch[:5])
    (one,) = collect(source, memories={"F": older}, base_dir=tmp_path)
    assert (one.report.new, len({paper.id for paper in one.papers})) == (0, 5)


def test_a_document_longer_than_the_memory_stays_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not remembered is not new each time, and takes no room from what is."""
    monkeypatch.setattr(collecting, "MAX_BATCH", 6)
    memory = SourceMemory()
    news = []
    for first in (0, 1, 2):
        titles = [f"Paper {number}" for number in range(10 - first, 20)]
        with serve(lambda _r, titles=titles: Reply(rss(*titles))) as server:
            source = feed(server.url, limit=3)
            (one,) = collect(source, memories={source.name: memory})
        known, memory = set(memory.batch), one.memory
        news.append([paper.title for paper in one.papers if paper.id not in known])
        assert one.report.reason == ""
    assert news == [["Paper 10", "Paper 11", "Paper 12"], ["Paper 9"], ["Paper 8"]]


def test_files_and_folders_are_sources(tmp_path: Path) -> None:
    """A folder gives all its documents; one that cannot be read makes the source partial."""
    (tmp_path / "a.xml").write_bytes(FEED)
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(rss("A third paper")))
    (tmp_path / ".hidden").write_bytes(b"x")
    source = Source(kind="file", query=(".",), name="F")
    (one,) = collect(source, base_dir=tmp_path)
    assert (one.report.state, one.report.papers) == (SourceState.FRESH, 3)
    (tmp_path / "c.html").write_text("<html></html>")
    (again,) = collect(source, base_dir=tmp_path)
    assert again.report.state is SourceState.PARTIAL
    assert again.report.reason == "c.html: it is an HTML page, not a feed"
    (none,) = collect(Source(kind="file", query=("nothing",), name="F"), base_dir=tmp_path)
    assert none.report.state is SourceState.FAILED
    (tmp_path / "empty").mkdir()
    (empty,) = collect(Source(kind="file", query=("empty",), name="F"), base_dir=tmp_path)
    assert empty.report.state is SourceState.QUIET


def test_hosts_of_one_house_share_a_pace() -> None:
    """All of arXiv's hosts are one, with three seconds between requests."""
    assert {host_of(f"https://{name}arxiv.org/x") for name in ("", "rss.", "export.")} == {
        "arxiv.org"
    }
    assert (pace_of("arxiv.org"), pace_of("ncbi.nlm.nih.gov")) == (3.0, 0.34)
    kinds = Source(kind="arxiv", query=("cs.CL",), name="a"), feed("https://export.arxiv.org/x")
    assert {collecting.lane_of(source) for source in kinds} == {"arxiv.org"}
    assert host_of("https://notarxiv.org/") == "notarxiv.org"
    assert re.match(r"127\.0\.0\.1:\d+", host_of("http://127.0.0.1:80/"))
