"""Whole runs over real loopback HTTP: validators, patience, limits, failures as values."""

import gzip
import json
import random
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from digest.config.schema import Source
from digest.models import Collected, SourceMemory, SourceState
from digest.sources import collect_sources, try_source
from digest.sources.asking.addresses import is_private
from digest.sources.asking.pacing import LoneClock, host_of, pace_of
from tests.sources.loopback import Reply, Request, serve

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)


def rss(*titles: str) -> bytes:
    """Return a feed with one item per title."""
    items = "".join(
        f"<item><title>{t}</title><link>https://example.org/{t.replace(' ', '-')}</link></item>"
        for t in titles
    )
    return f"<rss version='2.0'><channel><title>C</title>{items}</channel></rss>".encode()


FEED = rss("A first paper", "A second paper")


class Nap:
    """Sleeping that takes no time and is counted."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        """Count."""
        if seconds:
            self.seconds.append(seconds)


def collect(
    *sources: Source,
    memories: dict[str, SourceMemory] | None = None,
    now: datetime = NOW,
    nap: Nap | None = None,
    base_dir: Path = Path(),
) -> list[Collected]:
    """Collect with a sleep that takes no time."""
    return collect_sources(
        sources,
        memories or {},
        now=now,
        hosts=LoneClock(),
        contact="Ops <ops@example.org>",
        base_dir=base_dir,
        sleep=nap or Nap(),
        dice=random.Random(1),
    )


def feed(url: str, **told: Any) -> Source:
    """Return a source that reads one address."""
    return Source(kind="feed", query=(url,), name=told.pop("name", "Feed"), **told)


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
    assert 40 in nap.seconds


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
    """arXiv's text is a refusal whatever its status."""
    with serve(lambda _r: Reply(b"Rate exceeded.")) as server:
        (one,) = collect(feed(server.url))
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


def test_redirects_stay_in_public() -> None:
    """A redirect within the named host is followed; one to another private place is not."""

    def answer(request: Request) -> Reply:
        targets = {
            "/a": "/b",
            "/private": "http://localhost:9/",
            "/ring": "/ring",
            "/f": "file:///x",
        }
        target = targets.get(request.path)
        return Reply(status=302, headers={"Location": target}) if target else Reply(FEED)

    with serve(answer) as server:
        names = ("a", "private", "ring", "f")
        found = collect(*(feed(f"{server.url}/{name}", name=name) for name in names))
    states = [one.report.state for one in found]
    assert states == [SourceState.FRESH, *[SourceState.FAILED] * 3]
    assert "private address" in found[1].report.reason
    assert "redirects" in found[2].report.reason
    assert "no web address" in found[3].report.reason


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


def test_unreachable_host_is_a_failed_source() -> None:
    """A refused connection is a value with its reason."""
    (one,) = collect(feed("http://127.0.0.1:9/feed.xml"))
    assert one.report.state is SourceState.FAILED
    assert one.report.reason


def test_limit_cuts_and_says_so() -> None:
    """More papers than the limit are left out, and the source is partial."""
    with serve(lambda _r: Reply(FEED)) as server:
        (one,) = collect(feed(server.url, limit=1))
    assert (one.report.state, len(one.papers)) == (SourceState.PARTIAL, 1)
    assert "1 papers beyond the limit" in one.report.reason


def arxiv_feed(*announced: str) -> bytes:
    """Return an arXiv Atom feed with one entry per announce type."""
    entries = "".join(
        f"<entry><id>oai:arXiv.org:2611.0000{n}v1</id><title>The paper number {n}</title>"
        f"<arxiv:announce_type>{word}</arxiv:announce_type></entry>"
        for n, word in enumerate(announced)
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        f"<title>cs.CL updates on arXiv.org</title>{entries}</feed>"
    ).encode()


