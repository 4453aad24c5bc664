"""The shipped documents: real structures, real papers, summaries of a readable length."""

import json
import re
from datetime import date, datetime
from itertools import chain

import pytest

from digest.demo.samples import DOCUMENTS, FOLDER, Document, page_of, read_document
from digest.models import Paper
from tests.demo.reading import samples

TODAY = date(2027, 2, 28)
IDS = {
    "arxiv": re.compile(r"arxiv:(1[6-9]|2\d)(0[1-9]|1[0-2])\.\d{5}"),
    "doi": re.compile(r"doi:10\.\d{4,5}/\S+"),
}
BY_ROUTE = {document.route: document for document in DOCUMENTS}


Papers = dict[str, tuple[Paper, ...]]  # by route


@pytest.fixture(scope="module")
def papers() -> Papers:
    """All papers of all documents."""
    return samples(TODAY)


def test_every_shipped_file_is_served() -> None:
    """The folder of feeds holds the files of the table and no other."""
    assert {path.name for path in FOLDER.iterdir()} == {each.file for each in DOCUMENTS}


def test_there_are_enough_papers_of_every_kind(papers: Papers) -> None:
    """At least 66 distinct papers come from six sources, of which some share papers."""
    counts = {"atom": 40, "rss": 24, "api": 13, "details": 9, "nature.rss": 10, "rss-feed": 10}
    assert {route: len(found) for route, found in papers.items()} == counts
    ids = {route: {paper.id for paper in found} for route, found in papers.items()}
    assert len(set().union(*ids.values())) >= 67  # with the one that a collector ignores
    assert len(ids["atom"] & ids["api"]) >= 7
    assert len(ids["nature.rss"] & ids["rss-feed"]) == 3


def test_papers_have_what_a_card_shows(papers: Papers) -> None:
    """A DOI or an arXiv number of the last decade, title, authors, a summary of 90 to 170 words."""
    for paper in chain.from_iterable(papers.values()):
        assert IDS[paper.id.partition(":")[0]].fullmatch(paper.id), paper.id
        assert paper.title, paper.id
        assert paper.authors, paper.id
        assert 90 <= len(paper.abstract.split()) <= 170, paper.id


def test_a_paper_has_one_summary_and_one_title(papers: Papers) -> None:
    """Two papers never share a summary, and one paper never has two."""
    every = chain.from_iterable(papers.values())
    told = {(paper.id, paper.title, paper.abstract) for paper in every}
    assert [len(set(column)) for column in zip(*told, strict=True)] == [len(told)] * 3


def test_arxiv_announces_more_than_new_papers(papers: Papers) -> None:
    """Three cross-lists and a replacement show what a collector keeps and what it ignores."""
    announced = [paper.announced for paper in papers["atom"]]
    assert (announced.count("cross"), announced.count("replace")) == (3, 1)


def test_there_is_something_to_clean(papers: Papers) -> None:
    """LaTeX stands in texts and in the accents of names, and is gone from the papers."""
    written = "".join(read_document(each, TODAY).decode() for each in DOCUMENTS)
    assert written.count("$") >= 12
    assert r"R\'e" in written
    every = list(chain.from_iterable(papers.values()))
    assert "Christopher Ré" in {author for paper in every for author in paper.authors}
    assert not [paper for paper in every if "$" in paper.title + paper.abstract]
    assert any("%" in paper.title for paper in every)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.file)
def test_every_date_is_fresh(document: Document) -> None:
    """Seen from any day, every machine-readable date lies within the two days before it."""
    text = read_document(document, TODAY).decode()
    found = re.findall(r"(?<![\w.-])20\d\d-\d\d-\d\d(?![\w-]*-)", text)
    found += [
        datetime.strptime(written, "%a, %d %b %Y").date().isoformat()
        for written in re.findall(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4}", text)
    ]
    assert found
    for written in found:
        assert 0 <= (TODAY - date.fromisoformat(written)).days <= 2, written


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.file)
def test_no_date_is_written_out(document: Document) -> None:
    """None stands still, however it is written."""
    text = read_document(document, TODAY).decode()
    for left in ("2026-0", "Jul 2026", "Jun 2026", "July 2026", "June 2026", "2026/0", "2026 J"):
        assert left not in text


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", 13),
        ("?date=2027-02-28", 13),
        ("?date=2027-03-01", 13),
        ("?date=2027-02-27", 0),
        ("?date=2027-02-28&p=0&limit=50", 13),
    ],
)
def test_hugging_face_has_one_day(query: str, rows: int) -> None:
    """Earlier days are empty lists, as at the service."""
    document = BY_ROUTE["api"]
    body = page_of(document, read_document(document, TODAY), f"/api/daily_papers{query}", TODAY)
    assert len(json.loads(body)) == rows


def test_every_preprint_is_new() -> None:
    """bioRxiv's rows are first versions: later ones count as replacements."""
    rows = json.loads(read_document(BY_ROUTE["details"], TODAY))["collection"]
    assert {row["version"] for row in rows} == {"1"}
