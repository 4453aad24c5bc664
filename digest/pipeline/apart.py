"""Plans in processes of their own, so that letters are on the wire while others are chosen.

The processes are forked before the sources are asked, and before it is looked up who is due: while
papers are collected they load what ranking and the templates need, and while the first of them
brings the index up to date, the people are looked through. Each block of readers is one transaction
of theirs, and freezing a letter twice is a no-op, so whatever becomes of them, the letters they had
not planned are planned by whoever comes next. They compose what they have frozen and hand it over;
a letter that was not handed over is composed by whoever sends it, to the same bytes. A single
process that plans for readers who differ much in what they ask for composes nothing: it would be
behind, and whoever sends would wait.
"""

import logging
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from mmap import mmap
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.models import Due, Edition, Letter, SourceReport
from digest.pipeline.agenda import (
    BLOCK_READERS,
    BROKEN,
    Agenda,
    Brief,
    Day,
    Plan,
    briefed,
    make_agenda,
)
from digest.pipeline.parcels import Parcel, Parcels
from digest.pipeline.ring import Ring
from digest.state.dues import most_due

if TYPE_CHECKING:
    from digest.pipeline.run import Run

MOST_PROCESSES = 4  # more would wait for each other's transactions
HANDED_TOGETHER = 8  # letters
STOPPING = (signal.SIGTERM, signal.SIGINT)
BEHIND = 5  # niceness: what is ready goes on the wire before more is planned
MOST_READY = 200  # letters that wait to be sent, some 12 MB; the processes wait then

Compose = Callable[[Edition], Letter]

log = logging.getLogger(__name__)


Said = Plan | list[Letter] | DigestError | None  # None: that was all
Parcelled = tuple[int, Sequence[int]] | Parcel  # the place in the ring and the sizes of its parts


@dataclass(slots=True)
class Planner:
    """One process that plans a share of the blocks and composes their letters."""

    process: ForkProcess
    pipe: Connection
    ring: Ring
    parcels: Parcels
    begun: bool = False  # it was told what day it is
    ended: bool = False
    ear: select.poll = field(default_factory=select.poll)

    def __post_init__(self) -> None:
        """Listen to the pipe; `Connection.poll` would make a selector at each look."""
        self.ear.register(self.pipe, select.POLLIN)

    def tell(self, *said: Day | Brief) -> None:
        """Tell it what day it is, then who is due; one that is gone is noticed when it is heard."""
        self.begun = True
        with suppress(OSError):
            for word in said:
                self.pipe.send(word)

    def hear(self) -> Said:
        """Return the next thing that it says.

        Raises:
            EOFError, OSError: it is gone.
        """
        said: Parcelled | DigestError | None = self.pipe.recv()
        if said is None or isinstance(said, DigestError):
            return said
        return self.parcels.opened(self.ring.take(*said) if isinstance(said, tuple) else said)


