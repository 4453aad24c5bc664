"""Pages that stay away or come short: nothing is lost in silence."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.config.schema import Source
from digest.models import Collected, SourceMemory, SourceState
from digest.sources.plans.searches import SEARCHES
from tests.loopback import Reply, Request, serve
from tests.sources.gathering import FEED, NOW, collect, rss
from tests.sources.gathering import feed as feed_at
from tests.sources.world import Arxiv, api_entry, batch, feed

YESTERDAY = NOW.date() - timedelta(days=1)
KNOWN = SourceMemory(covered=YESTERDAY, succeeded=NOW)
# All that are read page by page. A new one needs a method of its name in `Api`.
PAGED = ("biorxiv", *sorted(SEARCHES.keys() - {"pubmed"}))
COUNTED = [kind for kind in PAGED if kind != "semanticscholar"]  # whose total is no estimate


class Api:
    """A search that holds `total` works and gives `most` of them on a page, `held` in all."""

    def __init__(self, total: int, *, most: int = 1_000, held: int | None = None) -> None:
        self.total, self.most = total, most
        self.held = total if held is None else held

    def page(self, first: int, size: int) -> range:
        """Return the numbers of the works on a page."""
        return range(min(first, self.held), min(first + min(size, self.most), self.held))

    def crossref(self, query: dict[str, str]) -> Any:
        """Answer as Crossref does, by offset."""
        rows = self.page(int(query.get("offset", "0")), int(query["rows"]))
        items = [{"DOI": f"10.1/{n}", "title": [f"Work {n}"]} for n in rows]
        message = {"items": items, "total-results": self.total}
        return {"status": "ok", "message-type": "work-list", "message": message}

    def openalex(self, query: dict[str, str]) -> Any:
        """Answer as OpenAlex does, by the page's number."""
        size = int(query["per-page"])
        rows = self.page((int(query["page"]) - 1) * size, size)
        works = [{"doi": f"https://doi.org/10.1/{n}", "title": f"Work {n}"} for n in rows]
        return {"meta": {"count": self.total}, "results": works}

    def semanticscholar(self, query: dict[str, str]) -> Any:
        """Answer as Semantic Scholar's bulk search does, by a token for the next page."""
        first = int(query.get("token", "t0")[1:])
        rows = self.page(first, 1_000)
        more = first + len(rows) < self.held
        works = [{"paperId": f"x{n}", "title": f"Work {n}"} for n in rows]
        return {"total": self.total, "token": f"t{rows.stop}" if more else None, "data": works}

    def biorxiv(self, query: dict[str, str]) -> Any:
        """Answer as bioRxiv does, by the number of rows received."""
        rows = self.page(int(query["path"].split("/")[-2]), 100)
        works = [{"doi": f"10.1101/{n}", "title": f"Work {n}"} for n in rows]
        return {"messages": [{"status": "ok", "total": str(self.total)}], "collection": works}


def ask(kind: str, api: Api, *, limit: int = 2_000, memory: SourceMemory = KNOWN) -> Collected:
    """Collect one source from an API."""

    assert hasattr(api, kind), f"Api needs a method {kind}"

    def answer(request: Request) -> Reply:
        address = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        return Reply(json.dumps(getattr(api, kind)({**query, "path": address.path})).encode())

    with serve(answer) as server:
        url = f"{server.url}/works"
        source = Source(kind=kind, query=("all",), name="S", url=url, limit=limit)
        (one,) = collect(source, memories={"S": memory})
    return one


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        *[(kind, held) for kind in COUNTED for held in (0, 250)],
        ("semanticscholar", 0),
    ],
)
def test_a_page_that_stays_empty_is_missed(kind: str, held: int) -> None:
    """Fewer works than the API counts leave the day open, and that is said."""
    one = ask(kind, Api(450, held=held))
    assert one.report.state is SourceState.PARTIAL
    assert one.report.reason == f"only {held} of its 450 entries came"
    assert (len(one.papers), one.memory.covered) == (held, YESTERDAY)


@pytest.mark.parametrize("kind", PAGED)
@pytest.mark.parametrize(("total", "held"), [(402, 401), (130, 124), (10, 7), (1, 0)])
def test_a_few_fewer_are_all(kind: str, total: int, held: int) -> None:
    """Totals are not exact: where the end was reached, a small difference is no loss."""
    one = ask(kind, Api(total, held=held))
    assert one.report.state is (SourceState.FRESH if held else SourceState.QUIET)
    assert (len(one.papers), one.memory.covered) == (held, NOW.date())


