"""JSON lists that mirrors make of arXiv's daily feed: `{"papers": [{"arxiv_id", ...}]}`."""

from datetime import time
from typing import Any

from digest.identities import arxiv_id, doi
from digest.models import ANNOUNCED
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.reading.rows import at, rows_at, text_at, texts_at
from digest.sources.text.names import split_arxiv


def is_mirror(value: Any) -> bool:
    """Tell whether a JSON value is such a list."""
    if not isinstance(value, dict) or not isinstance(at(value, "papers"), list):
        return False
    rows = rows_at(value, "papers")
    return not rows or any(isinstance(row, dict) and "arxiv_id" in row for row in rows)


def parse_mirror(value: Any, origin: Origin) -> Document:
    """Return the papers; the list's date is the day of their announcement."""
    rows = rows_at(value, "papers")
    day = parse_moment(at(value, "date"))
    papers = build_papers((read_row(row, day) for row in rows), origin)
    # a date alone is a day in New York
    built = day.replace(hour=12) if day and day.time() == time() else day
    return Document("arxiv-mirror", papers, entries=len(rows), built=built)


def read_row(row: Any, day: Any) -> Draft | None:
    """Return the draft of one row, None where it has no arXiv id."""
    found, version = arxiv_id(text_at(row, "arxiv_id"))
    if not found:
        return None
    told = text_at(row, "announce_type")
    return Draft(
        title=text_at(row, "title"),
        abstract=text_at(row, "abstract"),
        authors=texts_at(row, "authors") or split_arxiv(text_at(row, "authors")),
        arxiv=found,
        dois=(doi(text_at(row, "doi")),),
        published=parse_moment(at(row, "published")) or day,
        categories=(text_at(row, "primary_category"), *texts_at(row, "categories")),
        version=version,
        announced=told if told in ANNOUNCED else "new",
        venue="arXiv",
    )