@dataclass(slots=True)
class Planning:
    """A plan that grows once it is begun.

    Attributes:
        due: the editions to plan.
        plan: what is known of it so far; complete after `finish`.
        day: what all letters have in common; None: it is not begun.
        agenda: the editions in blocks; None: they were not looked up yet.
        ready: letters that were composed, by id; whoever sends them takes them out.
        unwanted: one byte that the processes see too; not 0: nobody waits for letters.
        error: what has ended a process.
        rest: what is planned here, since processes died.
    """

    run: "Run"
    due: Sequence[Due]
    plan: Plan = field(default_factory=Plan)
    day: Day | None = None
    agenda: Agenda | None = None
    planners: list[Planner] = field(default_factory=list)
    ready: dict[str, Letter] = field(default_factory=dict)
    unwanted: mmap = field(default_factory=lambda: mmap(-1, 1))
    error: DigestError | None = None
    rest: Iterator[Plan] = field(default_factory=lambda: iter(()))

    def begin(self, reports: tuple[SourceReport, ...]) -> None:
        """Plan, now that the papers are collected: here, or in the processes that wait for it."""
        broken = tuple(report for report in reports if report.state in BROKEN)
        self.day = Day(self.run.clock(), self.run.database.secret(), broken)
        for first in self.planners[:1]:
            first.tell(self.day)
        self.agenda = make_agenda(self.run, self.due)
        for first in self.planners[:1]:
            first.tell(self.agenda.brief(composing=self.composing))
        if not self.planners:
            for part in self._plan_here(self.agenda, self.day):
                self.plan.add(part)

    @property
    def composing(self) -> bool:
        """Whether the processes compose what they plan; known once the plan is begun."""
        alone = len(self.planners) == 1 and self.agenda is not None and self.agenda.is_laborious
        return bool(self.planners) and not alone

    def under_way(self) -> bool:
        """Take in what the processes have done; tell whether letters may still come.

        Raises:
            StateError: the database could not be read or written.
        """
        growing = self.listen()
        if self.error is not None:
            raise self.error
        return growing or self._make_good()

    def listen(self) -> bool:
        """Take in one thing that each process says; tell whether one is still at it."""
        for planner in self.speaking:
            self._hear(planner)
        return not all(planner.ended for planner in self.planners)

    @property
    def speaking(self) -> list[Planner]:
        """The processes that have something to say, where there is room for it."""
        if len(self.ready) >= MOST_READY:
            return []
        return [one for one in self.planners if not one.ended and one.ear.poll(0)]

    def finish(self) -> Plan:
        """Wait for the rest of the plan, whose letters nobody sends now.

        Raises:
            StateError: the database could not be read or written.
        """
        self.unwanted[0] = 1
        while self.under_way():
            self.ready.clear()
            if self.planners:
                wait([planner.pipe for planner in self.planners if not planner.ended])
        return self.plan

    def _make_good(self) -> bool:
        """Plan here what processes that died have left, a block at each call; False: all is done.

        Nothing is planned any more once a stop was asked for.
        """
        ended, self.planners = self.planners, []
        for planner in ended:
            planner.process.join()
        died = [planner.process.exitcode for planner in ended if planner.process.exitcode]
        if died and self.agenda is not None and self.day is not None:
            log.warning("plan event=process_died exit_codes=%s", died)
            known = {*self.plan.letters, *self.plan.waiting, *self.plan.problems}
            planned = self._plan_here(self.agenda, self.day)
            self.rest = (part.without(known) for part in planned)
        part = None if self.run.brake.asked else next(self.rest, None)
        if part is not None:
            self.plan.add(part)
        return part is not None

    def _plan_here(self, agenda: Agenda, day: Day) -> Iterator[Plan]:
        if not agenda.due:
            return iter(())
        from digest.pipeline.planning import plan_blocks  # where others plan it is not needed

        return plan_blocks(self.run, day, lambda: agenda)

    def stop(self) -> None:
        """End the processes; what they had not planned is due again at the next run.

        Killed, since one that is not on its feet yet would miss a SIGTERM; a transaction that was
        open is rolled back.
        """
        for planner in self.planners:
            planner.process.kill()
            planner.process.join()

    def _hear(self, planner: Planner) -> None:
        try:
            said = planner.hear()
        except (EOFError, OSError):  # it died, perhaps in the middle of a word
            said = None
        if planner is self.planners[0] and self.day is not None and self.agenda is not None:
            # Whatever it said: it has brought the index up to date, or never will.
            for other in self.planners:
                if not other.begun:
                    other.tell(self.day, self.agenda.brief(composing=self.composing))
        if isinstance(said, DigestError):
            self.error = said
        elif said is None:
            planner.ended = True
        elif isinstance(said, Plan):
            self.plan.add(said)
        else:
            self.ready.update((letter.id, letter) for letter in said)


