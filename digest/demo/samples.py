"""The sample documents and what a service would answer to a request for one of them. Pure but for
reading the shipped files.

The papers, their authors and their ids are real. The summaries were written for this program, and
the dates, upvotes and stars are made up.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from digest.demo.dates import Kind, shift_dates

FOLDER = Path(__file__).parent / "feeds"
ANCHOR = date(2026, 7, 1)  # the day the documents were written for


@dataclass(frozen=True, slots=True)
class Document:
    """One shipped file and the address under which its format is served."""

    file: str
    kind: Kind
    content_type: str
    route: str  # first segment of the path, as at the real service


DOCUMENTS = (
    Document("arxiv-learning.atom.xml", "atom", "application/atom+xml; charset=utf-8", "atom"),
    Document("arxiv-physics.rss.xml", "rss", "application/rss+xml; charset=utf-8", "rss"),
    Document("huggingface.json", "json", "application/json; charset=utf-8", "api"),
    Document("biorxiv.json", "json", "application/json; charset=utf-8", "details"),
    Document("nature.rdf.xml", "rdf", "application/rdf+xml; charset=utf-8", "nature.rss"),
    Document("pubmed.rss.xml", "rss", "application/rss+xml; charset=utf-8", "rss-feed"),
)


def read_document(document: Document, today: date) -> bytes:
    """Return a shipped document as if it were from `today`."""
    return shift_dates((FOLDER / document.file).read_bytes(), document.kind, ANCHOR, today)


def read_documents(today: date) -> dict[str, tuple[Document, bytes]]:
    """Return all documents as if they were from `today`, by route."""
    return {each.route: (each, read_document(each, today)) for each in DOCUMENTS}


def page_of(document: Document, body: bytes, target: str, today: date) -> bytes:
    """Return the page that a request's target asks for.

    Feeds have one page. Hugging Face has rows for the day alone and pages from `p=0`; bioRxiv's
    path ends in `/<cursor>/json`. Both answer an empty list past their end.

    Args:
        target: Path and query of the request.
    """
    if document.route == "api" and not has_rows(target, today):
        return b"[]"
    if document.route == "details":
        return cut_collection(body, cursor_of(target))
    return body


def has_rows(target: str, today: date) -> bool:
    """Say whether Hugging Face would have rows for the day and page of a query."""
    query = parse_qs(urlsplit(target).query)
    # A reader east of Greenwich may already ask for tomorrow as arXiv counts days.
    asked = query.get("date", [today.isoformat()])[0]
    return query.get("p", ["0"])[0] == "0" and asked >= today.isoformat()


def cursor_of(target: str) -> int:
    """Return the number of rows to leave out, 0 where the path names none."""
    *_, cursor, ending = ("", "", *urlsplit(target).path.split("/"))
    return int(cursor) if ending == "json" and cursor.isdecimal() else 0


def cut_collection(body: bytes, cursor: int) -> bytes:
    """Return bioRxiv's answer from row `cursor` on."""
    if not cursor:
        return body
    answer: dict[str, Any] = json.loads(body)
    rows = answer["collection"][cursor:]
    answer["messages"][0] |= {"cursor": cursor, "count": len(rows)}
    return json.dumps(answer | {"collection": rows}, ensure_ascii=False).encode()
