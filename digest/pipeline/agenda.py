"""Whose letters a run plans, and what has come of it so far. Light: ranks nothing itself."""

from array import array
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from digest.models import LONGEST_GAP_DAYS, Due, SourceReport, SourceState
from digest.state.dues import DueList, Found, count_interests, due_emails

if TYPE_CHECKING:
    from digest.pipeline.run import Run

# Ranked and frozen together; bounds memory: with 2,000 papers and 5 interests to some 100 MB.
BLOCK_READERS = 500
FIRST_READERS = 100
OWN_INTERESTS = 0.25  # for each reader: with more, planning takes longer than sending
NEWCOMER_DAYS = 3  # how far back the first letter of all looks
BROKEN = (SourceState.LATE, SourceState.PARTIAL, SourceState.FAILED)

Windows = Sequence[tuple[datetime, Sequence[int]]]  # starts, and the places of those who share them


class Brief(NamedTuple):
    """What a process needs to know that was forked before `due` was looked up."""

    found: Found | None  # None: it has the list itself
    windows: Windows
    composing: bool  # it also composes the letters that it has planned


@dataclass(slots=True)
class Plan:
    """Which letters a run made; grows block by block."""

    letters: list[str] = field(default_factory=list)  # delivery ids
    skipped: int = 0  # empty days
    waiting: list[str] = field(default_factory=list)  # addresses: a broken source may yet fill it
    problems: list[str] = field(default_factory=list)  # interests that could not be ranked

    def add(self, part: "Plan") -> None:
        """Take in what was planned for other readers."""
        self.letters += part.letters
        self.skipped += part.skipped
        self.waiting += part.waiting
        self.problems += part.problems

    def without(self, known: Container[str]) -> "Plan":
        """Return what is not known yet; what was skipped is counted once in any case."""
        return Plan(
            [letter for letter in self.letters if letter not in known],
            self.skipped,
            [email for email in self.waiting if email not in known],
            [problem for problem in self.problems if problem not in known],
        )


@dataclass(frozen=True, slots=True)
class Agenda:
    """Who is due in one run.

    Attributes:
        windows: looked up once: what one process freezes must not change how another one divides
            the rest.
    """

    due: Sequence[Due]
    windows: Windows

    def blocks(self, share: int, shares: int) -> Iterator[tuple[datetime, Sequence[Sequence[int]]]]:
        """Yield (start of a window, blocks of those who share it), as places in `due`.

        Args:
            share: which of the blocks, where others plan the rest: 0 to `shares` - 1.
        """
        number = 0
        for start, sharing in self.windows:
            blocks = list(blocks_of(sharing))
            mine = blocks[(share - number) % shares :: shares]
            number += len(blocks)
            if mine:
                yield start, mine

    @property
    def is_laborious(self) -> bool:
        """To plan takes longer than to send: many readers ask for what nobody else asks for."""
        return count_interests(self.due) > len(self.due) * OWN_INTERESTS

    def brief(self, *, composing: bool) -> Brief:
        """Return what a process needs to know."""
        found = self.due.found if isinstance(self.due, DueList) else None
        return Brief(found, self.windows, composing)


def briefed(due: Sequence[Due], brief: Brief) -> Agenda:
    """Return the agenda in such a process."""
    if isinstance(due, DueList) and brief.found is not None:
        due.found = brief.found
    return Agenda(due, brief.windows)


def make_agenda(run: "Run", due: Sequence[Due]) -> Agenda:
    """Look up since when each reader waits for papers: who share that have the same candidates."""
    now, emails = run.clock(), due_emails(due)
    lasts = run.outbox.last_editions(emails, now)
    sharing: dict[datetime, array[int]] = {}
    for place, email in enumerate(emails):
        sharing.setdefault(window_start(lasts.get(email), now), array("I")).append(place)
    return Agenda(due, sorted(sharing.items()))


@dataclass(frozen=True, slots=True)
class Day:
    """What all letters of one run have in common."""

    now: datetime
    secret: bytes
    broken: tuple[SourceReport, ...]  # sources whose papers of today are missing or incomplete


def window_start(last: datetime | None, now: datetime) -> datetime:
    """Return the moment after which a paper must have been first seen to be a candidate."""
    if last is None:
        return now - timedelta(days=NEWCOMER_DAYS)
    return max(last, now - timedelta(days=LONGEST_GAP_DAYS))


def blocks_of(places: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield at most BLOCK_READERS at a time, and fewer at first: their letters leave soon."""
    yield places[:FIRST_READERS]
    for first in range(FIRST_READERS, len(places), BLOCK_READERS):
        yield places[first : first + BLOCK_READERS]