@pytest.mark.parametrize("held", [0, 250])
def test_a_total_that_never_comes_is_believed_no_more(held: int) -> None:
    """From the third run in a row on what comes is all, until it is; nothing at all never is."""
    memory, states = KNOWN, []
    for count in (held, held, held, held, 450, held):
        one = ask("crossref", Api(450, held=count), memory=memory)
        memory = one.memory
        states.append(one.report.state is SourceState.PARTIAL)
    assert states == ([True] * 2 + [False] * 3 + [True] if held else [True] * 4 + [False, True])


@pytest.mark.parametrize("kind", ["crossref", "semanticscholar", "biorxiv"])
def test_short_pages_lose_nothing(kind: str) -> None:
    """The next page begins behind the rows that were received, not behind those asked for."""
    one = ask(kind, Api(450, most=90))
    assert one.report.state is SourceState.FRESH
    assert {paper.title for paper in one.papers} == {f"Work {n}" for n in range(450)}
    assert one.memory.covered == NOW.date()


@pytest.mark.parametrize("kind", PAGED)
def test_what_the_limit_leaves_out_is_said(kind: str) -> None:
    """A search that finds more than the limit gives the newest, and is partial once."""
    one = ask(kind, Api(4_500), limit=2_100)
    assert one.report.state is SourceState.PARTIAL
    assert one.report.reason == "the oldest papers, beyond its limit of 2100, were left out"
    assert {paper.title for paper in one.papers} == {f"Work {n}" for n in range(2_100)}
    assert one.memory.covered == NOW.date()


@pytest.mark.parametrize(("new", "lost"), [(0, False), (40, False), (100, True), (140, True)])
def test_what_the_limit_leaves_out_may_be_known(new: int, lost: bool) -> None:
    """Days are asked for again: where the last run's papers follow the new ones, none is lost."""
    api = Api(new + 120)
    last = tuple(paper.id for paper in ask("crossref", api).papers[new : new + 100])
    one = ask("crossref", api, limit=100, memory=replace(KNOWN, batch=last))
    assert (one.report.state is SourceState.PARTIAL) is lost
    assert (len(one.papers), one.memory.covered) == (100, NOW.date())


def test_an_estimated_total_is_no_promise() -> None:
    """Semantic Scholar counts about; where no token follows, what came is all."""
    assert ask("semanticscholar", Api(105, held=53)).report.state is SourceState.FRESH


def pubmed(
    found: Sequence[int], *, count: int, without: Sequence[int] = (), limit: int = 2_000
) -> Collected:
    """Collect PubMed, whose search names `found` and which has no article for some of them."""

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        if "esearch" in request.path:
            result = {"count": str(count), "idlist": [str(n) for n in found]}
            return Reply(json.dumps({"esearchresult": result}).encode())
        articles = "".join(
            f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><ArticleTitle>Frog {n} sings"
            "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
            for n in query["id"][0].split(",")
            if int(n) not in without
        )
        return Reply(f"<PubmedArticleSet>{articles}</PubmedArticleSet>".encode())

    with serve(answer) as server:
        url = f"{server.url}/e/"
        source = Source(kind="pubmed", query=("frogs",), name="S", url=url, limit=limit)
        (one,) = collect(source, memories={"S": KNOWN})
    return one


@pytest.mark.parametrize(
    ("found", "count", "without", "reason"),
    [
        (range(1, 1), 9, (), "only 0 of 9 articles found were named"),
        (range(1, 5), 9, (), "only 4 of 9 articles found were named"),
        (range(1, 6), 5, range(1, 6), "only 0 of 5 articles found came"),
        (range(1, 451), 450, range(201, 401), "only 200 of 450 articles found came"),
        (range(1, 451), 450, range(50, 74), "only 426 of 450 articles found came"),
    ],
)
def test_articles_that_stay_away_are_missed(
    found: Sequence[int], count: int, without: Sequence[int], reason: str
) -> None:
    """A search that names too few ids, or ids without articles, leaves the day open."""
    one = pubmed(found, count=count, without=without)
    assert (one.report.state, one.report.reason) == (SourceState.PARTIAL, reason)
    assert one.memory.covered == YESTERDAY


@pytest.mark.parametrize(
    ("found", "count", "without"),
    [
        (range(1, 451), 452, (7, 8, 9, 10)),
        (range(1, 10), 10, ()),
        (range(1, 6), 5, (3,)),
        (range(1, 2), 1, (1,)),
    ],
)
def test_a_few_deleted_articles_are_no_loss(
    found: Sequence[int], count: int, without: Sequence[int]
) -> None:
    """PubMed counts and names an id now and then whose article is gone."""
    one = pubmed(found, count=count, without=without)
    assert one.report.state is not SourceState.PARTIAL
    assert len(one.papers) == len(found) - len(without)
    assert one.memory.covered == NOW.date()


