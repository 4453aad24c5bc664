"""What templates see: a letter, its sections and its cards as plain text. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from digest import models
from digest.rendering import filters
from digest.rendering.plain import (
    TEXT_COLUMNS,
    clean,
    columns,
    cut,
    cut_at_sentence,
    direction,
    set_apart,
    web_url,
    wrap,
)

AUTHORS_SHOWN = 3  # in the HTML; the text part has them all
AUTHORS_LISTED = 100  # of a collaboration of thousands, also in the text part
CATEGORIES_SHOWN = 3
TITLE_CHARACTERS = 300
AUTHOR_CHARACTERS = 80
SIDES = {"ltr": "left", "rtl": "right"}
MATCHES = "matches "
MORE_AUTHORS = re.compile(r"and (\d+) more")
ARXIV = "https://arxiv.org"
WHY_FIRST = len("Why: ")  # columns that letter.txt writes before a reason
NEVER_WRAPPED = TEXT_COLUMNS // 2  # characters, even if every one were two columns wide


@dataclass(frozen=True, slots=True)
class SiteView:
    """Who sends the letter; the same in all of them."""

    name: str
    address: str
    postal_address: tuple[str, ...]
    help_url: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """What differs from letter to letter outside the papers; "" where there is nothing to say."""

    language: str
    subject: str
    preheader: str
    date: str
    label: str
    greeting: str
    welcome: str
    more: str
    notes: str
    because: str
    thanks: str
    unsubscribe_url: str
    preferences_url: str
    browser_url: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A signal in words, and where it leads."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """One paper."""

    title: str
    url: str
    authors: str  # the first three "and 12 more"
    authors_full: str
    place: str  # where and when
    abstract: str
    pages: tuple[LinkView, ...]  # where it can be read
    links: tuple[LinkView, ...]
    dir: str  # ltr or rtl; of the title
    side: str  # left or right
    abstract_dir: str  # of its own: journals have English abstracts below Arabic titles
    abstract_side: str
    why: object = ""  # why it was picked; a hole where it is filled later


@dataclass(frozen=True, slots=True)
class SectionView:
    """One interest's papers."""

    title: object
    note: object
    cards: tuple[CardView, ...] = ()


LETTER_TEXTS = tuple(field.name for field in fields(LetterView) if field.name != "language")
SENTENCES = tuple(name for name in LETTER_TEXTS if not name.endswith("_url"))  # of words.txt
WRAPPED = frozenset((*SENTENCES, "title")) - {"subject", "preheader"}


def view_card(paper: models.Paper, abstract_characters: int) -> CardView:
    """Put a paper in words, its abstract cut at a sentence.

    Args:
        abstract_characters: at most this many, of the width of Latin letters; 0 leaves the
            abstract out.
    """
    title = fit_title(paper.title)
    way = direction(title)
    authors, more = counted_authors(paper.authors)
    names = [
        set_apart(cut(name, AUTHOR_CHARACTERS), way)
        for name in map(clean, authors[:AUTHORS_LISTED])
        if name
    ]
    unlisted = max(0, len(authors) - AUTHORS_LISTED) + more
    abstract = clean(paper.abstract)
    room = abstract_characters * len(abstract) // (columns(abstract) or 1)  # Han is twice as wide
    abstract = cut_at_sentence(abstract, room)
    abstract_way = direction(abstract)
    return CardView(
        title=title,
        url=web_url(paper.url),
        authors=name_authors(names, AUTHORS_SHOWN, unlisted),
        authors_full=name_authors(names, AUTHORS_LISTED, unlisted),
        place=place_of(paper, way),
        abstract=abstract if abstract_characters else "",
        pages=tuple(pages_of(paper)),
        links=tuple(links_of(paper.signals)),
        dir=way,
        side=SIDES[way],
        abstract_dir=abstract_way,
        abstract_side=SIDES[abstract_way],
    )


