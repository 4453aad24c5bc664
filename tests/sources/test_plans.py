"""What each kind of source is asked for, and what is made of its pages."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from digest.config.schema import Source
from digest.models import Collected, SourceMemory, SourceState
from digest.papers import merge_papers
from digest.sources.trying import try_source
from tests.loopback import Reply, Request, serve
from tests.sources.gathering import DAY, NOW, collect, feed


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
    assert asked[:3] == ["2026-11-18", "2026-11-17", "2026-11-16"]
    assert asked[3] == "2026-11-22"
    assert asked[-1] == "2026-11-16"
    assert later.report.state is SourceState.QUIET


def daily(lists: dict[str, bytes], *, days: int, limit: int = 2_000) -> list[Collected]:
    """Collect Hugging Face's lists on so many days in a row, from a Monday on."""
    told, memories = [], {}
    with serve(lambda it: Reply(lists.get(it.path.partition("date=")[2][:10], b"[]"))) as server:
        url = f"{server.url}/api/daily_papers"
        source = Source(kind="huggingface", query=("daily",), name="HF", url=url, limit=limit)
        for number in range(days):
            (one,) = collect(source, memories=memories, now=NOW + (number - 2) * DAY)
            told.append(one)
            memories = {"HF": one.memory}
    return told


def test_huggingface_gives_the_newest_within_its_limit() -> None:
    """The days that are read again take no room from today's; what is left out is said."""
    lists = {f"2026-11-{day}": hf_rows(*range(10 * day, 10 * day + 5)) for day in (16, 17, 18)}
    for limit, state in ((7, SourceState.FRESH), (4, SourceState.PARTIAL)):
        last = daily(lists, days=3, limit=limit)[-1]
        assert last.report.state is state
        assert last.report.new == min(limit, 5)
        assert last.papers[0].id == "arxiv:2611.00180"


def test_huggingface_is_late_after_two_working_days_without_a_list() -> None:
    """The days before, which are read again, are no sign of life."""
    states = [one.report.state for one in daily({"2026-11-16": hf_rows(1, 2)}, days=6)]
    fresh, quiet, late = SourceState.FRESH, SourceState.QUIET, SourceState.LATE
    assert states == [fresh, quiet, late, late, late, quiet]


@pytest.mark.parametrize(("status", "asked"), [(403, 2), (429, 6), (400, 15)])
def test_huggingface_is_left_alone_when_it_fails(status: int, asked: int) -> None:
    """After days away a busy server is not asked for each of them, with all patience."""
    memory = SourceMemory(covered=date(2026, 11, 1), succeeded=NOW - 17 * DAY)
    with serve(lambda _r: Reply(status=status)) as server:
        url = f"{server.url}/api/daily_papers"
        source = Source(kind="huggingface", query=("daily",), name="HF", url=url)
        (one,) = collect(source, memories={"HF": memory})
        assert len(server.seen) == asked
    assert one.report.state is SourceState.FAILED


def test_huggingface_weeks_since_the_last_run() -> None:
    """Who runs it each Monday reads the week that ended, not only the one that begins."""
    memory = SourceMemory(succeeded=NOW - 9 * DAY)
    with serve(lambda _r: Reply(hf_rows(1))) as server:
        url = f"{server.url}/api/daily_papers"
        weekly = Source(kind="huggingface", query=("weekly",), name="HF", url=url)
        collect(weekly, memories={"HF": memory}, now=NOW - 2 * DAY)
        collect(weekly, now=NOW - 2 * DAY)
        asked = [path.partition("?")[2].split("&")[0] for path in server.paths]
    assert asked == ["week=2026-W47", "week=2026-W46"] * 2


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


def test_days_to_come_are_not_covered() -> None:
    """A clock that was ahead, or a slip in `--date`, costs no day that can be caught up."""
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path.rpartition("/details/")[2])
        page = {"messages": [{"total": "1"}], "collection": [biorxiv_row(1, "ecology")]}
        return Reply(json.dumps(page).encode())

    with serve(answer) as server:
        url = f"{server.url}/details/biorxiv"
        source = Source(kind="biorxiv", query=("all",), name="B", url=url)
        for covered in (NOW.date() + timedelta(days=40), NOW.date()):
            memory = SourceMemory(covered=covered, succeeded=NOW)
            (one,) = collect(source, memories={"B": memory})
            assert one.memory.covered == NOW.date()
    first, *_, earliest, last = asked
    assert first == "biorxiv/2026-11-15/2026-11-18/0/json"
    assert earliest == "biorxiv/2026-10-19/2026-10-21/0/json"
    assert last == "biorxiv/2026-11-17/2026-11-18/0/json"