def test_pubmed_says_what_its_limit_left_out() -> None:
    """A search that finds more than the limit is partial, and the day is covered."""
    one = pubmed(range(1, 6), count=5_000, limit=5)
    assert one.report.reason == "the oldest papers, beyond its limit of 5, were left out"
    assert (len(one.papers), one.memory.covered) == (5, NOW.date())


MISSED = date(2026, 11, 17)
DAYS = [date(2026, 11, 16), MISSED, date(2026, 11, 18)]


@pytest.mark.parametrize("given", [0, 4])
@pytest.mark.parametrize("oai", [True, False])
def test_empty_slices_of_arxiv_are_made_good(given: int, oai: bool) -> None:
    """Where the API breaks off below its own total, OAI-PMH is asked, else the gap stays open."""
    world = Arxiv(DAYS, now=datetime(2026, 11, 18, 12, tzinfo=UTC))
    world.oai_down = set() if oai else {DAYS[-1]}
    rows = [api_entry(one.id, one.submitted) for one in batch(MISSED)]

    def answer(request: Request) -> Reply:
        if not request.path.startswith("/api/"):
            return world.answer(request)
        first = int(parse_qs(urlsplit(request.path).query)["start"][0])
        return Reply(feed(rows[first:given], DAYS[-1], total=3_500))

    memory = SourceMemory(covered=DAYS[0], succeeded=NOW)
    with serve(answer) as server:
        source = Source(kind="arxiv", query=("cs.CL",), name="A", url=f"{server.url}/")
        (one,) = collect(source, memories={"A": memory})
    missed = {f"arxiv:{paper.id}" for paper in batch(MISSED)[: 7 if oai else given]}
    assert missed <= {paper.id for paper in one.papers}
    assert one.report.state is (SourceState.FRESH if oai else SourceState.PARTIAL)
    assert one.memory.covered == DAYS[-1 if oai else 0]
    assert oai or f"only {given} of its 3500 entries came" in one.report.reason


@pytest.mark.parametrize("total", [9, 10, 500])
def test_both_services_of_arxiv_are_put_together(total: int) -> None:
    """What the API gave stays where OAI-PMH has less; a total missed by a few asks nobody else."""
    world = Arxiv(DAYS[2:], now=datetime(2026, 11, 18, 12, tzinfo=UTC))  # without the missed day
    rows = [api_entry(f"2611.2000{n}", datetime(2026, 11, 16, tzinfo=UTC)) for n in range(9)]

    def answer(request: Request) -> Reply:
        if not request.path.startswith("/api/"):
            return world.answer(request)
        first = int(parse_qs(urlsplit(request.path).query)["start"][0])
        return Reply(feed(rows[first:], DAYS[-1], total=total))

    memory = SourceMemory(covered=DAYS[0], succeeded=NOW)
    with serve(answer) as server:
        source = Source(kind="arxiv", query=("cs.CL",), name="A", url=f"{server.url}/")
        (one,) = collect(source, memories={"A": memory})
        assert any(path.startswith("/oai") for path in server.paths) is (total == 500)
    found = [paper.id for paper in one.papers]
    assert {f"arxiv:2611.2000{n}" for n in range(9)} <= set(found)
    assert {f"arxiv:{paper.id}" for paper in batch(DAYS[2])} <= set(found)
    assert (one.report.state is SourceState.PARTIAL) is (total == 500)


def test_short_slices_of_arxiv_lose_nothing() -> None:
    """The API may give fewer entries than it was asked for."""
    world = Arxiv(DAYS, now=datetime(2026, 11, 18, 12, tzinfo=UTC), oai_down={DAYS[-1]})

    def answer(request: Request) -> Reply:
        return world.answer(Request(request.path.replace("max_results=2000", "max_results=3"), {}))

    with serve(answer) as server:
        source = Source(kind="arxiv", query=("cs.CL",), name="A", url=f"{server.url}/")
        memory = SourceMemory(covered=DAYS[0], succeeded=NOW)
        (one,) = collect(source, memories={"A": memory})
    assert {f"arxiv:{paper.id}" for paper in batch(MISSED)} <= {paper.id for paper in one.papers}
    assert one.report.state is SourceState.FRESH


@pytest.mark.parametrize(
    ("asked", "announced"), [("cs.CL", "new"), ("cs", "new"), ("cs.LG", "cross")]
)
def test_missed_papers_of_other_classes_are_cross_lists(asked: str, announced: str) -> None:
    """The API does not say how it announced a paper; its first class does."""
    world = Arxiv(DAYS, now=datetime(2026, 11, 18, 12, tzinfo=UTC))
    memory = SourceMemory(covered=DAYS[0], succeeded=NOW)
    with serve(world.answer) as server:
        source = Source(kind="arxiv", query=(asked,), name="A", url=f"{server.url}/")
        (one,) = collect(source, memories={"A": memory})
    missed = {f"arxiv:{paper.id}" for paper in batch(MISSED)}
    told = {paper.announced for paper in one.papers if paper.id in missed}
    assert told == {announced}


