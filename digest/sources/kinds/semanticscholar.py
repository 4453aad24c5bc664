"""Semantic Scholar's API: `/paper/search`, its `bulk` and `match`, one paper, recommendations."""

from typing import Any

from digest.identities import arxiv_id, doi
from digest.models import Signals
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.reading.rows import at, number_at, rows_at, text_at, texts_at
from digest.sources.text.characters import clean_line, cut
from digest.sources.text.markup import plain_text


def is_semanticscholar(value: Any) -> bool:
    """Tell whether a JSON value is an answer of this API."""
    if not isinstance(value, dict):
        return False
    known = "paperId" in value or "recommendedPapers" in value
    return known or (
        "data" in value
        and bool({"total", "offset", "token"} & set(value) or text_at(value, "data", 0, "paperId"))
    )


def parse_semanticscholar(value: Any, origin: Origin) -> Document:
    """Return the papers of one page."""
    listed = rows_at(value, "data") or rows_at(value, "recommendedPapers")
    rows = [value] if "paperId" in value else listed
    return Document(
        kind="semanticscholar",
        papers=build_papers(map(read_paper, rows), origin),
        entries=len(rows),
        total=number_at(value, "total"),
        cursor=text_at(value, "token"),
    )


def read_paper(row: Any) -> Draft:
    """Return the draft of one paper."""
    found, _ = arxiv_id(text_at(row, "externalIds", "ArXiv"))
    key = text_at(row, "paperId")
    return Draft(
        title=plain_text(text_at(row, "title")),
        abstract=plain_text(text_at(row, "abstract")),
        authors=[text_at(author, "name") for author in rows_at(row, "authors")],
        arxiv=found,
        dois=(doi(text_at(row, "externalIds", "DOI")),),
        pmid=text_at(row, "externalIds", "PubMed"),
        guid=f"s2:{key}" if key else "",
        link=text_at(row, "url"),
        published=parse_moment(at(row, "publicationDate")),
        categories=tuple(texts_at(row, "fieldsOfStudy")),
        venue=text_at(row, "journal", "name") or text_at(row, "venue"),
        signals=Signals(
            citations=number_at(row, "citationCount"),
            summary=cut(clean_line(text_at(row, "tldr", "text")), 1_000),
        ),
    )
