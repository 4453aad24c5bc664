"""One run: collect, merge, rank, freeze, render, deliver. It reads as that sentence."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from digest.config.schema import Config
from digest.delivery.report import DeliveryReport
from digest.errors import DeliveryError
from digest.models import Due, Edition, Letter, Receipt, SourceReport
from digest.pipeline.agenda import Plan
from digest.pipeline.apart import Planning, prepare_planning, spare_processors
from digest.state.database import Database
from digest.state.outbox import Outbox
from digest.state.roll import emails_of

STOP_POLL_SECONDS = 0.1
LISTEN_SECONDS = 0.01
COLLECTED_OBJECTS = 400_000  # made, and still there, before the youngest are looked through


log = logging.getLogger(__name__)


def ignore(_event: object) -> None:
    """Take no notice of an event."""


@dataclass(slots=True)
class Brake:
    """How a signal handler or another thread asks a run to stop."""

    asked: bool = False
    sending: bool = False  # letters are on the wire, or all is done: a signal is noted, not raised


@dataclass(frozen=True)  # no slots: outbox and press are opened once, when asked for
class Run:
    """What the stages of one run work with, and whom they tell how far they are."""

    config: Config
    database: Database
    clock: Callable[[], datetime]  # UTC
    brake: Brake = field(default_factory=Brake)
    on_source: Callable[[str], None] = ignore  # the name of a source that was read
    on_stage: Callable[[str], None] = ignore  # what is done from now on
    on_letter: Callable[[Receipt], None] = ignore  # what became of a letter

    @cached_property
    def outbox(self) -> Outbox:
        """The letters of this database, under the rules of this configuration."""
        delivery = self.config.delivery
        return Outbox(
            self.database,
            max_lateness=delivery.max_lateness,
            hold_uncertain=delivery.uncertain == "hold",
            spool=self.config.spool,
        )

    @cached_property
    def compose(self) -> Callable[[Edition], Letter]:
        """What makes the letters.

        Raises:
            TemplateError: a template cannot be compiled, or the DKIM key cannot be used.
        """
        from digest.pipeline.printing import composer, open_press  # where others compose, unused

        return composer(self.config, open_press(self.config, self.database.secret()))

    def letter(self, edition: Edition) -> Letter:
        """Make a letter; the templates are compiled when the first one is asked for."""
        return self.compose(edition)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did, as values; a failure in it is data, not an exception."""

    sources: tuple[SourceReport, ...]
    plan: Plan
    delivery: DeliveryReport | None  # None: a dry run


def run_once(
    run: Run, due: Sequence[Due], *, collect: bool = True, deliver: bool = True
) -> RunReport:
    """Serve whoever is due, and every letter that an earlier run left unfinished."""
    with calm_collector():
        run.outbox.recover(run.clock())
        wanted = () if run.brake.asked else due
        press = (lambda: run.compose) if deliver else None
        planning = prepare_planning(run, wanted, spare_processors(), press)
        try:
            from digest.pipeline.collecting import collect_papers  # while others load how to plan

            reports = collect_papers(run) if collect else ()
            run.on_stage("Choosing papers and sending letters" if deliver else "Choosing papers")
            if deliver and not planning.planners:
                _ = run.compose  # a template that cannot be used ends the run before it plans
            log.info("run event=collected sources=%d", len(reports))
            if not run.brake.asked:
                planning.begin(reports)
            delivery = deliver_planned(run, planning) if deliver else None
            plan = planning.plan if run.brake.asked else planning.finish()
        finally:
            planning.stop()
        return RunReport(reports, plan, delivery)


@contextmanager
def calm_collector() -> Iterator[None]:
    """Look for garbage in cycles seldom: a run makes millions of small objects and no cycles.

    What the configuration holds is not looked at again, so that processes forked from this one
    go on sharing its memory.
    """
    usual = gc.get_threshold()
    gc.set_threshold(COLLECTED_OBJECTS, *usual[1:])
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)


def deliver_planned(run: Run, planning: Planning) -> DeliveryReport:
    """Print and hand over every letter whose time has come, and those still being planned."""
    from digest.delivery.loop import run_loop  # as `deliver_letters`, while others plan

    run.brake.sending = True  # also while asyncio begins and ends: it must not be broken off
    try:
        commands = bool(run.config.delivery.sendmail)
        report = run_loop(deliver_until_stopped(run, planning), commands=commands)
    finally:
        run.brake.sending = False
    if report.counts and run.config.delivery.folder is not None:
        from digest.pipeline.shelving import update_shelf

        try:
            update_shelf(run.config)
        except DeliveryError as error:  # the letters are there, which the index does not name
            return replace(report, error=report.error or error)
    return report


async def deliver_until_stopped(run: Run, planning: Planning) -> DeliveryReport:
    """Hand letters over until none is left or the brake is pulled."""
    from digest.delivery.delivering import deliver_letters  # while others open the day

    people = set(emails_of(run.config.subscribers))
    stop = asyncio.Event()
    if run.brake.asked:
        stop.set()
    watcher = asyncio.create_task(watch(run.brake, stop))
    listener = asyncio.create_task(listen(planning))
    try:
        return await deliver_letters(
            run.outbox,
            run.letter,
            run.config.delivery,
            clock=run.clock,
            allowed=people.__contains__,
            stop=stop,
            more=planning.under_way,
            ready=planning.ready if planning.composing else None,
            progress=run.on_letter,
        )
    finally:
        watcher.cancel()
        listener.cancel()


async def watch(brake: Brake, stop: asyncio.Event) -> None:
    """Set `stop` soon after the brake was pulled; a signal handler cannot wake the loop itself."""
    while not brake.asked:
        await asyncio.sleep(STOP_POLL_SECONDS)
    stop.set()


async def listen(planning: Planning) -> None:
    """Take letters in as they are composed, so that the processes need not wait."""
    while planning.listen():  # a few letters at a time: meanwhile the wire waits
        await asyncio.sleep(0 if planning.speaking else LISTEN_SECONDS)