def test_missed_days_are_asked_for_by_class_and_by_set() -> None:
    """The API is asked for classes and whole archives, OAI-PMH for the sets that hold them."""
    world = Arxiv(DAYS, now=datetime(2026, 11, 18, 12, tzinfo=UTC), api_down={DAYS[-1]})
    memory, query = SourceMemory(covered=DAYS[0], succeeded=NOW), ("cs.CL", "hep-th", "math")
    with serve(world.answer) as server:
        source = Source(kind="arxiv", query=query, name="A", url=f"{server.url}/")
        collect(source, memories={"A": memory})
        asked = [parse_qs(urlsplit(path).query) for path in server.paths]
    api = {told["search_query"][0] for told in asked if "search_query" in told}
    assert {told.partition(" AND ")[0] for told in api} == {
        "(cat:cs.CL OR cat:hep-th OR cat:math.*)"
    }
    oai = [told for told in asked if "verb" in told]
    assert {told["set"][0] for told in oai if "set" in told} == {"cs", "math", "physics:hep-th"}
    assert {told["verb"][0] for told in oai} == {"ListRecords"}


def test_missed_days_say_what_the_limit_leaves_out() -> None:
    """Of arXiv's missed days, too, the newest papers come, and the report says so."""
    world = Arxiv(DAYS, now=datetime(2026, 11, 18, 12, tzinfo=UTC))
    memory = SourceMemory(covered=DAYS[0], succeeded=NOW)
    with serve(world.answer) as server:
        source = Source(kind="arxiv", query=("cs.CL",), name="A", url=f"{server.url}/", limit=3)
        (one,) = collect(source, memories={"A": memory})
    assert one.report.state is SourceState.PARTIAL
    assert "missed days the oldest papers, beyond its limit of 3, were left" in one.report.reason


def test_a_whole_document_of_a_broken_answer_is_partial() -> None:
    """Where the line breaks off behind `</rss>` nobody knows what was to come: it is asked anew."""
    with serve(lambda _r: Reply(FEED, headers={"ETag": '"1"'}, cut=9)) as server:
        (one,) = collect(feed_at(server.url))
    assert one.report.state is SourceState.PARTIAL
    assert one.report.reason == "the connection broke off within the answer"
    assert (len(one.papers), one.memory.etag) == (2, "")


def test_validators_stay_with_their_address() -> None:
    """A tag of the feed before would have another one answered "not modified", and missed."""
    memory = SourceMemory(url="https://example.org/before", etag='"1"', last_modified="x")
    with serve(lambda _r: Reply(FEED)) as server:
        collect(feed_at(server.url), memories={"Feed": memory})
    assert not {"if-none-match", "if-modified-since"} & server.seen[0].headers.keys()


@pytest.mark.parametrize("moment", ["Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "soon"])
def test_a_senseless_retry_after_is_none(moment: str) -> None:
    """A server that is busy until no day of the calendar is asked again like any other."""
    replies = [Reply(status=503, headers={"Retry-After": moment}), Reply(FEED)]
    with serve(lambda _r: replies.pop(0)) as server:
        (one,) = collect(feed_at(server.url))
    assert one.report.state is SourceState.FRESH


def test_a_copy_in_json_is_not_late() -> None:
    """The day that a copy of arXiv's feed states is that of the announcement in New York."""
    row = {"arxiv_id": "2611.00001", "title": "A paper on frogs", "authors": ["Ada Byron"]}
    body = json.dumps({"date": "2026-11-18", "papers": [row]}).encode()
    with serve(lambda _r: Reply(body)) as server:
        source = Source(kind="arxiv", query=("cs.CL",), name="A", url=f"{server.url}/cs.CL.json")
        (one,) = collect(source)
    assert (one.report.state, one.memory.covered) == (SourceState.FRESH, date(2026, 11, 18))


@pytest.mark.parametrize("short", [rss(), FEED[: FEED.index(b"<item>", 90)]])
def test_what_a_feed_lacks_for_a_day_stays_remembered(short: bytes) -> None:
    """Empty or cut off in the middle, it makes no old entry new when it is whole again."""
    answers = iter((FEED, short, FEED))
    with serve(lambda _r: Reply(next(answers))) as server:
        memory, memories = SourceMemory(), []
        for _ in range(3):
            (one,) = collect(feed_at(server.url), memories={"Feed": memory})
            memory = one.memory
            memories.append(set(memory.batch))
    assert len(memories[0]) == 2
    assert memories == [memories[0]] * 3
    assert one.report.state is SourceState.QUIET
