"""Plans in processes of their own, so that letters are on the wire while others are chosen.

The processes are forked: they find the archive's index in the memory they share. Each block of
readers is one transaction of theirs, and freezing a letter twice is a no-op, so whatever becomes
of them, the letters they had not planned are planned by whoever comes next.
"""

import logging
import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.models import Due, SourceReport
from digest.pipeline.editions import BLOCK_READERS
from digest.pipeline.planning import Agenda, Plan, make_agenda

if TYPE_CHECKING:
    from digest.pipeline.run import Run

MOST_PROCESSES = 4  # more would wait for each other's transactions

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Planner:
    """One process that plans a share of the blocks."""

    process: ForkProcess
    pipe: Connection
    ended: bool = False


@dataclass(slots=True)
class Planning:
    """A plan that may still be growing.

    Attributes:
        plan: what is known of it so far; complete after `finish`.
    """

    plan: Plan
    agenda: Agenda | None = None  # None: nobody was due
    planners: list[Planner] = field(default_factory=list)

    def under_way(self) -> bool:
        """Take in what the processes have done; tell whether letters may still come.

        Raises:
            StateError: the database could not be read or written.
        """
        for planner in self.planners:
            while not planner.ended and planner.pipe.poll():
                self._hear(planner)
        if not all(planner.ended for planner in self.planners):
            return True
        self._make_good()
        return False

    def finish(self) -> Plan:
        """Wait for the rest.

        Raises:
            StateError: the database could not be read or written.
        """
        while self.under_way():
            wait([planner.pipe for planner in self.planners if not planner.ended])
        return self.plan

    def _make_good(self) -> None:
        """Plan here what a process that died has left."""
        ended, self.planners = self.planners, []
        for planner in ended:
            planner.process.join()
        died = [planner.process.exitcode for planner in ended if planner.process.exitcode]
        if died and self.agenda is not None:
            log.warning("plan event=process_died exit_codes=%s", died)
            plan_here(self.agenda, self.plan)

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
            said: Plan | DigestError | None = planner.pipe.recv()
        except EOFError:
            said = None
        if isinstance(said, DigestError):
            raise said
        if said is None:
            planner.ended = True
        else:
            self.plan.add(said)


def start_planning(
    run: "Run", due: Sequence[Due], reports: tuple[SourceReport, ...], spare: int
) -> Planning:
    """Plan the letters of whoever is due; a large run's in other processes while this one goes on.

    Args:
        spare: processors that nobody needs; 0: everything is planned before this returns.
    """
    if not due:
        return Planning(Plan())
    agenda = make_agenda(run, due, reports)
    count = min(spare, MOST_PROCESSES, len(due) // BLOCK_READERS)  # a whole block for each
    planning = Planning(Plan(problems=list(agenda.desk.problems)), agenda)
    if not count:
        plan_here(agenda, planning.plan)
        return planning
    run.database.close()  # SQLite's locks do not pass to a process forked from an open one
    for share in range(count):
        planning.planners.append(start_planner(agenda, share, count, planning.planners))
    return planning


def plan_here(agenda: Agenda, plan: Plan) -> None:
    """Plan in this process whatever is not planned yet."""
    for part in agenda.plan():
        plan.add(part)


def start_planner(agenda: Agenda, share: int, shares: int, others: Sequence[Planner]) -> Planner:
    """Start a process that plans its share of the blocks, beside others."""
    fork = get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    foreign = [ours, *(planner.pipe for planner in others)]
    process = fork.Process(
        target=plan_apart, args=(agenda, share, shares, theirs, foreign), daemon=True
    )
    process.start()
    theirs.close()
    return Planner(process, ours)


def plan_apart(
    agenda: Agenda, share: int, shares: int, pipe: Connection, foreign: Sequence[Connection]
) -> None:
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
    agenda.run.database.forked()
    agenda.run.outbox.kept_editions = 0
    with suppress(BrokenPipeError):  # the parent is gone
        try:
            for part in agenda.plan(share, shares):
                pipe.send(part)
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
