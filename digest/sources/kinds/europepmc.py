"""Europe PMC's REST search with `format=json`, `resultType=core` or `lite`."""

from typing import Any

from digest.identities import doi
from digest.models import Signals
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.reading.rows import at, number_at, rows_at, text_at
from digest.sources.text.markup import unescaped_text
from digest.sources.text.names import split_names, turn_initials


def is_europepmc(value: Any) -> bool:
    """Tell whether a JSON value is an answer of this API."""
    return isinstance(value, dict) and "resultList" in value


def parse_europepmc(value: Any, origin: Origin) -> Document:
    """Return the papers of one page."""
    rows = rows_at(value, "resultList", "result")
    return Document(
        kind="europepmc",
        papers=build_papers(map(read_result, rows), origin),
        entries=len(rows),
        total=number_at(value, "hitCount"),
    )


def read_result(row: Any) -> Draft:
    """Return the draft of one result."""
    key = f"{text_at(row, 'source')}/{text_at(row, 'id')}"
    return Draft(
        title=unescaped_text(text_at(row, "title")),
        abstract=unescaped_text(text_at(row, "abstractText")),
        authors=read_authors(row),
        dois=(doi(text_at(row, "doi")),),
        pmid=text_at(row, "pmid"),
        guid=f"europepmc:{key}" if len(key) > 1 else "",
        link=f"https://europepmc.org/article/{key}",
        published=parse_moment(
            at(row, "firstPublicationDate") or at(row, "electronicPublicationDate")
        ),
        news="Published Erratum" in rows_at(row, "pubTypeList", "pubType"),
        venue=text_at(row, "journalInfo", "journal", "title")
        or text_at(row, "journalTitle")
        or text_at(row, "bookOrReportDetails", "publisher"),  # a preprint's server
        signals=Signals(citations=number_at(row, "citedByCount")),
    )


def read_authors(row: Any) -> list[str]:
    """Return full names where the answer has them."""
    names = []
    for author in rows_at(row, "authorList", "author"):
        fore = text_at(author, "firstName") or text_at(author, "initials")
        full = f"{fore} {text_at(author, 'lastName')}".strip()
        names.append(full or text_at(author, "fullName") or text_at(author, "collectiveName"))
    told = [name for name in names if name] or split_names(text_at(row, "authorString").rstrip("."))
    return [turn_initials(name) for name in told]
