"""The only place that calls feedparser: RSS 0.9x, 1.0, 2.0 and Atom -> rows of plain JSON.

Rows cross a process border (`isolation`), so they are dictionaries of strings, numbers and lists.
"""

import calendar
import io
import re
import time
from itertools import pairwise
from typing import Any

import feedparser

from digest.sources.dates import parse_moment
from digest.sources.reading.bounds import EXTRA_ARXIV, MAX_FIELD, MAX_NAMES, MAX_SHORT
from digest.sources.reading.isolation import Unreadable

ENTRY_START = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)
ENTRY_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s{0,40}>", re.IGNORECASE)
# HighWire's own number behind a DOI: of several identifiers, feedparser keeps the last
HIGHWIRE = re.compile(r"<dc:identifier>\s{0,9}hwp:[^<]{1,200}</dc:identifier>")
# J-STAGE's authors, all in one element, in one or two languages; feedparser keeps the last name
JSTAGE = re.compile(
    r"<author>\s{0,99}<(en|ja)>((?:(?!</\1>|</?author>).)*)</\1>(?:(?!</?author>).)*</author>",
    re.DOTALL,
)
BETWEEN_NAMES = re.compile(r"</name>\s{0,99}<name>")
MIDNIGHT = re.compile(r"\b00:00(?::00)?(?:\.0+)? ?\+")

EXTRA = (
    *(f"arxiv_{name}" for name in EXTRA_ARXIV),
    "prism_doi",
    "prism_publicationname",
    "prism_publicationtitle",
    "prism_publicationdate",
    "prism_coverdate",
    "dc_identifier",
    "dc_source",
    "dcterms_identifier",
)


def read_feed(text: str) -> dict[str, Any]:
    """Return the entries of a tidy feed, and what it says of itself, as `read_rows` does.

    Raises:
        Unreadable: feedparser stumbles, as over an element `contributors`: it has a list of that
            name.
    """
    try:
        return read_rows(text)
    except MemoryError:
        raise
    except Exception as error:
        told = f"{type(error).__name__}: {error}"[:200]
        raise Unreadable(f"feedparser cannot read it: {told}") from error


def read_most(text: str) -> dict[str, Any]:
    """Return `read_feed` of the text, or of what is readable in it.

    Raises:
        Unreadable: feedparser stumbles at what is around the entries.
    """
    try:
        return read_feed(text)
    except Unreadable:
        return read_around(*split_feed(text))


def read_around(head: str, entries: list[str], tail: str) -> dict[str, Any]:
    """Return `read_feed` of it all but the entries at which feedparser stumbles; `odd` of them.

    Raises:
        Unreadable: it stumbles at what is around the entries.
    """
    try:
        return read_feed("".join((head, *entries, tail)))
    except Unreadable:
        if len(entries) < 2:
            return {**read_feed(head + tail), "odd": len(entries)}
    middle = len(entries) // 2
    left, right = (read_around(head, part, tail) for part in (entries[:middle], entries[middle:]))
    return {**left, **{name: left[name] + right[name] for name in ("odd", "entries")}}


def split_feed(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the entries, each whole entry, and what stands behind them."""
    ends = [match.end() for match in ENTRY_END.finditer(text)]
    first = ENTRY_START.search(text)
    if first is None or not ends:
        return text, [], ""
    marks = [first.start(), *ends]
    tail = text[marks[-1] :]
    entries = [text[start:end] for start, end in pairwise(marks)]
    return text[: marks[0]], entries, "" if ENTRY_START.search(tail) else tail


def read_rows(text: str) -> dict[str, Any]:
    """Return what feedparser reads.

    It is given a stream, never text: it opens a file or an address that it finds in text. Its
    sanitiser is off because it loses mathematics; every field is made plain text by us.
    """
    parsed = feedparser.parse(
        io.BytesIO(JSTAGE.sub(divide, HIGHWIRE.sub("", text)).encode("utf-8", "replace")),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    feed = mapping(parsed.get("feed"))
    return {
        "version": parsed.get("version") or "",
        "title": string(feed.get("title"), MAX_SHORT),
        "link": string(feed.get("link"), MAX_SHORT),
        "self": next((string(x.get("href")) for x in links_of(feed) if x.get("rel") == "self"), ""),
        "built": stamp(feed.get("updated_parsed")) or stamp(feed.get("published_parsed")),
        "total": string(feed.get("opensearch_totalresults")),
        "odd": 0,
        "entries": [read_entry(entry) for entry in listed(parsed.get("entries"))],
    }


def divide(match: re.Match[str]) -> str:
    """Return the authors in one language, each in an element."""
    return f"<author>{BETWEEN_NAMES.sub('</name></author><author><name>', match[2])}</author>"


def read_entry(entry: Any) -> dict[str, Any]:
    """Return what we use of one entry."""
    detail = mapping(entry.get("title_detail"))
    return {
        "guid": string(entry.get("id"), MAX_SHORT),
        "title": string(entry.get("title"), MAX_SHORT),
        "title_type": string(detail.get("type")),
        "link": best_link(entry),
        "summary": string(entry.get("summary")),
        "content": [string(part.get("value")) for part in listed(entry.get("content"))][:3],
        "authors": read_authors(entry.get("authors")),
        "published": moment_of(entry, "published"),
        "updated": moment_of(entry, "updated") if "updated" in entry else None,
        "tags": [string(tag.get("term"), MAX_SHORT) for tag in listed(entry.get("tags"))],
        "primary": string(mapping(entry.get("arxiv_primary_category")).get("term")),
        "extra": {name: string(entry[name], MAX_SHORT) for name in EXTRA if entry.get(name)},
    }


def read_authors(authors: Any) -> list[str]:
    """Return the names; IEEE's `<authors>A;B</authors>` reaches us as one text."""
    if isinstance(authors, str):
        return [string(authors, MAX_NAMES)]
    return [string(author.get("name"), MAX_NAMES) for author in listed(authors)]


def links_of(element: Any) -> list[Any]:
    """Return the links of a feed or an entry that have attributes."""
    return listed(element.get("links"))


def best_link(entry: Any) -> str:
    """Return the link to the entry's page rather than one to its comments or its licence."""
    for link in links_of(entry):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return string(link["href"], MAX_SHORT)
    return string(entry.get("link"), MAX_SHORT)


def listed(value: Any) -> list[Any]:
    """Return the mappings of a list; feedparser lets an element's name replace its own lists."""
    return [part for part in value if hasattr(part, "get")] if isinstance(value, list) else []


def mapping(value: Any) -> Any:
    """Return a mapping, an empty one for anything else."""
    return value if hasattr(value, "get") else {}


def string(value: object, length: int = MAX_FIELD) -> str:
    """Return a text of bounded length, or "" for anything else."""
    return value[:length] if isinstance(value, str) else ""


def moment_of(entry: Any, name: str) -> float | None:
    """Return Unix seconds of a date; feedparser forgets that one was midnight where it was told."""
    told = string(entry.get(name), MAX_SHORT).strip()
    day = parse_moment(told) if MIDNIGHT.search(told) else None
    return day.timestamp() if day else stamp(entry.get(f"{name}_parsed"))


def stamp(parsed: Any) -> float | None:
    """Return Unix seconds of a date that feedparser read, or None for an absurd one."""
    if not isinstance(parsed, time.struct_time) or not 1 <= parsed.tm_year <= 9999:
        return None
    try:
        return float(calendar.timegm(parsed))
    except (ValueError, OverflowError):
        return None
