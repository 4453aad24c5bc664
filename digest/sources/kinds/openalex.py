"""OpenAlex's API, `GET /works`: abstracts come as an index from each word to its places."""

from typing import Any

from digest.identities import arxiv_id, doi, pmid
from digest.models import Signals
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.reading.rows import at, number_at, rows_at, text_at
from digest.sources.text.markup import plain_text

MAX_WORDS = 5_000
NO_PAPERS = {"erratum", "grant", "paratext", "peer-review"}


def is_openalex(value: Any) -> bool:
    """Tell whether a JSON value is an answer of this API."""
    return isinstance(value, dict) and "results" in value and "meta" in value


def parse_openalex(value: Any, origin: Origin) -> Document:
    """Return the works of one page."""
    rows = rows_at(value, "results")
    return Document(
        kind="openalex",
        papers=build_papers(map(read_work, rows), origin),
        entries=len(rows),
        total=number_at(value, "meta", "count"),
    )


def read_work(row: Any) -> Draft:
    """Return the draft of one work."""
    pages = [text_at(place, "landing_page_url") for place in rows_at(row, "locations")]
    place = at(row, "primary_location")
    return Draft(
        title=plain_text(text_at(row, "title") or text_at(row, "display_name")),
        abstract=plain_text(read_abstract(at(row, "abstract_inverted_index"))),
        authors=[read_author(author) for author in rows_at(row, "authorships")],
        arxiv=next((found for page in pages if (found := arxiv_id(page)[0])), ""),
        dois=(doi(text_at(row, "doi")),),
        pmid=pmid(text_at(row, "ids", "pmid")),
        guid=text_at(row, "id"),
        link=text_at(place, "landing_page_url") or text_at(row, "id"),
        published=parse_moment(at(row, "publication_date")),
        categories=tuple(text_at(topic, "display_name") for topic in rows_at(row, "topics")),
        news=text_at(row, "type") in NO_PAPERS,
        venue=text_at(place, "source", "display_name"),
        signals=Signals(citations=number_at(row, "cited_by_count")),
    )


def read_author(author: Any) -> str:
    """Return an author's name as OpenAlex shows it."""
    return text_at(author, "author", "display_name") or text_at(author, "raw_author_name")


def read_abstract(index: Any) -> str:
    """Return the running text of `{"word": [places]}`."""
    if not isinstance(index, dict):
        return ""
    words: dict[int, str] = {}
    for word, places in index.items():
        for place in places if isinstance(places, list) else []:
            if isinstance(place, int) and 0 <= place < MAX_WORDS:
                words[place] = word
    return " ".join(words[place] for place in sorted(words))
