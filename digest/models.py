"""The frozen types that travel between the rooms; plain data, no behaviour beyond their own fields.

Those of which there are many are named tuples: made, compared and hashed in a fifth of the time.
Every datetime is aware and UTC. Every text is plain (never HTML), cleaned in `sources`.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

LocalDate = date  # a name that the field `date` of a class does not hide


NO_LETTERS = re.compile("[^a-z0-9]+")  # of lower-case ASCII
LEAST_TITLE = 20  # letters of a title key; "Editorial" and "Introduction" say too little
ANNOUNCED = ("new", "cross", "replace", "replace-cross")  # by arXiv, the better news first
NEWS = "news"  # the category of what journals publish beside papers: no letter chooses it
LONGEST_GAP_DAYS = 14  # how far back a catch-up looks


@dataclass(frozen=True, slots=True)
class Signals:
    """What others made of a paper, as its sources told us; None or "" where none did."""

    upvotes: int | None = None  # Hugging Face Daily Papers
    comments: int | None = None  # Hugging Face Daily Papers
    github_stars: int | None = None
    code_url: str = ""  # http(s)
    project_url: str = ""  # http(s)
    submitter: str = ""  # who put it on Hugging Face's page
    summary: str = ""  # somebody else's one-sentence summary, possibly made by a machine
    keywords: tuple[str, ...] = ()
    citations: int | None = None  # Semantic Scholar, OpenAlex, Crossref


@dataclass(frozen=True, slots=True)
class Paper:
    """One work, whatever number of versions, cross-lists and sources told us of it.

    `ids` is never empty and begins with the strongest identity; `id` is that one. The forms are
    `arxiv:2205.14135`, `doi:10.1038/...`, `pmid:34739692`, `guid:...`, `link:https://...`,
    `hash:<16 hex digits>`, in this order of strength.
    """

    ids: tuple[str, ...]
    title: str  # at most 500 characters, LaTeX made readable
    authors: tuple[str, ...] = ()  # "First Last", in the order of the paper
    abstract: str = ""  # at most 20,000 characters
    url: str = ""  # http(s) page a reader opens, or "" where the source gave none
    published: datetime | None = None  # None: the source said nothing sane
    categories: tuple[str, ...] = ()  # arXiv classes, subjects; the primary one first
    version: int = 0  # arXiv's or bioRxiv's; 0: not known
    announced: str = "new"  # one of ANNOUNCED
    venue: str = ""  # where a reader would say it appeared: "arXiv", "Nature", "bioRxiv"
    sources: tuple[str, ...] = ()  # names of the configured sources that told of it, sorted
    signals: Signals = Signals()
    first_seen: datetime | None = None  # when the archive took it in; None before that

    @property
    def id(self) -> str:
        """The strongest identity."""
        return self.ids[0]

    @property
    def doi(self) -> str:
        """The DOI without prefix, lower case, or ""."""
        return next((i.removeprefix("doi:") for i in self.ids if i.startswith("doi:")), "")

    @property
    def title_key(self) -> str:
        """What equal works have in common of their titles."""
        return title_key(self.title)

    @property
    def names(self) -> tuple[str, ...]:
        """What tells that another record is of the same work: ids, and a title that tells much."""
        key = self.title_key
        return (*self.ids, key) if len(key) >= LEAST_TITLE else self.ids


# What stands behind a surname, in small letters
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
# Small letters that Unicode does not part into a plain one and a mark; many print a plain one
STROKED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"})


def title_key(title: str) -> str:
    """Return a title's letters and digits alone, without case and accents."""
    if title.isascii():
        return NO_LETTERS.sub("", title.lower())
    letters = unicodedata.normalize("NFKD", title).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


