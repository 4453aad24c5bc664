"""Any RSS 0.9x, 1.0, 2.0 or Atom: arXiv's, PubMed's, journals', blogs'.

The entries come from feedparser, in this process when the text is calm, in one of its own when it
is not (see `digest.sources.reading`).
"""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from digest.identities import arxiv_id, doi, link_doi, pmid
from digest.models import title_key
from digest.sources.building import Draft, build_papers
from digest.sources.dates import from_timestamp, parse_moment
from digest.sources.document import Document, Origin
from digest.sources.kinds.arxiv_entry import is_arxiv, is_error, read_arxiv
from digest.sources.kinds.descriptions import Description, is_name_list, read_description
from digest.sources.links import beyond_google, web_link
from digest.sources.reading.arxiv_rows import read_arxiv_feed
from digest.sources.reading.bounds import MAX_ENTRIES, TOO_MANY
from digest.sources.reading.isolation import Unreadable, parse_apart
from digest.sources.reading.rows import number_at
from digest.sources.reading.scanning import Scan, repair, scan
from digest.sources.text.characters import clean_line
from digest.sources.text.markup import ESCAPED, has_markup, plain_text
from digest.sources.text.names import read_names, split_glued, split_names

MAX_CALM_CHARACTERS = 3_000_000  # what feedparser reads in this process: some 3 s
ABSTRACT_MOST = 6_000  # characters; a longer "content" is a page, not an abstract
ABSTRACT_LEAST = 80  # characters; a shorter "summary" is a teaser where there is a content
TITLE_ROOM = 200  # characters of the text, where an entry has no title
VENUE_NOISE = re.compile(
    r"^(?:ScienceDirect Publication: |tandf: |Wiley: |AAAS: |SAGE Publications \w+: "
    r"|Recent Articles in |Google Alert - .*|Latest \w+ (?:of|from|for) )"
    r"|(?: Subject Collection: .*| \| New and Recent Articles)$"
    r"|(?:(?::| -| \|)? (?:Table of Contents|Current Issue|Latest (?:Articles|Issue).*"
    r"|RSS(?: Feed)?|new TOC|recent (?:papers|issues)|Advance (?:Access|Articles)))+$",
    re.IGNORECASE,
)
# what ACS, the Lancet, MDPI and HAL write before a title
TITLE_NOISE = re.compile(
    r"^\s*(?:(?:\[(?:ASAP|Articles?|Research Articles?|(?:Research|Technical) Report"
    r"|[a-z]{3,12}-\d{8})\] )+|[^:]{2,80}, Vol\. \d+, Pages? [\w-]+: )"
)
MDPI_HEAD = re.compile(r"\bdoi: 10\.3390/")  # "Frogs doi: 10.3390/f26007123"
PLAIN_SOURCE = re.compile(r"^[^\d,|/]{2,120}$")  # "Nature, Published online: ..." is none
ATYPON_LINK = re.compile(r"\?af=R$")  # SAGE's, PNAS's, Chicago's: names without marks between
NBER_TITLE = re.compile(r"^(.+?) -- by (.+)$", re.DOTALL)
NEWS_LINK = re.compile(r"^https?://(?:www\.)?nature\.com/articles/d\d{5}-")  # news and comment


def parse_feed(text: str, origin: Origin, *, root: str) -> Document:
    """Return the papers of a tidy feed whose outermost element is `root`.

    Raises:
        SourceError: it is no feed, or an error in a feed's clothes.
        Refused: it attacks its reader.
        Unreadable: feedparser cannot read it within the bounds.
    """
    container = "channel" if root == "rss" else root
    looked = scan(text, container)
    if not looked.formed:
        text = repair(text)
        looked = scan(text, container)
    if looked.complete > MAX_ENTRIES:
        raise origin.error(TOO_MANY)
    feed = read_rows(text, looked)
    rows = feed["entries"] if looked.closed else feed["entries"][: looked.complete]
    refuse_errors(feed, rows, origin)
    return make_document(feed, rows, looked, origin)


def read_rows(text: str, looked: Scan) -> dict[str, Any]:
    """Return feedparser's reading of the text, made where it can do no harm."""
    if not looked.calm:
        return parse_apart(text)
    quick = read_arxiv_feed(text)
    if quick is not None and all(map(is_arxiv, quick["entries"])):  # others' lead to arXiv, too
        return quick
    if len(text) > MAX_CALM_CHARACTERS:
        return parse_apart(text)
    from digest.sources.reading.syndication import read_feed  # feedparser takes 70 ms to import

    try:
        return read_feed(text)
    except Unreadable:
        return parse_apart(text)