def test_beyond_the_limit_the_oldest_are_left_out() -> None:
    """After a long gap the newest days come first, and what is missing is said; once."""

    def answer(request: Request) -> Reply:
        *_, first, last, cursor, _json = request.path.split("/")
        rows = [
            {**biorxiv_row(100 * day.month + day.day, word), "date": f"{day}"}
            for days in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
            for word in ("ecology", "zoology")
            for day in [date.fromisoformat(first) + timedelta(days)]
        ]
        total = str(len(rows))
        page = {"messages": [{"total": total}], "collection": rows[int(cursor) :][:3]}
        return Reply(json.dumps(page).encode())

    with serve(answer) as server:
        url = f"{server.url}/details/biorxiv"
        source = Source(kind="biorxiv", query=("zoology",), name="B", url=url, limit=10)
        memory = SourceMemory(covered=NOW.date() - timedelta(days=25), succeeded=NOW)
        (one,) = collect(source, memories={"B": memory})
        (then,) = collect(source, memories={"B": one.memory})
    days = sorted(int(paper.title.rpartition(" ")[2]) for paper in one.papers)
    assert days == list(range(1109, 1119))  # the last ten
    assert one.report.state is SourceState.PARTIAL
    assert "beyond its limit of 10, were left out" in one.report.reason
    assert one.memory.covered == NOW.date()
    assert then.report.state is not SourceState.PARTIAL


def test_the_oldest_of_few_days_are_left_out() -> None:
    """bioRxiv gives the oldest first: the newest come even where a page has more than enough."""
    rows = [{**biorxiv_row(n, "x"), "date": f"2026-11-{16 + n // 4}"} for n in range(12)]

    def answer(request: Request) -> Reply:
        *_, cursor, _json = request.path.split("/")
        start = int(cursor)
        body = {"messages": [{"total": "12"}], "collection": rows[start : start + 6]}
        return Reply(json.dumps(body).encode())

    with serve(answer) as server:
        url = f"{server.url}/details/biorxiv"
        (one,) = collect(Source(kind="biorxiv", query=("all",), name="B", url=url, limit=5))
    assert {paper.title for paper in one.papers} > {f"Cells of kind {n}" for n in range(8, 12)}


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


@pytest.mark.parametrize("base", ["/e/", "/e", ""])
def test_pubmed_searches_and_fetches(base: str) -> None:
    """The words are searched, then the articles found are fetched in one request."""

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        assert request.path.startswith(f"{base.rstrip('/')}/e")
        if "esearch" in request.path:
            assert query["term"] == ["(frogs) OR (toads)"]
            assert query["mindate"] == ["2026/11/15"]
            assert query["api_key"] == ["k1"]
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
        url = f"{server.url}{base}"
        source = Source(kind="pubmed", query=("frogs", "toads"), name="P", url=url, key="k1")
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
        (request,) = server.seen
    keys = ("api_key=k1" in asked, request.headers.get("x-api-key") == "k1")
    assert keys == (kind == "openalex", kind == "semanticscholar")
    assert [paper.title for paper in one.papers] == ["Frogs in ponds"]


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


def test_a_path_that_leads_nowhere_is_no_mistake_of_ours(tmp_path: Path) -> None:
    """One that is too long for the system, and a link that leads to itself."""
    (tmp_path / "loop").symlink_to("loop")
    for name in ("a" * 300, "loop"):
        report = try_source(str(tmp_path / name), now=NOW).collected.report
        assert report.state is SourceState.FAILED
        assert report.reason.startswith(str(tmp_path)), "what, before why"


def test_only_arxiv_says_which_version_is_the_newest() -> None:
    """A feed that imitates arXiv's does not outlive the paper's own title by a higher version."""
    body = (
        b"<rss version='2.0'><channel><title>C</title><item><title>Log in</title>"
        b"<guid>oai:arXiv.org:2611.00001v999</guid><link>https://arxiv.org/abs/2611.00001</link>"
        b"</item></channel></rss>"
    )
    with serve(lambda _request: Reply(body)) as server:
        (one,) = collect(feed(server.url))
    own = replace(one.papers[0], title="Its own title", version=1)
    assert merge_papers([*one.papers, own])[0].title == "Its own title"
