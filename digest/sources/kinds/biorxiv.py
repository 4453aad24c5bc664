"""bioRxiv's and medRxiv's API, `GET /details/<server>/<from>/<to>/<cursor>/json`.

`total` and `version` are strings; authors are "Surname, I.; ..."; `published` is the journal
version's DOI, or "NA".
"""

from typing import Any

from digest.identities import doi
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.reading.rows import at, number_at, rows_at, text_at
from digest.sources.text.markup import plain_text
from digest.sources.text.names import split_names
from digest.sources.text.typesetting import without_marks

VENUES = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}


def is_biorxiv(value: Any) -> bool:
    """Tell whether a JSON value is an answer of this API."""
    return isinstance(value, dict) and "collection" in value and "messages" in value


def parse_biorxiv(value: Any, origin: Origin) -> Document:
    """Return the papers of one slice.

    Raises:
        SourceError: the API says that it was asked wrongly.
    """
    message = at(value, "messages", 0)
    status = text_at(message, "status")
    rows = rows_at(value, "collection")
    if status not in {"", "ok"} and not rows and "no posts found" not in status.lower():
        raise origin.error(f"the API answers {status[:200]!r}")
    return Document(
        kind="biorxiv",
        papers=build_papers(map(read_row, rows), origin),
        entries=len(rows),
        total=number_at(message, "total"),
    )


def read_row(row: Any) -> Draft | None:
    """Return the draft of one row, None where it has no DOI."""
    name = doi(text_at(row, "doi"))
    if not name:
        return None
    server = text_at(row, "server").lower()
    version = number_at(row, "version") or 0
    suffix = f"v{version}" if version else ""
    return Draft(
        title=plain_text(text_at(row, "title")),
        abstract=without_marks(plain_text(text_at(row, "abstract"))),
        authors=split_names(text_at(row, "authors")),
        dois=(name, doi(text_at(row, "published"))),
        link=f"https://www.{server or 'biorxiv'}.org/content/{name}{suffix}",
        published=parse_moment(at(row, "date")),
        categories=(text_at(row, "category"),),
        version=version,
        announced="replace" if version > 1 else "new",
        venue=VENUES.get(server, "bioRxiv"),
    )