def refuse_errors(feed: dict[str, Any], rows: list[dict[str, Any]], origin: Origin) -> None:
    """Raise for what looks like a feed and is none: no version, or arXiv's error answers."""
    if not feed["version"] and not rows:
        raise origin.error("it is XML, but no feed")
    if feed["title"].startswith("Feed error for query"):
        raise origin.error(f"arXiv answers {feed['title'][:200]!r}; check the classes asked for")
    if len(rows) == 1 and is_error(rows[0]):
        raise origin.error(f"arXiv's API answers {rows[0]['summary'][:200]!r}")


def make_document(
    feed: dict[str, Any], rows: list[dict[str, Any]], looked: Scan, origin: Origin
) -> Document:
    """Return the document that the rows make."""
    base = Origin(origin.source, web_base(feed, origin), origin.now)
    arxiv = all(map(is_arxiv, rows)) if rows else "arxiv.org" in feed["self"][:40]
    feed = feed | {"one_each": has_one_each(rows)}
    drafts = [read_row(row, feed, base) for row in rows]
    cut_short = len(feed["entries"]) - len(rows)
    reason = f"the document ends within entry {len(rows) + 1}" if cut_short else ""
    if not looked.closed and not reason:
        reason = f"the document ends after entry {len(rows)}, before its end"
    if feed["odd"] and not reason:
        reason = f"{feed['odd']} of its entries cannot be read"
    return Document(
        kind=name_kind(feed, arxiv=arxiv),
        papers=build_papers(drafts, base),
        entries=len(feed["entries"]),
        reason=reason,
        built=from_timestamp(feed["built"]),
        total=number_at(feed, "total"),
    )


def name_kind(feed: dict[str, Any], *, arxiv: bool) -> str:
    """Return what to call the format: `rss20`, `atom10`, `arxiv-rss`, `arxiv-api` ..."""
    if not arxiv:
        return feed["version"] or "feed"
    if feed["total"]:
        return "arxiv-api"
    return "arxiv-atom" if feed["version"].startswith("atom") else "arxiv-rss"


def web_base(feed: dict[str, Any], origin: Origin) -> str:
    """Return the address from which relative links start."""
    return web_link(feed["self"], origin.url) or web_link(feed["link"]) or origin.url


def read_row(row: dict[str, Any], feed: dict[str, Any], origin: Origin) -> Draft:
    """Return the draft of one entry, arXiv's or anybody's."""
    return read_arxiv(row) if is_arxiv(row) else read_entry(row, feed, origin)


def read_entry(row: dict[str, Any], feed: dict[str, Any], origin: Origin) -> Draft:
    """Return the draft of an entry in a feed that is not arXiv's."""
    row = row | {"link": beyond_google(row["link"])}
    title = read_title(row, feed)
    described = without_title(describe(row), title)
    if (match := NBER_TITLE.match(title)) and is_name_list(match[2]):
        title, described.authors = match[1], split_names(match[2])
    link = web_link(row["link"], origin.url)
    found, version = arxiv_id(row["guid"])
    if not found:
        found, version = arxiv_id(row["link"])
    venue = read_venue(row, feed, title)
    if described.abstract.casefold() == venue.casefold():  # all that ACS tells
        described.abstract = ""
    first, rest = ("", described.abstract) if title else part_words(described.abstract)
    return Draft(
        title=title or first,
        abstract=rest,
        authors=read_authors(row, feed, described),
        arxiv=found,
        version=version,
        dois=(find_doi(row, described, link),),
        pmid=pmid(row["guid"]) or described.pmid or pmid(link),
        guid=name_guid(row["guid"], origin),
        link=link,
        published=read_date(row),
        categories=tuple(row["tags"]),
        news=bool(NEWS_LINK.match(link)),
        venue=venue,
    )


def part_words(text: str) -> tuple[str, str]:
    """Part a text without a title behind the last word that a title has room for."""
    if len(text) <= TITLE_ROOM:
        return text, ""
    end = text.rfind(" ", 1, TITLE_ROOM + 1)
    end = end if end > 0 else TITLE_ROOM
    return text[:end], text[end:].lstrip()


