"""What publishers and their indexes write into and around titles and abstracts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.kinds.descriptions import read_description
from digest.sources.recognition import parse_document

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def only(body: str | dict[str, Any]) -> Paper:
    """Return a document's one paper."""
    text = body if isinstance(body, str) else json.dumps(body)
    origin = Origin("a source", "https://feeds.example.org/feed", NOW)
    (paper,) = parse_document(text.encode(), origin).papers
    return paper


def test_pubmed_keeps_powers() -> None:
    """The tags in PubMed's titles and abstracts keep their sense, and its text its signs."""
    paper = only(
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>"
        "<ArticleTitle>Frogs at 10<sup>6</sup> per pond &lt;b&gt; in CO<sub>2</sub></ArticleTitle>"
        "<Abstract><AbstractText Label='AIM'>We count p&lt;0.05 &amp; 10<sup>-3</sup> M."
        "</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    assert paper.title == "Frogs at 10⁶ per pond <b> in CO₂"
    assert paper.abstract == "AIM: We count p<0.05 & 10⁻³ M."


@pytest.mark.parametrize(
    ("abstract", "shown"),
    [
        ("<jats:p>Abstractive summaries of frogs.</jats:p>", "Abstractive summaries of frogs."),
        ("<jats:title>Abstract</jats:title><jats:p>Frogs sing.</jats:p>", "Frogs sing."),
        ("<jats:p>Abstract: Frogs sing.</jats:p>", "Frogs sing."),
        ("<jats:p>Abstract</jats:p>", ""),
    ],
)
def test_crossref_loses_its_heading_alone(abstract: str, shown: str) -> None:
    """The word Abstract goes where it is a heading, and nowhere else."""
    work = {"title": ["On frogs"], "DOI": "10.1234/frogs", "abstract": abstract}
    paper = only({"status": "ok", "message-type": "work", "message": work})
    assert paper.abstract == shown


@pytest.mark.parametrize(
    ("fragment", "abstract"),
    [
        (
            "<p>We parse.</p><p>Abstract Meaning Representation helps.</p>",
            "We parse.\nAbstract Meaning Representation helps.",
        ),
        ("<p>Vol 3</p><h2>Abstract</h2><p>Frogs sing.</p>", "\nFrogs sing."),
        ("<p>ABSTRACT Frogs sing.</p>", "Frogs sing."),
        (
            "By combining cryo-EM, Molecular Dynamics, and Monte Carlo Methods, we show it.",
            "By combining cryo-EM, Molecular Dynamics, and Monte Carlo Methods, we show it.",
        ),
        (
            "<p>Source: Gaia DR3 data were used; we find frogs.</p>",
            "Source: Gaia DR3 data were used; we find frogs.",
        ),
        ("<p>Source: Journal of the Frogs, Volume 3, Part A</p><p>They sing.</p>", "They sing."),
    ],
)
def test_an_abstract_is_no_label(fragment: str, abstract: str) -> None:
    """A sentence that begins like a heading, a source or an author list stays a sentence."""
    found = read_description(fragment)
    assert (found.abstract, found.authors) == (abstract, [])


def test_a_line_of_names_is_the_authors() -> None:
    """Behind By stand names alone, some of them with a small word."""
    found = read_description("<p>By Ada Byron, Ludwig van Beethoven, and M. Curie</p><p>Text</p>")
    assert found.authors == ["Ada Byron", "Ludwig van Beethoven", "M. Curie"]
    assert found.abstract == "Text"
