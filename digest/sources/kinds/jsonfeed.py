"""JSON Feed 1.0 and 1.1, https://www.jsonfeed.org/version/1.1/."""

from typing import Any

from digest.identities import arxiv_id, doi, link_doi
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.kinds.descriptions import read_description
from digest.sources.links import web_link
from digest.sources.reading.rows import at, rows_at, text_at, texts_at
from digest.sources.text.markup import plain_text
from digest.sources.text.names import read_names


def is_jsonfeed(value: Any) -> bool:
    """Tell whether a JSON value is a JSON Feed."""
    return isinstance(value, dict) and "jsonfeed.org/version" in text_at(value, "version")


def parse_jsonfeed(value: Any, origin: Origin) -> Document:
    """Return the items.

    Raises:
        SourceError: there is no list of items, which a feed without news has too.
    """
    rows = at(value, "items")
    if not isinstance(rows, list):
        raise origin.error("it says that it is a JSON Feed, but has no list `items`")
    base = web_link(text_at(value, "feed_url"), origin.url) or origin.url
    place = Origin(origin.source, base, origin.now)
    papers = build_papers((read_item(row, value, place) for row in rows), place)
    return Document(kind="jsonfeed", papers=papers, entries=len(rows))


def read_item(row: Any, feed: Any, origin: Origin) -> Draft:
    """Return the draft of one item."""
    link = web_link(text_at(row, "url") or text_at(row, "external_url"), origin.url)
    guid = text_at(row, "id") or str(at(row, "id") or "")
    told = read_description(text_at(row, "content_html"))
    text = text_at(row, "content_text") or told.abstract
    summary = text_at(row, "summary")
    found, version = arxiv_id(guid) if arxiv_id(guid)[0] else arxiv_id(link)
    own = next(filter(None, (doi(guid), link_doi(link), told.doi)), "")
    return Draft(
        title=plain_text(text_at(row, "title")) or (summary or text)[:200],
        abstract=summary if summary and len(text) > 6_000 else text or summary,
        authors=read_authors(row, feed) or told.authors,
        arxiv=found,
        version=version,
        dois=(own,),
        pmid=told.pmid,
        guid=guid if ":" in guid[:20] else f"{origin.source}/{guid}" if guid else "",
        link=link,
        published=parse_moment(at(row, "date_published") or at(row, "date_modified")),
        categories=tuple(texts_at(row, "tags")),
        venue=text_at(feed, "title"),
    )


def read_authors(row: Any, feed: Any) -> list[str]:
    """Return the item's authors (1.1), its author (1.0), or the feed's."""
    for owner in (row, feed):
        people = rows_at(owner, "authors") or [at(owner, "author")]
        names = [name for person in people if (name := text_at(person, "name"))]
        if names:
            return read_names(names)
    return []
