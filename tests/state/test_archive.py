"""The archive on a real database: once each, first seen once, memory and papers together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.errors import StateError
from digest.models import Collected, Paper, SourceMemory, SourceReport, SourceState
from digest.papers import merge_papers
from digest.state.archive import Archive, Stored
from digest.state.codec import dump_paper
from digest.state.database import Database, open_database
from digest.state.memories import HostClocks, SourceBook
from digest.state.schema import papers

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def paper(number: int, **told: object) -> Paper:
    """Return one of many papers."""
    base = Paper(
        ids=(f"arxiv:2611.{number:05d}",),
        title=f"What we found when we looked at matter number {number}",
        authors=(f"Ada Author{number}",),
        published=NOW - DAY,
        sources=("arXiv",),
    )
    return replace(base, **told)  # type: ignore[arg-type]


def collected(
    *papers: Paper, state: SourceState = SourceState.FRESH, first: bool = False, etag: str = ""
) -> Collected:
    """Return what a source called arXiv gave."""
    memory = SourceMemory(etag=etag, succeeded=NOW, batch=tuple(one.id for one in papers))
    report = SourceReport("arXiv", state, papers=len(papers))
    return Collected(report, papers, memory, first=first)


def store(database: Database, *given: Collected, at: datetime = NOW) -> Stored:
    """Store as the pipeline does."""
    return Archive(database).store(given, at, merge_papers)


def listed(database: Database) -> set[str]:
    """Return the ids of all candidates."""
    return {one.id for one in Archive(database).listed_since(LONG_AGO)}


def test_papers_are_new_once(database: Database) -> None:
    """The second telling is no news, and first_seen stays what it was."""
    first = store(database, collected(paper(1), paper(2)))
    again = store(database, collected(paper(1), paper(3)), at=NOW + DAY)
    assert (first.reports[0].new, again.reports[0].new) == (2, 1)
    assert [one.id for one in again.new] == ["arxiv:2611.00003"]
    known = Archive(database).find("2611.00001")
    assert known is not None
    assert known.first_seen == NOW
    assert Archive(database).count() == 3


def test_paper_told_twice_counts_once(database: Database) -> None:
    """A paper on two lists of one source is one new paper."""
    assert store(database, collected(paper(1), paper(1))).reports[0].new == 1


def test_listed_since_is_by_first_seen(database: Database) -> None:
    """Candidates are those that arrived after the moment, in order of arrival."""
    store(database, collected(paper(2), paper(1)))
    store(database, collected(paper(3)), at=NOW + DAY)
    ids = [one.id for one in Archive(database).listed_since(NOW)]
    assert ids == ["arxiv:2611.00003"]
    assert len(Archive(database).listed_since(NOW - DAY)) == 3


def test_later_knowledge_is_added(database: Database) -> None:
    """Another source's record of a stored work updates it and lists both sources."""
    store(database, collected(paper(1)))
    more = paper(1, ids=("arxiv:2611.00001", "doi:10.1000/1"), sources=("HF",), version=2)
    stored = store(database, collected(more), at=NOW + DAY)
    assert stored.new == ()
    found = Archive(database).find("https://doi.org/10.1000/1")
    assert found is not None
    assert found.sources == ("HF", "arXiv")
    assert (found.version, found.first_seen) == (2, NOW)


def test_two_stored_works_become_one(database: Database) -> None:
    """A record that knows both identities joins two stored works; the earlier one stays."""
    store(database, collected(paper(1)))
    other = paper(9, ids=("doi:10.1000/1",), authors=())
    store(database, collected(other), at=NOW + DAY)
    both = paper(1, ids=("arxiv:2611.00001", "doi:10.1000/1"))
    store(database, collected(both), at=NOW + 2 * DAY)
    (work,) = Archive(database).all_papers()
    assert work.ids == ("arxiv:2611.00001", "doi:10.1000/1")
    assert work.first_seen == NOW
    assert Archive(database).find("doi:10.1000/1") == work


def test_journal_version_finds_its_preprint_by_title(database: Database) -> None:
    """A stored preprint and a journal's record of equal title and authors are one work."""
    store(database, collected(paper(1, venue="arXiv")))
    journal = paper(1, ids=("doi:10.1038/x",), venue="Nature", sources=("Nature",))
    stored = store(database, collected(journal), at=NOW + DAY)
    assert stored.new == ()
    assert Archive(database).count() == 1