def test_replacements_only_when_asked() -> None:
    """New and cross-listed papers come by themselves, replacements on request."""
    body = arxiv_feed("new", "cross", "replace", "replace-cross")
    with serve(lambda _r: Reply(body)) as server:
        usual, asked = collect(
            feed(server.url, name="usual"),
            feed(server.url, name="asked", announce=("new", "replace")),
        )
    assert [paper.announced for paper in usual.papers] == ["new", "cross"]
    assert [paper.announced for paper in asked.papers] == ["new", "replace"]
    assert usual.report.papers == asked.report.papers == 4  # understood, wanted or not


def hf_rows(*numbers: int) -> bytes:
    """Return a list of daily papers."""
    rows = [
        {"paper": {"id": f"2611.{n:05d}", "title": f"Daily paper {n}", "upvotes": n}}
        for n in numbers
    ]
    return json.dumps(rows).encode()


def test_huggingface_reads_recent_days_again() -> None:
    """Each run asks for today and the days before, so that late upvotes are seen."""
    lists = {"2026-11-16": hf_rows(1), "2026-11-17": hf_rows(2, 3), "2026-11-18": hf_rows(4)}

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        return Reply(lists.get(query["date"][0], b"[]"))

    source = Source(kind="huggingface", query=("daily",), name="HF")
    with serve(answer) as server:
        source = source.model_copy(update={"url": f"{server.url}/api/daily_papers"})
        (one,) = collect(source)
        (later,) = collect(source, memories={"HF": one.memory}, now=NOW + 4 * DAY)
        asked = [parse_qs(urlsplit(path).query)["date"][0] for path in server.paths]
    assert (one.report.state, one.report.papers) == (SourceState.FRESH, 4)
    assert one.memory.covered == date(2026, 11, 18)
    assert asked[:3] == ["2026-11-16", "2026-11-17", "2026-11-18"]
    assert asked[3] == "2026-11-16"
    assert asked[-1] == "2026-11-22"
    assert later.report.state is SourceState.QUIET


def test_huggingface_weeks_and_trends() -> None:
    """The list of a week, a month or of trends is one question."""
    with serve(lambda _r: Reply(hf_rows(1))) as server:
        words = ("weekly", "monthly", "trending")
        url = f"{server.url}/api/daily_papers"
        collect(*(Source(kind="huggingface", query=(w,), name=w, url=url) for w in words))
        queries = {path.partition("?")[2].split("&")[0] for path in server.paths}
    assert queries == {"week=2026-W47", "month=2026-11", "sort=trending"}


def biorxiv_row(number: int, category: str) -> dict[str, str]:
    """Return one row of bioRxiv's API."""
    return {
        "title": f"Cells of kind {number}",
        "doi": f"10.64898/2026.11.17.{number:06d}",
        "category": category,
        "version": "1",
        "server": "bioRxiv",
        "date": "2026-11-17",
    }


def test_biorxiv_steps_by_rows_received() -> None:
    """Pages are counted in rows until the total is reached, and other categories are left out."""
    rows = [biorxiv_row(n, "neuroscience" if n % 2 else "ecology") for n in range(5)]

    def answer(request: Request) -> Reply:
        *_, first, last, cursor, _json = request.path.split("/")
        assert (first, last) == ("2026-11-15", "2026-11-18")
        page = rows[int(cursor) : int(cursor) + 2]
        return Reply(
            json.dumps({"messages": [{"status": "ok", "total": "5"}], "collection": page}).encode()
        )

    with serve(answer) as server:
        url = f"{server.url}/details/biorxiv"
        source = Source(kind="biorxiv", query=("neuroscience",), name="B", url=url)
        (one,) = collect(source)
        assert len(server.seen) == 3
    assert [paper.title for paper in one.papers] == ["Cells of kind 1", "Cells of kind 3"]
    assert one.memory.covered == NOW.date()


def test_failed_page_makes_the_source_partial() -> None:
    """The first page's papers are kept, and the day is not covered."""

    def answer(request: Request) -> Reply:
        if not request.path.endswith("/0/json"):
            return Reply(status=404)
        page = {"messages": [{"total": "9"}], "collection": [biorxiv_row(1, "x")]}
        return Reply(json.dumps(page).encode())

    with serve(answer) as server:
        source = Source(
            kind="biorxiv", query=("all",), name="B", url=f"{server.url}/details/biorxiv"
        )
        (one,) = collect(source)
    assert (one.report.state, one.report.papers) == (SourceState.PARTIAL, 1)
    assert one.memory.covered is None