def describe(row: dict[str, Any]) -> Description:
    """Return the better told of summary and content, with what either says of authors and ids."""
    summary = read_description(row["summary"])
    if not row["content"] or row["content"][0] == row["summary"]:
        return summary
    content = read_description(max(row["content"], key=len))
    too_long = len(content.abstract) > ABSTRACT_MOST and len(summary.abstract) >= ABSTRACT_LEAST
    before = content.abstract.removesuffix(summary.abstract)
    wrapped = before != content.abstract and MDPI_HEAD.search(before)
    better = len(content.abstract) > len(summary.abstract) and not too_long and not wrapped
    return Description(
        abstract=content.abstract if better else summary.abstract,
        authors=summary.authors or content.authors,
        doi=summary.doi or content.doi,
        pmid=content.pmid or summary.pmid,
    )


def without_title(described: Description, title: str) -> Description:
    """Return the description without leading lines that repeat the title and the authors."""
    lines = described.abstract.split("\n")
    if title_key(lines[0]) != title_key(title):
        return described
    authors, kept = described.authors, lines[1:]
    if kept and not authors and is_name_list(kept[0]):
        authors = split_names(kept.pop(0))
    return replace(described, abstract="\n".join(kept), authors=authors)


def read_title(row: dict[str, Any], feed: dict[str, Any]) -> str:
    """Return the title without markup. Atom states the type of a title; RSS leaves it open."""
    stated = feed["version"].startswith("atom") and row["title_type"] == "text/plain"
    if (stated and not ESCAPED.search(row["title"])) or not has_markup(row["title"]):
        return TITLE_NOISE.sub("", row["title"])
    title = plain_text(row["title"])  # SciELO and others escape its tags twice
    return TITLE_NOISE.sub("", plain_text(title) if ESCAPED.search(title) else title)


def has_one_each(rows: list[dict[str, Any]]) -> bool:
    """Tell whether a feed gives each author an element: some entry has several, or all hold
    "Surname, Forename"."""
    several = any(len(set(row["authors"])) > 1 for row in rows)
    return several or all(name.count(",") == 1 for row in rows for name in row["authors"])


def read_authors(row: dict[str, Any], feed: dict[str, Any], described: Description) -> list[str]:
    """Return the authors from their elements, or those of the description where it has more."""
    names = [plain_text(name) if "<" in name else name for name in row["authors"]]
    if len(names) == 1 and ATYPON_LINK.search(row["link"]):
        names = split_glued(names[0])
    if feed["one_each"]:
        told = read_names(names)
    else:
        told = [part for name in names for part in split_names(name)]
    return described.authors if len(described.authors) > len(told) else told


def find_doi(row: dict[str, Any], described: Description, link: str) -> str:
    """Return the first DOI of: the elements made for it, the guid, the link, the description."""
    extra, guid = row["extra"], row["guid"]
    told = (extra.get("prism_doi"), extra.get("dc_identifier"), extra.get("dcterms_identifier"))
    named = (doi(text) for text in told if text)
    from_guid = link_doi(guid) if guid.startswith("http") else doi(guid)
    return next(filter(None, (*named, from_guid, link_doi(link), described.doi)), "")


def name_guid(guid: str, origin: Origin) -> str:
    """Return a guid that is one for the whole world: a bare "17" belongs to its feed."""
    guid = guid.strip()
    if not guid or re.match(r"^[A-Za-z][A-Za-z0-9+.-]{1,20}:", guid):
        return guid
    return f"{urlsplit(origin.url).hostname or origin.source}/{guid}"


def read_date(row: dict[str, Any]) -> Any:
    """Return when the entry says that it was published, else updated, or None."""
    extra = row["extra"]
    told = extra.get("prism_publicationdate") or extra.get("prism_coverdate")
    return from_timestamp(row["published"] or row["updated"]) or parse_moment(told)


def read_venue(row: dict[str, Any], feed: dict[str, Any], title: str) -> str:
    """Return the journal's name: its own element (unless it repeats the title), or the feed's."""
    extra = row["extra"]
    names = (extra.get("prism_publicationname"), extra.get("prism_publicationtitle"))
    told = next((name for name in names if name and name.strip() != title.strip()), "")
    if not told and PLAIN_SOURCE.match(extra.get("dc_source", "")):
        told = extra["dc_source"]
    name = clean_line(told or feed["title"])  # over lines the pattern is not linear
    name = plain_text(name) if has_markup(name) else name
    if not told and pmid(row["guid"]):  # the title is that of a search
        return ""
    return name if told else VENUE_NOISE.sub("", name)