@pytest.mark.parametrize("authors", [(), ("Xi Wu",)])
def test_a_title_that_others_had_first_still_joins(
    database: Database, authors: tuple[str, ...]
) -> None:
    """Another's work of that title, or a record without authors, hides no preprint from its
    journal's record."""
    title = "The mating calls of tree frogs"
    other = paper(1, ids=("link:https://x.example/1",), title=title, authors=authors)
    preprint = paper(2, title=title, venue="arXiv", authors=("A. Byron Jr.", "Alan Ring"))
    store(database, collected(other))
    store(database, collected(preprint))
    journal = replace(preprint, ids=("doi:10.1038/x",), venue="", authors=("Ada Byron", "A. Ring"))
    assert store(database, collected(journal), at=NOW + DAY).new == ()
    assert Archive(database).count() == 2


@pytest.mark.parametrize(
    ("ids", "spellings"),
    [
        (
            ("arxiv:2205.14135",),
            (
                "2205.14135v1",
                "https://www.arxiv.org/abs/2205.14135",
                "https://arxiv.org/html/2205.14135v2",
                "https://arxiv.org/pdf/2205.14135v2.pdf",
                "arxiv.org/pdf/2205.14135v2.pdf",
                "10.48550/arXiv.2205.14135",
                "https://doi.org/10.48550/arXiv.2205.14135",
            ),
        ),
        (("arxiv:math/0611800",), ("math.CA/0611800", "arXiv:math/0611800v2")),
        (
            ("pmid:34739692",),
            ("pubmed:34739692", "34739692", "https://pubmed.ncbi.nlm.nih.gov/34739692/"),
        ),
        (
            ("doi:10.1038/s41586-021-03819-2",),
            (
                "DOI: 10.1038/S41586-021-03819-2",
                "https://www.nature.com/articles/s41586-021-03819-2?utm_source=x",
                "https://journals.example.org/doi/full/10.1038/s41586-021-03819-2",
            ),
        ),
    ],
)
def test_every_spelling_finds_the_paper(
    database: Database, ids: tuple[str, ...], spellings: tuple[str, ...]
) -> None:
    """What counts as an id when a paper is asked for finds it once it is stored."""
    store(database, collected(paper(1, ids=ids)))
    for text in spellings:
        assert Archive(database).find(text) is not None, text


def test_backlog_of_a_first_run_is_no_candidate(database: Database) -> None:
    """Of a source's first document only the week before its newest paper is for letters."""
    old = paper(1, published=NOW - 30 * DAY)
    store(database, collected(old, paper(2), paper(3, published=None), first=True))
    assert listed(database) == {"arxiv:2611.00002", "arxiv:2611.00003"}
    assert Archive(database).count() == 3


def test_old_papers_of_a_known_source_are_candidates(database: Database) -> None:
    """After the first run a paper is news whatever its date."""
    store(database, collected(paper(1, published=NOW - 300 * DAY)))
    assert listed(database) == {"arxiv:2611.00001"}


def test_journal_news_is_no_candidate(database: Database) -> None:
    """What a journal publishes beside papers is archived only."""
    store(database, collected(paper(1, categories=("news",)), paper(2)))
    assert listed(database) == {"arxiv:2611.00002"}


def test_examples_are_found_and_never_listed(database: Database) -> None:
    """Papers added for readers' examples are found by id and by title."""
    Archive(database).add([paper(1)], NOW, merge_papers)
    assert listed(database) == set()
    title = "what we found, when we LOOKED at matter: number 1"
    for text in ("arxiv:2611.00001", "2611.00001v3", "https://arxiv.org/abs/2611.00001", title):
        found = Archive(database).find(text)
        assert found is not None
        assert found.id == "arxiv:2611.00001"
    assert Archive(database).find("something else") is None


def test_failed_store_keeps_the_old_memory(database: Database) -> None:
    """Validators are never newer than the papers that came with them."""
    store(database, collected(paper(1), etag="old"))

    def broken(_papers: object) -> list[Paper]:
        raise StateError("digest.db", "the disk is full")

    with pytest.raises(StateError):
        Archive(database).store([collected(paper(2), etag="new")], NOW + DAY, broken)
    assert SourceBook(database).memories()["arXiv"].etag == "old"
    assert Archive(database).count() == 1


def test_memory_comes_back_as_it_was(database: Database) -> None:
    """Every field of a memory survives the database."""
    memory = SourceMemory("u", "e", "m", ("a", "b"), NOW, NOW - DAY, NOW.date())
    report = SourceReport("arXiv", SourceState.QUIET)
    store(database, Collected(report, (), memory))
    assert SourceBook(database).memories() == {"arXiv": memory}


