"""Documents as real servers sent them, read from outside the project where they are at hand."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from digest.errors import SourceError
from digest.sources.document import Document, Origin
from digest.sources.recognition import parse_document
from digest.sources.text.characters import clean_line
from digest.sources.text.markup import has_markup, plain_text

FEEDS = Path(__file__).parents[3] / "shared" / "feeds"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROWS = json.loads((FEEDS / "manifest.json").read_text()) if FEEDS.is_dir() else []
REAL = [row for row in ROWS if row.get("expected")]
HOSTILE = [row for row in ROWS if "should" in row]
ERRORS = {"error_incorrect_id_format_HTTP400.xml": "arXiv's API answers"}

pytestmark = pytest.mark.skipif(not ROWS, reason="the captured documents are not at hand")


def read(name: str) -> Document:
    """Return the document of a captured file."""
    origin = Origin("a source", "https://feeds.example.org/feed.xml", NOW)
    return parse_document((FEEDS / name).read_bytes(), origin)


def name_of(row: dict[str, Any]) -> str:
    """Return the test's id."""
    return str(row["file"])


def same_title(ours: str, theirs: str) -> bool:
    """Tell whether our title is the document's, but for markup, LaTeX and full stop."""
    plain = clean_line(plain_text(theirs) if has_markup(theirs) else theirs).removesuffix(".")
    return normalize("NFKC", ours) == normalize("NFKC", plain) or "$" in plain or "\\" in plain


@pytest.mark.parametrize("row", REAL, ids=name_of)
def test_captured_document_gives_what_it_holds(row: dict[str, Any]) -> None:
    """Entry count, first title and first id are those that another parser read."""
    reason = ERRORS.get(Path(row["file"]).name)
    if reason:
        with pytest.raises(SourceError, match=reason):
            read(row["file"])
        return
    document, expected = read(row["file"]), row["expected"]
    count = expected.get("entries", expected.get("records", expected.get("articles")))
    assert count is None or document.entries == count
    if "ids" in expected:
        assert document.ids == tuple(f"pmid:{name}" for name in expected["ids"])
    elif expected.get("first_title"):
        assert same_title(document.papers[0].title, expected["first_title"])
        assert len(document.papers) == count - (not document.whole)
        assert is_known_by(document, expected.get("first_id") or expected.get("first_link") or "")


def is_known_by(document: Document, name: str) -> bool:
    """Tell whether the first paper is known by an id that the document gives it."""
    paper = document.papers[0]
    ids = [full.partition(":")[2] for full in paper.ids]
    bare = name.removeprefix("PMID ").removeprefix("pubmed:").lower()
    return any(part.lower() in bare or bare in part.lower() for part in ids) or any(
        kind in paper.id for kind in ("doi:", "arxiv:")
    )


def test_truncated_document_is_partial() -> None:
    """The entry in which a document breaks off is no paper."""
    document = read("arxiv_atom/cs_AI_2025-08-20_trimmed.xml")
    assert (document.entries, len(document.papers), document.whole) == (5, 4, False)


def test_page_is_no_feed() -> None:
    """An HTML page is named as what it is."""
    with pytest.raises(SourceError, match="HTML page"):
        read("hostile_thirdparty/html_article_page.html")


REFUSED = {
    "gzip_bomb_20MB.xml.gz": "larger than 16 MB",
    "whitespace_only.xml": "empty",
    "xxe_parameter_entity.xml": "DOCTYPE",
}


@pytest.mark.parametrize("row", HOSTILE, ids=name_of)
def test_hostile_document_does_as_it_should(row: dict[str, Any]) -> None:
    """A hostile document fails with its reason, or gives clean papers with web links."""
    name = Path(row["file"]).name
    if name in REFUSED:
        with pytest.raises(SourceError, match=REFUSED[name]):
            read(row["file"])
        return
    document = read(row["file"])
    assert document.papers
    for paper in document.papers:
        text = "\n".join((paper.title, paper.abstract, *paper.authors, paper.url))
        assert all(letter == "\n" or letter.isprintable() for letter in text)
        text.encode()
        assert len(paper.title) <= 500
        assert paper.url == "" or paper.url.startswith(("http://", "https://"))
        assert paper.published is None or paper.published.year >= 1665
        assert paper.published is None or paper.published <= NOW


def test_mathematics_survives() -> None:
    """What looks like a tag in an arXiv abstract is a formula."""
    paper = read("hostile_constructed/arxiv_angle_brackets.xml").papers[0]
    assert paper.title == "Bounds for a<b and <think> tokens"
    assert paper.abstract == (
        "If a<b and c>d, time t<T, E>0; <think> tokens, Vec<String>, p < 0.05, AT&T."
    )


def test_broken_rows_cost_themselves_alone() -> None:
    """Of six rows of the wrong shape the one good one is kept, with its one named author."""
    document = read("hostile_constructed/hf_daily_wrong_shapes.json")
    assert [(paper.title, paper.authors) for paper in document.papers] == [("Good", ("A",))]


def test_cut_item_is_left_out() -> None:
    """A document cut within its second item gives the first one and is not whole."""
    document = read("hostile_constructed/truncated_mid_item.xml")
    assert ([paper.title for paper in document.papers], document.whole) == (
        ["A normal paper"],
        False,
    )


def test_bare_ampersands_are_letters() -> None:
    """An unescaped ampersand costs neither text nor link."""
    paper = read("hostile_constructed/unescaped_ampersand.xml").papers[0]
    assert (paper.title, paper.url) == ("R&D and A&B", "https://example.org/?a=1&b=2")


def test_daily_papers_keep_their_signals() -> None:
    """Upvotes, stars, code and submitter of Hugging Face come along."""
    signals = read("hf_daily_papers/daily_papers_2026-07-31.json").papers[0].signals
    assert (signals.upvotes, signals.github_stars, signals.comments) == (3, 3, 2)
    assert signals.code_url.startswith("https://github.com/")
    assert signals.submitter
