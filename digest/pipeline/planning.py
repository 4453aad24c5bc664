"""Plans letters: which papers each reader gets, frozen block by block. Sends nothing."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from digest.models import Due, Edition, SourceReport
from digest.pipeline.desk import Desk, open_desk
from digest.pipeline.editions import (
    Choice,
    Day,
    Fate,
    blocks_of,
    choose_editions,
    share_windows,
)
from digest.pipeline.meaning import keep_profiles
from digest.pipeline.profiles import make_cases
from digest.state.dues import due_emails

if TYPE_CHECKING:
    from digest.pipeline.run import Run

NOTHING_TO_SAY = "nothing to say"


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
    """Who is due in one run, and what their letters are chosen with.

    Attributes:
        windows: starts of windows and the places of those who share them, looked up once: what
            one process freezes must not change how another one divides the rest.
    """

    run: "Run"
    due: Sequence[Due]
    day: Day
    desk: Desk
    windows: Sequence[tuple[datetime, Sequence[int]]]

    def plan(self, share: int = 0, shares: int = 1) -> Iterator[Plan]:
        """Rank and freeze one block of readers after the other, and yield what came of each.

        Args:
            share: which of the blocks, where others plan the rest: 0 to `shares` - 1.
        """
        number = 0
        for start, sharing in self.windows:
            blocks = list(blocks_of(sharing))
            mine = blocks[(share - number) % shares :: shares]
            number += len(blocks)
            if not mine:
                continue
            pool = self.desk.archive.listed_since(start)
            scene = self.desk.scene(pool, self.day.now)
            for block in mine:
                cases = make_cases(self.run, [self.due[place] for place in block], pool)
                yield freeze(self.run, list(choose_editions(scene, cases, self.day)), self.day)
        keep_profiles(self.run.database, self.desk.meaning)


def make_agenda(run: "Run", due: Sequence[Due], reports: tuple[SourceReport, ...]) -> Agenda:
    """Bring index and embeddings up to date; what that stumbles over is a problem of the plan."""
    day, emails = Day(run.clock(), run.database.secret(), reports), due_emails(due)
    windows = share_windows(emails, run.outbox.last_editions(emails, day.now), day.now)
    return Agenda(run, due, day, open_desk(run), list(windows))


def freeze(run: "Run", choices: Sequence[Choice], day: Day) -> Plan:
    """Freeze what is worth a letter, note empty days, and return both."""
    sent = editions_of(choices, Fate.SEND)
    run.outbox.freeze(sent, day.now)
    return Plan(
        letters=[edition.id for edition in sent],
        skipped=run.outbox.skip(editions_of(choices, Fate.SKIP), NOTHING_TO_SAY, day.now),
        waiting=[edition.email for edition in editions_of(choices, Fate.WAIT)],
        problems=[choice.problem for choice in choices if choice.problem],
    )


def editions_of(choices: Sequence[Choice], fate: Fate) -> list[Edition]:
    """Return the editions that share a fate."""
    return [choice.edition for choice in choices if choice.fate is fate]