def test_broken_source_is_told_of_once(database: Database) -> None:
    """After n failures on end the operator is told, and a success forgets all."""
    book = SourceBook(database)
    failed = Collected(
        SourceReport("arXiv", SourceState.FAILED, reason="HTTP 500"), (), SourceMemory()
    )
    for day in range(3):
        assert book.broken(3) == []
        store(database, failed, at=NOW + day * DAY)
    (broken,) = book.broken(3)
    assert (broken.name, broken.failures, broken.reason) == ("arXiv", 3, "HTTP 500")
    book.mark_told("arXiv", NOW)
    store(database, failed, at=NOW + 4 * DAY)
    assert book.broken(3) == []
    store(database, collected(paper(1)), at=NOW + 5 * DAY)
    assert book.health()[0].failures == 0
    assert book.health()[0].told is None


def test_papers_per_day_end_with_today(database: Database) -> None:
    """The bar of a source has one number per day, today's last."""
    store(database, collected(paper(1), paper(2)), at=NOW - 2 * DAY)
    store(database, collected(paper(3)), at=NOW)
    assert SourceBook(database).papers_per_day(NOW, days=4) == {"arXiv": (0, 2, 0, 1)}


def test_fresh_without_news_is_quiet(database: Database) -> None:
    """A batch whose papers other sources told already is quiet."""
    store(database, collected(paper(1)))
    assert store(database, collected(paper(1))).reports[0].state is SourceState.QUIET


def test_pruning_keeps_what_sources_still_show(database: Database) -> None:
    """Forgotten papers cannot be new again, because those in the last batch stay."""
    store(database, collected(paper(1), paper(2)))
    store(database, collected(paper(2)), at=NOW + DAY)
    assert Archive(database).prune(NOW + DAY) == 1
    assert [one.id for one in Archive(database).all_papers()] == ["arxiv:2611.00002"]
    assert Archive(database).find("2611.00001") is None


def reserve_many(url: str, count: int) -> list[float]:
    """Reserve in another process with a clock that stands still."""
    clocks = HostClocks(open_database(url), lambda: 1_000.0)
    return [clocks.reserve("arxiv.org", 3.0) for _ in range(count)]


def test_hosts_are_paced_over_processes(tmp_path: Path) -> None:
    """No two processes get the same moment of a host."""
    url = f"sqlite:///{tmp_path}/digest.db"
    open_database(url).close()
    with get_context("spawn").Pool(2) as pool:
        waits = pool.starmap(reserve_many, [(url, 10), (url, 10)])
    assert sorted(waits[0] + waits[1]) == [3.0 * n for n in range(20)]


def test_host_clock_survives_a_clock_set_back(database: Database) -> None:
    """A reservation far in the future, made by a wrong clock, locks nobody out."""
    for ahead in (10_000_000.0, 87_000.0, 60_000.0):  # also by less than a day
        HostClocks(database, lambda ahead=ahead: ahead).reserve("arxiv.org", 3.0)  # type: ignore[misc]
        assert HostClocks(database, lambda: 1_000.0).reserve("arxiv.org", 3.0) == 0.0
        HostClocks(database, lambda: 1_000_000_000.0).reserve("arxiv.org", 0.0)


def test_an_example_becomes_a_candidate_when_a_source_announces_it(database: Database) -> None:
    """A paper that one reader named is no less new to the others."""
    archive = Archive(database)
    archive.add([paper(1, sources=("examples",))], NOW, merge_papers)
    assert archive.listed_since(LONG_AGO) == []
    report = SourceReport("arXiv", SourceState.FRESH, 1)
    told = Collected(report, (paper(1),), SourceMemory())
    archive.store([told], NOW + DAY, merge_papers)
    assert [one.id for one in archive.listed_since(NOW)] == ["arxiv:2611.00001"]


def test_rows_of_older_databases_are_read(database: Database) -> None:
    """A field that papers no longer have is left out where a row still holds it."""
    one = paper(1, first_seen=NOW)
    store(database, collected(one))
    older = dump_paper(one).replace("{", '{"raw":"As its source wrote it",', 1)
    with database.engine.begin() as connection:
        connection.execute(update(papers).values(body=older))
    assert list(Archive(database).listed_since(LONG_AGO)) == [one]
    assert store(database, collected(one), at=NOW + DAY).new == ()