def prepare_planning(
    run: "Run", due: Sequence[Due], spare: int, press: Callable[[], Compose] | None = None
) -> Planning:
    """Make ready to plan the letters of whoever is due; a large run's in other processes.

    Args:
        due: is not looked up yet where it need not be.
        spare: processors that nobody needs; 0: everything is planned here.
        press: returns what makes a letter where it was planned in another process; None: nobody
            needs one.
    """
    planning = Planning(run, due)
    count = min(spare, MOST_PROCESSES, most_due(due) // BLOCK_READERS)  # a whole block for each
    if count:
        run.database.close()  # SQLite's locks do not pass to a process forked from an open one
    try:
        with stops_held_back():
            for share in range(count):
                part = Part(run, due, press, planning.unwanted, share, count)
                planning.planners.append(start_planner(part, planning.planners))
    except BaseException as error:
        planning.stop()
        if not isinstance(error, OSError):
            raise
        log.warning("plan event=no_process reason=%s", error)  # no more are allowed, or no memory
        planning.planners.clear()
    return planning


@contextmanager
def stops_held_back() -> Iterator[None]:
    """Let SIGTERM and SIGINT wait: what a handler raises in a fork is lost, and leaves locks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


@dataclass(frozen=True, slots=True)
class Part:
    """What one process does."""

    run: "Run"
    due: Sequence[Due]
    press: Callable[[], Compose] | None
    unwanted: mmap  # as `Planning` says
    share: int  # which of the blocks
    shares: int
    ring: Ring = field(default_factory=Ring)
    parcels: Parcels = field(default_factory=Parcels)

    def work(self, pipe: Connection) -> Iterator[Plan | list[Letter]]:
        """Wait for the papers; yield what came of each block, and its letters.

        Raises:
            EOFError: the parent is gone.
        """
        from digest.pipeline.planning import plan_blocks  # while papers are collected

        compose = self.press() if self.press is not None else None
        outbox, day = self.run.outbox, pipe.recv()

        def ask() -> Agenda:
            nonlocal compose
            brief: Brief = pipe.recv()
            compose = compose if brief.composing else None
            return briefed(self.due, brief)

        for plan in plan_blocks(self.run, day, ask, self.share, self.shares):
            yield plan
            editions = side_by_side(outbox.take_fresh())
            if compose is None:
                continue
            for start in range(0, len(editions), HANDED_TOGETHER):
                letters = list(self._composed(compose, editions[start : start + HANDED_TOGETHER]))
                if letters:
                    yield letters

    def _composed(self, compose: Compose, editions: Sequence[Edition]) -> Iterator[Letter]:
        for edition in editions:
            if self.unwanted[0]:
                return
            try:
                yield compose(edition)
            except Exception:  # noqa: BLE001, S112
                continue  # complained of where it would be sent

    def say(self, pipe: Connection, said: Plan | list[Letter]) -> None:
        """Hand over by the ring, and its place by the pipe: so few bytes are never parted.

        Whatever the ring does not take goes by the pipe as a whole.
        """
        parcel = self.parcels.packed(said)
        place = self.ring.put(parcel)
        pipe.send(parcel if place is None else (place, list(map(len, parcel))))


def side_by_side(editions: Sequence[Edition]) -> list[Edition]:
    """Put letters of the same papers next to each other, so that the processor's cache has them."""
    return sorted(editions, key=lambda edition: id(edition.sections))


def start_planner(part: Part, others: Sequence[Planner]) -> Planner:
    """Start a process that plans its share of the blocks, beside others."""
    fork = get_context("fork")
    ours, theirs = fork.Pipe()
    foreign = [ours, *(planner.pipe for planner in others)]
    process = fork.Process(target=plan_apart, args=(part, theirs, foreign), daemon=True)
    process.start()
    theirs.close()
    return Planner(process, ours, part.ring, part.parcels)


def plan_apart(part: Part, pipe: Connection, foreign: Sequence[Connection]) -> None:
    """Plan a share of the blocks: the whole life of one process.

    It ends with its parent, at SIGTERM at once; Ctrl-C is its parent's affair.

    Args:
        foreign: ends of pipes that are the parent's; while any process holds one of them open,
            nobody hears that the parent is gone.
    """
    for end in foreign:
        end.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    part.run.database.forked()
    os.nice(BEHIND)
    with suppress(EOFError, ConnectionError):  # the parent is gone
        try:
            for done in part.work(pipe):
                part.say(pipe, done)
        except DigestError as error:
            pipe.send(error)
        pipe.send(None)


def spare_processors() -> int:
    """Return how many processors other processes of ours may use.

    None where this one has several threads: what they hold locked stays so in a forked process.
    """
    if threading.active_count() > 1 or not hasattr(os, "sched_getaffinity"):
        return 0
    return len(os.sched_getaffinity(0)) - 1
