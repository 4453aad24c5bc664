"""The shipped documents: real structures, real papers, summaries of a readable length."""

import json
import re
from datetime import date, datetime

import pytest

from digest.demo.samples import DOCUMENTS, FOLDER, Document, page_of, read_document
from tests.demo.reading import Sample, samples

TODAY = date(2027, 2, 28)
IDS = {
    "arxiv": re.compile(r"arxiv:(1[6-9]|2\d)(0[1-9]|1[0-2])\.\d{5}"),
    "doi": re.compile(r"doi:10\.\d{4,5}/\S+"),
}
BY_ROUTE = {document.route: document for document in DOCUMENTS}


@pytest.fixture(scope="module")
def entries() -> list[Sample]:
    """All entries of all documents."""
    return samples(TODAY)


def wanted(entries: list[Sample]) -> list[Sample]:
    """Leave out what a collector ignores."""
    return [entry for entry in entries if not entry.announced.startswith("replace")]


def test_every_shipped_file_is_served() -> None:
    """The folder of feeds holds the files of the table and no other."""
    assert {path.name for path in FOLDER.iterdir()} == {each.file for each in DOCUMENTS}


def test_there_are_enough_papers_of_every_kind(entries: list[Sample]) -> None:
    """At least 66 distinct papers come from six sources, of which some share papers."""
    ids = {entry.id for entry in wanted(entries)}
    assert len(ids) >= 66
    routes = {route: {e.id for e in entries if e.route == route} for route in BY_ROUTE}
    assert {route: len(found) for route, found in routes.items()} == {
        "atom": 40,
        "rss": 24,
        "api": 13,
        "details": 9,
        "nature.rss": 10,
        "rss-feed": 10,
    }
    assert len(routes["atom"] & routes["api"]) >= 7
    assert len(routes["nature.rss"] & routes["rss-feed"]) == 3


def test_ids_are_well_formed(entries: list[Sample]) -> None:
    """Every identity is an arXiv number of the last decade or a DOI."""
    for entry in entries:
        assert IDS[entry.id.partition(":")[0]].fullmatch(entry.id), entry


def test_every_paper_has_title_and_authors(entries: list[Sample]) -> None:
    """No entry lacks what a card shows."""
    for entry in entries:
        assert entry.title.strip(), entry.id
        assert entry.authors.strip(), entry.id


def test_summaries_have_a_readable_length(entries: list[Sample]) -> None:
    """A summary has 90 to 170 words."""
    for entry in entries:
        assert 90 <= len(entry.summary.split()) <= 170, entry.id


def test_a_paper_has_one_summary_and_one_title(entries: list[Sample]) -> None:
    """Two papers never share a summary, and one paper never has two."""
    by_id = {(entry.id, entry.title, entry.summary) for entry in entries}
    assert len({title for _, title, _ in by_id}) == len(by_id)
    assert len({summary for _, _, summary in by_id}) == len(by_id)
    assert len({id_ for id_, _, _ in by_id}) == len(by_id)


def test_arxiv_announces_more_than_new_papers(entries: list[Sample]) -> None:
    """Three cross-lists and a replacement show what a collector keeps and what it ignores."""
    announced = [entry.announced for entry in entries if entry.route == "atom"]
    assert announced.count("cross") == 3
    assert announced.count("replace") == 1


def test_there_is_something_to_clean(entries: list[Sample]) -> None:
    """LaTeX stands in titles, in summaries and in the accents of names."""
    assert sum("$" in entry.title for entry in entries) >= 3
    assert sum("$" in entry.summary for entry in entries) >= 3
    assert any("R\\'e" in entry.authors for entry in entries)
    assert any("%" in entry.title for entry in entries)


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