def test_pubmed_searches_and_fetches() -> None:
    """The words are searched, then the articles found are fetched in one request."""

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        if "esearch" in request.path:
            assert query["term"] == ["(frogs) OR (toads)"]
            assert query["mindate"] == ["2026/11/15"]
            return Reply(
                json.dumps({"esearchresult": {"count": "2", "idlist": ["7", "8"]}}).encode()
            )
        articles = "".join(
            f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><ArticleTitle>Frog {n} sings"
            "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
            for n in query["id"][0].split(",")
        )
        return Reply(f"<PubmedArticleSet>{articles}</PubmedArticleSet>".encode())

    with serve(answer) as server:
        source = Source(kind="pubmed", query=("frogs", "toads"), name="P", url=f"{server.url}/e/")
        (one,) = collect(source)
    assert [paper.id for paper in one.papers] == ["pmid:7", "pmid:8"]


@pytest.mark.parametrize(
    ("kind", "words", "body"),
    [
        (
            "crossref",
            "from-created-date:2026-11-15",
            {
                "status": "ok",
                "message-type": "work-list",
                "message": {
                    "items": [{"DOI": "10.1/a", "title": ["Frogs in ponds"]}],
                    "total-results": 1,
                },
            },
        ),
        (
            "openalex",
            "from_publication_date:2026-11-15",
            {
                "meta": {"count": 1},
                "results": [{"doi": "https://doi.org/10.1/a", "title": "Frogs in ponds"}],
            },
        ),
        (
            "semanticscholar",
            "publicationDateOrYear=2026-11-15:",
            {
                "total": 1,
                "token": None,
                "data": [
                    {"paperId": "x", "externalIds": {"DOI": "10.1/a"}, "title": "Frogs in ponds"}
                ],
            },
        ),
    ],
)
def test_searches_ask_since_the_last_run(kind: Any, words: str, body: dict[str, Any]) -> None:
    """A query goes out with the user's words, the day to start from and the key."""
    with serve(lambda _r: Reply(json.dumps(body).encode())) as server:
        source = Source(kind=kind, query=("frogs",), name="S", url=f"{server.url}/works", key="k1")
        (one,) = collect(source)
        asked = unquote(server.paths[0])
        assert "frogs" in asked
        assert words in asked
        assert len(server.seen) == 1
    assert [paper.title for paper in one.papers] == ["Frogs in ponds"]


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


def test_trial_names_the_kind(tmp_path: Path) -> None:
    """A URL or a file is shown with what it was recognised as; a failure has its reason."""
    (tmp_path / "hf.json").write_bytes(hf_rows(1, 2))
    trial = try_source(str(tmp_path / "hf.json"), now=NOW)
    assert (trial.kind, len(trial.collected.papers)) == ("huggingface", 2)
    with serve(lambda _r: Reply(arxiv_feed("new", "replace"))) as server:
        trial = try_source(server.url, now=NOW)
    assert (trial.kind, len(trial.collected.papers)) == ("arxiv-atom", 2)
    with serve(lambda _r: Reply(b"<html></html>")) as server:
        trial = try_source(server.url, now=NOW)
    assert trial.collected.report.state is SourceState.FAILED
    assert "HTML page" in trial.collected.report.reason


def test_hosts_of_one_house_share_a_pace() -> None:
    """All of arXiv's hosts are one, with three seconds between requests."""
    assert {host_of(f"https://{name}arxiv.org/x") for name in ("", "rss.", "export.")} == {
        "arxiv.org"
    }
    assert pace_of("arxiv.org") == 3.0
    assert host_of("https://notarxiv.org/") == "notarxiv.org"
    assert re.match(r"127\.0\.0\.1:\d+", host_of("http://127.0.0.1:80/"))
