"""What a plan is given and what it brings home, and the steps that plans share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from digest.config.schema import Source
from digest.errors import SourceError
from digest.models import Paper, SourceMemory, SourceState
from digest.sources.asking.courier import Courier
from digest.sources.asking.door import Answer, Question
from digest.sources.document import Document, Origin
from digest.sources.recognition import parse_document

MAX_PAGES = 100
FEW = 3  # rows that a total may be off by
FEW_SHARE = 0.05  # of a total, likewise
BELIEVED_RUNS = 3  # in a row that ended below the source's total: from then on it counts wrongly
KNOWN_ROWS = 10  # the last ones read: where one is of the last run, all behind them are


@dataclass(frozen=True, slots=True)
class Task:
    """One source's turn in one run."""

    source: Source
    memory: SourceMemory
    now: datetime
    courier: Courier
    base_dir: Path  # relative paths of `file` start here

    @property
    def key(self) -> str:
        """The user's key, or ""."""
        return self.source.key.get_secret_value()

    def ask_again(self, url: str) -> Answer:
        """Return the answer of a URL of which we may have a copy: 304 where it is still good.

        Raises:
            SourceError: as `Courier.fetch`.
        """
        memory = self.memory if self.memory.url == url else SourceMemory()
        question = Question(url, memory.etag, memory.last_modified)
        return self.courier.fetch(self.source.name, question, now=self.now)

    def read(self, answer: Answer) -> Document:
        """Return the document of an answer.

        Raises:
            SourceError: as `parse_document`.
        """
        origin = Origin(self.source.name, answer.url, self.now)
        document = parse_document(answer.body, origin, charset=answer.charset)
        if answer.whole or not document.whole:
            return document
        return replace(document, reason="the connection broke off within the answer")

    def read_url(self, url: str, *, headers: Mapping[str, str] | None = None) -> Document:
        """Return the document of a URL that is asked without validators.

        Raises:
            SourceError: as `Courier.fetch` and `read`.
        """
        question = Question(url, headers=headers or {})
        return self.read(self.courier.fetch(self.source.name, question, now=self.now))


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one plan brought home."""

    memory: SourceMemory
    papers: tuple[Paper, ...] = ()
    state: SourceState | None = None  # None: fresh or quiet, as the papers show
    reason: str = ""
    kind: str = ""  # what the documents were recognised as
    batch: tuple[str, ...] | None = None  # the identities to compare with; None: all papers


Plan = Callable[[Task], Harvest]


@dataclass(slots=True)
class Basket:
    """Collects the documents of one plan."""

    papers: list[Paper] = field(default_factory=list)
    entries: int = 0
    reasons: list[str] = field(default_factory=list)  # why something is missing
    short: str = ""  # what came where the source ended below its own total
    kind: str = ""
    cut: bool = False  # there was more than the source's limit allows
    total: int = 0  # rows on all pages together, as the source says; 0: it does not
    estimated: bool = False  # the total is about right; the end is where no cursor follows
    rising: bool = False  # the oldest come first: the limit counts when all are read
    cursor: str = ""  # what fetches the next page, as the last one said
    wanted: Callable[[Paper], bool] = lambda _paper: True  # all others are left where they are

    def add(self, document: Document) -> None:
        """Take a document in."""
        self.papers.extend(filter(self.wanted, document.papers))
        self.entries += document.entries
        self.kind, self.cursor = document.kind, document.cursor
        self.total = document.total or self.total
        if not document.whole:
            self.reasons.append(document.reason)

    def take(self, other: "Basket") -> None:
        """Take all of another one in."""
        self.papers += other.papers
        self.entries += other.entries
        self.reasons += other.reasons
        self.kind = other.kind or self.kind
        self.short = self.short or other.short
        self.cut = self.cut or other.cut

    def harvest(self, memory: SourceMemory) -> Harvest:
        """Return all of it; partial where something is missing."""
        return Harvest(
            memory,
            tuple(self.papers),
            SourceState.PARTIAL if self.reasons else None,
            "; ".join(dict.fromkeys(self.reasons)),
            self.kind,
        )


def read_pages(
    task: Task, urls: Iterable[str], basket: Basket, headers: Mapping[str, str] | None = None
) -> bool:
    """Read page after page until there are no more, and say whether all were read.

    What the first pages gave is kept when a later one fails, or comes back empty before its time,
    as arXiv's API has them come.

    Raises:
        SourceError: the first page failed.
    """
    for number, url in enumerate(urls):
        try:
            document = task.read_url(url, headers=headers)
        except SourceError as error:
            if not number:
                raise
            basket.reasons.append(f"page {number + 1}: {error.reason}")
            return False
        basket.add(document)
        if not document.whole:
            return False
        beyond = len(basket.papers) - task.source.limit
        if beyond >= 0 and not basket.rising:
            basket.cut = beyond > 0 or (bool(basket.total) and has_more(basket))
            return True
        if not document.entries or not has_more(basket):
            break
    ended = basket.estimated and basket.entries and not basket.cursor
    if ended or nearly_all(basket.entries, basket.total):
        return True
    basket.short = f"only {basket.entries} of its {basket.total} entries came"
    return False


def has_more(basket: Basket) -> bool:
    """Tell whether there may be rows that were not read yet."""
    if basket.estimated:
        return bool(basket.cursor)
    return not basket.total or basket.entries < basket.total


def nearly_all(came: int, total: int) -> bool:
    """Tell whether at most a few are missing: totals are not exact, and change between pages."""
    return total - came <= max(FEW, FEW_SHARE * total)


def until_today(task: Task, basket: Basket) -> Harvest:
    """Return all of it; today is covered where nothing is missing but what the limit leaves out.

    A source that gives something and ends below its own total is asked again, and believed when it
    does so run after run.
    """
    if basket.reasons:
        return basket.harvest(task.memory)
    short = task.memory.short + 1 if basket.short else 0
    if short and (short < BELIEVED_RUNS or not basket.entries):
        basket.reasons.append(basket.short)
        return basket.harvest(replace(task.memory, short=short))
    if basket.cut:
        keep_newest(task, basket)
    return basket.harvest(replace(task.memory, covered=task.now.date(), short=short))


def keep_newest(task: Task, basket: Basket) -> None:
    """Leave out what is beyond the limit, the oldest, and say so where it may be new."""
    del basket.papers[task.source.limit :]
    if not reaches_last_run(task, basket):
        basket.reasons.append(left_out(task))


def reaches_last_run(task: Task, basket: Basket) -> bool:
    """Tell whether the oldest papers read came in the last run, too, so that older ones did."""
    known = set(task.memory.batch)
    return any(not known.isdisjoint(paper.ids) for paper in basket.papers[-KNOWN_ROWS:])


def left_out(task: Task) -> str:
    """Say that a source held more than it is allowed to give."""
    return f"the oldest papers, beyond its limit of {task.source.limit}, were left out"


def as_it_stands(url: str) -> bool:
    """Tell whether a configured URL is one document rather than an endpoint that takes a query."""
    parts = urlsplit(url)
    return bool(parts.query) or "." in parts.path.rpartition("/")[2]


def with_query(url: str, **query: object) -> str:
    """Return the URL with parameters; empty ones are left out."""
    kept = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(kept)}"