class SourceState(StrEnum):
    """How a source ended a run; silence is never one of the answers."""

    FRESH = "fresh"
    QUIET = "quiet"  # nothing new, as expected
    NOT_MODIFIED = "not_modified"  # HTTP 304
    LATE = "late"  # a weekday and still the last batch
    PARTIAL = "partial"  # cut short; what was whole is kept
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one source gave in one run."""

    name: str
    state: SourceState
    papers: int = 0  # entries understood, before merging
    new: int = 0  # of these, not in the archive before
    reason: str = ""  # a sentence where the state is late, partial or failed
    last_success: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceMemory:
    """What one source leaves behind for its next run; an empty one stands for a first run."""

    url: str = ""  # what the validators belong to
    etag: str = ""  # as sent by the server, after a good parse only
    last_modified: str = ""  # likewise
    batch: tuple[str, ...] = ()  # identities of the last batch, to tell a stale one
    asked: datetime | None = None  # the last request
    succeeded: datetime | None = None  # the last run that was not failed
    covered: LocalDate | None = None  # the last day wholly collected, in the source's calendar
    short: int = 0  # runs in a row that ended below the source's own total


@dataclass(frozen=True, slots=True)
class Collected:
    """All that one source gave in one run."""

    report: SourceReport
    papers: tuple[Paper, ...]
    memory: SourceMemory
    first: bool = False  # the source's first run: its backlog is for the archive alone


@dataclass(frozen=True, slots=True)
class Interest:
    """One topic of one subscriber; each is ranked on its own."""

    name: str
    keywords: tuple[str, ...] = ()
    about: str = ""  # free text
    like: tuple[str, ...] = ()  # example papers: ids, DOIs or titles
    avoid: tuple[str, ...] = ()  # words, or papers by id
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # a bonus, not a filter
    weight: float = 1.0  # share of the letter relative to the other interests
    library: str = ""  # absolute path of a bibliography whose papers count as `like`; "": none


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person and the letter they asked for; the address is the identity."""

    email: str  # validated, domain in lower case
    name: str = ""
    interests: tuple[Interest, ...] = ()
    papers: int = 10  # at most this many in a letter
    send_at: time = time(0, 0)  # local; 00:00 means whenever a run comes by
    timezone: str = "UTC"  # a key of the tz database
    days: frozenset[int] = frozenset(range(7))  # Monday is 0
    when_empty: str = "skip"  # or "send": a letter that says there was nothing
    min_papers: int = 1  # fewer good ones than this count as an empty day
    explore: float = 0.1  # share of the letter from beyond the interests, 0 to 0.5
    paused_until: date | None = None  # local; date.max: until resumed
    language: str = "en"

    @property
    def least_papers(self) -> int:
        """Fewer good ones wait for another day; a letter that goes out anyway takes them along."""
        return 1 if self.when_empty == "send" else self.min_papers

    def is_paused(self, day: LocalDate) -> bool:
        """Tell whether they want no letter on that day, whoever asks for one."""
        return self.paused_until is not None and day < self.paused_until


@dataclass(frozen=True, slots=True)
class Due:
    """One edition whose hour has come and that is not in the outbox."""

    subscriber: Subscriber
    date: LocalDate  # the subscriber's
    slot: str = "daily"  # or "welcome", the first letter of all
    since: LocalDate | None = None  # the first missed delivery day that this edition makes good


class Reason(NamedTuple):
    """One checkable statement of why a paper was picked."""

    kind: str  # keyword, phrase, example, author, category, signal, explore
    text: str  # what the letter says: "matches “KV cache”"
    evidence: str = ""  # the words as they stand in the paper (title, abstract, authors ...)
    origin: str = ""  # the entry of the profile: the keyword, the example's id, the author


class Pick(NamedTuple):
    """One paper chosen for one subscriber."""

    paper: Paper
    interest: str  # the interest's name; "" for trending and exploration
    score: float  # standard deviations above the archive's mean
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The picks of one interest in the order of the letter."""

    title: str
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """All that one letter is made of, frozen before the first send; rendering it twice gives the
    same bytes."""

    id: str  # delivery id, [a-z0-9], stable for (date, slot, subscriber)
    date: LocalDate  # the subscriber's
    slot: str  # "daily"; "welcome"
    email: str
    made_at: datetime  # the letter's Date header, the same on every retry
    name: str = ""
    timezone: str = "UTC"
    language: str = "en"
    sections: tuple[Section, ...] = ()
    trending: tuple[Pick, ...] = ()
    reports: tuple[SourceReport, ...] = ()  # only sources that were late, partial or failed
    since: LocalDate | None = None  # first local day covered, where days were missed
    considered: int = 0  # papers looked at for this letter

    @property
    def picks(self) -> tuple[Pick, ...]:
        """Every paper of the letter, in its order."""
        return (*(pick for section in self.sections for pick in section.picks), *self.trending)


class Letter(NamedTuple):
    """The finished bytes of one edition for one person."""

    id: str  # the edition's id
    email: str  # the only recipient
    mail_from: str  # envelope sender
    subject: str
    pieces: tuple[bytes, ...]  # of the message, in their order
    html: str = ""
    text: str = ""
    dot_safe: bool = False  # all its lines end in CRLF and none begins with a full stop

    @property
    def message(self) -> bytes:
        """RFC 5322, CRLF line ends, no line over 998 octets; not dot-stuffed."""
        return b"".join(self.pieces)


class Plate(bytes):
    """A piece of a message that stands in several letters alike, worth being kept for the next."""


class Outcome(StrEnum):
    """The state of one row of the outbox."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    IN_DATA = "in_data"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


OPEN = (Outcome.PLANNED, Outcome.CLAIMED, Outcome.IN_DATA)  # no run has brought them to an end
RETRIED = (Outcome.DEFERRED, Outcome.UNCERTAIN)
UNSENT = (Outcome.SKIPPED, Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one letter at one attempt."""

    id: str  # the edition's id
    outcome: Outcome
    code: int = 0  # SMTP reply code; 0: none was received
    text: str = ""  # the reply, or the reason in words
    at: datetime | None = None
    next_try: datetime | None = None  # deferred and uncertain only


@dataclass(frozen=True, slots=True)
class ShelfEntry:
    """One letter that lies in a folder; file names are relative to it."""

    id: str  # the edition's id
    email: str
    subject: str
    made_at: datetime
    html: str
    eml: str
