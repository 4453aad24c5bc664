"""Crossref's REST API, `GET /works`: one work or a list of them.

Dates are lists of numbers and often of the far future; abstracts are JATS; a preprint and its
journal version name each other in `relation`.
"""

from datetime import datetime
from typing import Any

from digest.identities import doi
from digest.models import Signals
from digest.sources.building import Draft, build_papers
from digest.sources.dates import from_parts
from digest.sources.document import Document, Origin
from digest.sources.links import doi_link
from digest.sources.reading.rows import at, number_at, rows_at, text_at, texts_at
from digest.sources.text.markup import unescaped_text

DATES = ("published-online", "published-print", "published", "posted", "issued", "created")
NO_PAPERS = {
    "journal", "journal-volume", "journal-issue", "book-series", "proceedings-series", "component",
    "peer-review", "grant",
}  # fmt: skip
NOTICES = {"correction", "corrigendum", "erratum"}  # of the work that they update
SAME_WORK = ("is-preprint-of", "has-preprint", "is-version-of", "has-version")


def is_crossref(value: Any) -> bool:
    """Tell whether a JSON value is an answer of this API."""
    return isinstance(value, dict) and "message" in value and "message-type" in value


def parse_crossref(value: Any, origin: Origin) -> Document:
    """Return the works.

    Raises:
        SourceError: the API says that it was asked wrongly.
    """
    if text_at(value, "status") != "ok":
        raise origin.error(f"Crossref answers {text_at(value, 'message', 0, 'message')[:200]!r}")
    message = at(value, "message")
    rows = rows_at(message, "items") if at(message, "items") is not None else [message]
    return Document(
        kind="crossref",
        papers=build_papers((read_work(row, origin.now) for row in rows), origin),
        entries=len(rows),
        total=number_at(message, "total-results"),
    )


def read_work(row: Any, now: datetime) -> Draft:
    """Return the draft of one work."""
    title = text_at(row, "title", 0)
    subtitle = text_at(row, "subtitle", 0)
    told = text_at(row, "DOI")
    own = doi(told)
    return Draft(
        title=unescaped_text(f"{title}: {subtitle}" if title and subtitle else title),
        abstract=unescaped_text(text_at(row, "abstract")),
        authors=[read_author(author) for author in rows_at(row, "author")],
        dois=(own, *related(row)),
        link=doi_link(told) if own else text_at(row, "URL"),
        published=read_date(row, now),
        categories=tuple(texts_at(row, "subject")),
        news=not is_paper(row),
        venue=unescaped_text(
            text_at(row, "container-title", 0) or text_at(row, "institution", 0, "name")
        ),
        signals=Signals(citations=number_at(row, "is-referenced-by-count")),
    )


def is_paper(row: Any) -> bool:
    """Tell a paper from a journal's own record, a review, or the correction of another paper."""
    own = text_at(row, "DOI").lower()  # some papers update themselves
    others = (x for x in rows_at(row, "update-to") if text_at(x, "DOI").lower() != own)
    updates = {text_at(other, "type") for other in others}
    return text_at(row, "type") not in NO_PAPERS and updates.isdisjoint(NOTICES)


def read_author(author: Any) -> str:
    """Return "Given Family", or the name of a group."""
    parts = (text_at(author, "given"), text_at(author, "family"), text_at(author, "suffix"))
    return " ".join(filter(None, parts)) or text_at(author, "name")


def related(row: Any) -> list[str]:
    """Return the DOIs of the same work's preprint or journal version."""
    rows = [other for name in SAME_WORK for other in rows_at(row, "relation", name)[:5]]
    return [doi(text_at(other, "id")) for other in rows if text_at(other, "id-type") == "doi"]


def read_date(row: Any, now: datetime) -> datetime | None:
    """Return the first of its dates that is not in the future."""
    dates = (from_parts(at(row, name, "date-parts", 0)) for name in DATES)
    return next((moment for moment in dates if moment and moment <= now), None)
