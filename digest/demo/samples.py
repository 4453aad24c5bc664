"""The sample documents and what a service would answer to a request for one of them. Pure but for
reading the shipped files.

The papers, their authors and their ids are real. The summaries were written for this program, and
the dates, upvotes and stars are made up.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FOLDER = Path(__file__).parent / "feeds"
DAY = re.compile(r"\{(-?\d):(.*?)\}")  # of the documents: {-1:%Y-%m-%d} stands for yesterday's date


@dataclass(frozen=True, slots=True)
class Document:
    """One shipped file and the address under which its format is served."""

    file: str
    content_type: str
    route: str  # first segment of the path, as at the real service


DOCUMENTS = (
    Document("arxiv-learning.atom.xml", "application/atom+xml; charset=utf-8", "atom"),
    Document("arxiv-physics.rss.xml", "application/rss+xml; charset=utf-8", "rss"),
    Document("huggingface.json", "application/json; charset=utf-8", "api"),
    Document("biorxiv.json", "application/json; charset=utf-8", "details"),
    Document("nature.rdf.xml", "application/rdf+xml; charset=utf-8", "nature.rss"),
    Document("pubmed.rss.xml", "application/rss+xml; charset=utf-8", "rss-feed"),
)


def read_document(document: Document, today: date) -> bytes:
    """Return a shipped document as if it were from `today`."""
    text = (FOLDER / document.file).read_text("utf-8")
    return DAY.sub(lambda day: format(today + timedelta(int(day[1])), day[2]), text).encode()


def page_of(document: Document, body: bytes, target: str, today: date) -> bytes:
    """Return what a request gets of a document: of Hugging Face, rows for the day alone.

    A reader east of Greenwich may already ask for tomorrow as arXiv counts days.

    Args:
        target: Path and query of the request.
    """
    asked = parse_qs(urlsplit(target).query).get("date", [today.isoformat()])[0]
    return b"[]" if document.route == "api" and asked < today.isoformat() else body