def counted_authors(authors: Sequence[str]) -> tuple[Sequence[str], int]:
    """Return the names, and how many more there are: sources end long lists by "and 100 more"."""
    more = MORE_AUTHORS.fullmatch(authors[-1]) if authors else None
    return (authors[:-1], int(more[1])) if more else (authors, 0)


def pages_of(paper: models.Paper) -> Iterator[LinkView]:
    """Say where a paper can be read; its title is a link, too, which not everybody sees."""
    url = web_url(paper.url)
    number = next((name[6:] for name in paper.ids if name.startswith("arxiv:")), "")
    there = bool(number) and url.startswith(f"{ARXIV}/")
    if number:
        yield LinkView(f"arXiv:{number}", url if there else f"{ARXIV}/abs/{number}")
        yield LinkView("PDF", f"{ARXIV}/pdf/{number}")
    if url and not there:
        yield LinkView((urlsplit(url).hostname or "").removeprefix("www."), url)


def fit_title(title: str) -> str:
    """Make a title fit for a letter; it is never empty."""
    return cut(clean(title), TITLE_CHARACTERS) or "Untitled"


def name_authors(names: list[str], shown: int, unlisted: int) -> str:
    """List the first authors and count the others; one alone is named rather than counted."""
    hidden = max(0, len(names) - shown) + unlisted
    if hidden == 1 and not unlisted:
        shown, hidden = shown + 1, 0
    listed = ", ".join(names[:shown])
    return f"{listed} and {hidden:,} more" if hidden else listed


def place_of(paper: models.Paper, way: str) -> str:
    """Say where and when a paper appeared and how it is classified.

    Args:
        way: the line's direction; in one from right to left a day's number would leave its month.

    The day of an update is the update's own or the first version's, as the source has it.
    """
    venue = clean(paper.venue) or next(map(clean, paper.sources), "")
    updated = paper.announced.startswith("replace")
    when = filters.full_day(paper.published.date()) if paper.published else ""
    if when and way == "rtl":
        when = f"\u2066{when}\u2069"
    parts = (
        set_apart(venue, way),
        ", ".join(filter(None, (when, "updated" if updated else ""))),
        ", ".join(map(clean, paper.categories[:CATEGORIES_SHOWN])),
    )
    return " · ".join(part for part in parts if part)


def links_of(signals: models.Signals) -> list[LinkView]:
    """Say what others made of a paper, where a source told us."""
    code, project = web_url(signals.code_url), web_url(signals.project_url)
    counted = (
        (signals.upvotes, "upvote", " on Hugging Face"),
        (signals.citations, "citation", ""),
    )
    links = [
        LinkView(f"{count:,} {filters.plural(word, count)}{where}")
        for count, word, where in counted
        if count
    ]
    stars = signals.github_stars
    if code:
        told = f", {stars:,} {filters.plural('star', stars)}" if stars else ""
        links.append(LinkView(f"Code{told}", code))
    if project:
        links.append(LinkView("Project page", project))
    return links


def say_reasons(reasons: Sequence[str]) -> str:
    """Join the reasons of one pick into the end of a sentence."""
    said = "; ".join(merge_matches(list(filter(None, map(clean, reasons)))))
    return f"{said}." if said else ""


def merge_matches(texts: list[str]) -> list[str]:
    """Say `matches “a” and “b”` for two reasons that begin alike."""
    matched = [text.removeprefix(MATCHES) for text in texts if text.startswith(MATCHES)]
    if len(matched) < 2:
        return texts
    first = next(at for at, text in enumerate(texts) if text.startswith(MATCHES))
    others = [text for text in texts if not text.startswith(MATCHES)]
    return [*others[:first], MATCHES + filters.listed(matched), *others[first:]]


def wrap_why(why: str) -> str:
    """Wrap a reason that follows "Why: " in the text part."""
    if len(why.encode()) <= TEXT_COLUMNS - WHY_FIRST:  # no character has more columns than bytes
        return why
    return wrap(why, indent=WHY_FIRST, first=WHY_FIRST)
