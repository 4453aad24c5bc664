"""Makes the pages of a folder of letters: an index, and an Atom feed (RFC 4287) for each reader."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from digest import models
from digest.rendering.plain import clean
from digest.rendering.templates import get_template, make_environment, render

FEED_ENTRIES = 50
ADDRESS_CHARACTERS = 150  # in a file's name, which may have 255 bytes
UNSAFE = re.compile(r"[^A-Za-z0-9@._-]")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One letter in a feed."""

    urn: str
    subject: str
    made_at: datetime
    html: str
    eml: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One reader's letters, the newest first."""

    email: str
    title: str
    file: str
    id: str
    updated: datetime
    entries: tuple[FeedEntry, ...]


def render_shelf(
    entries: Sequence[models.ShelfEntry], *, name: str, folders: Sequence[Path]
) -> dict[str, str]:
    """Return the pages by file name: index.html, and feed-<address>.atom for each reader.

    Args:
        entries: in any order; the feeds hold each reader's newest 50.
        name: the site's.
        folders: where templates lie; the operator's own first.

    Raises:
        TemplateError: a template is missing or malformed.
    """
    environment = make_environment(folders)
    feeds = list(feeds_of(entries, name))
    index = render(get_template(environment, "shelf.html"), {"name": name, "feeds": feeds})
    atom = get_template(environment, "shelf.atom")
    return {
        "index.html": index,
        **{feed.file: render(atom, {"name": name, "feed": feed}) for feed in feeds},
    }


def feeds_of(entries: Sequence[models.ShelfEntry], name: str) -> Iterator[Feed]:
    """Group letters by reader, in the order of addresses."""
    for email in sorted({entry.email for entry in entries}):
        mine = [entry for entry in entries if entry.email == email]
        mine.sort(key=lambda entry: (entry.made_at, entry.id), reverse=True)
        yield Feed(
            email=clean(email),
            title=f"{name}: {clean(email)}",
            file=feed_file(email),
            id=urn("feed", email),
            updated=mine[0].made_at,
            entries=tuple(map(feed_entry, mine[:FEED_ENTRIES])),
        )


def feed_entry(entry: models.ShelfEntry) -> FeedEntry:
    """Put one letter in words."""
    identity = urn("letter", entry.email, entry.id)
    return FeedEntry(identity, clean(entry.subject), entry.made_at, entry.html, entry.eml)


def feed_file(email: str) -> str:
    """Name the feed of one reader; addresses that differ never share a file."""
    safe = UNSAFE.sub("_", email)[:ADDRESS_CHARACTERS]
    mark = "" if safe == email else f"-{sha256(email.encode()).hexdigest()[:8]}"
    return f"feed-{safe}{mark}.atom"


def urn(*parts: str) -> str:
    """Name something for good (RFC 4287 4.2.6)."""
    return uuid5(NAMESPACE_URL, "\0".join(("digest", *parts))).urn
