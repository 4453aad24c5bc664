"""What publishers and their indexes write into and around titles and abstracts."""

import json
from datetime import UTC, datetime
from typing import Any

from digest.models import Paper
from digest.sources.document import Origin
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
