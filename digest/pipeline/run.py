"""One run: collect, merge, rank, freeze, render, deliver. It reads as that sentence."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.config.schema import Config
from digest.delivery.delivering import deliver_letters
from digest.delivery.report import DeliveryReport
from digest.models import Due, Edition, Letter, Receipt, SourceReport
from digest.pipeline.collecting import collect_papers
from digest.pipeline.desk import open_desk
from digest.pipeline.editions import (
    Choice,
    Day,
    Fate,
    blocks_of,
    choose_editions,
    share_windows,
)
from digest.pipeline.printing import composer, open_press, update_shelf
from digest.pipeline.profiles import make_cases
from digest.state.database import Database
from digest.state.outbox import Outbox
from digest.state.spool import journal_base

NOTHING_TO_SAY = "nothing to say"
STOP_POLL_SECONDS = 0.1


def ignore(_event: object) -> None:
    """Take no notice of an event."""


@dataclass(slots=True)
class Brake:
    """How a signal handler or another thread asks a run to stop."""

    asked: bool = False
    sending: bool = False  # letters are on the wire: they are finished first


@dataclass(frozen=True, slots=True)
class Run:
    """What the stages of one run work with, and whom they tell how far they are."""

    config: Config
    database: Database
    clock: Callable[[], datetime]  # UTC
    brake: Brake = field(default_factory=Brake)
    on_source: Callable[[str], None] = ignore  # the name of a source whose turn it is
    on_letter: Callable[[Receipt], None] = ignore  # what became of a letter

    @property
    def outbox(self) -> Outbox:
        """The letters of this database, under the rules of this configuration."""
        delivery = self.config.delivery
        return Outbox(
            self.database,
            max_lateness=timedelta(hours=delivery.max_lateness_hours),
            hold_uncertain=delivery.uncertain == "hold",
            journal=journal_base(self.database, self.config.spool),
        )


@dataclass(slots=True)
class Plan:
    """Which letters a run made; grows block by block."""

    letters: list[str] = field(default_factory=list)  # delivery ids
    skipped: int = 0  # empty days
    waiting: list[str] = field(default_factory=list)  # addresses: a broken source may yet fill it
    problems: list[str] = field(default_factory=list)  # interests that could not be ranked


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
    run.outbox.recover(run.clock())
    reports = collect_papers(run) if collect else ()
    plan = plan_letters(run, due, reports)
    delivery = deliver_planned(run) if deliver else None
    return RunReport(reports, plan, delivery)


def plan_letters(run: Run, due: Sequence[Due], reports: tuple[SourceReport, ...]) -> Plan:
    """Rank and freeze one block of readers after the other."""
    plan = Plan()
    if not due:
        return plan
    day = Day(run.clock(), run.database.secret(), reports)
    desk = open_desk(run, plan.problems)
    lasts = run.outbox.last_editions([one.subscriber.email for one in due])
    for start, sharing in share_windows(due, lasts, day.now):
        pool = desk.archive.listed_since(start)
        scene = desk.scene(pool, day.now)
        for block in blocks_of(sharing):
            choices = choose_editions(scene, make_cases(run, block, pool), day)
            keep(run.outbox, list(choices), day.now, plan)
    return plan


def keep(outbox: Outbox, choices: Sequence[Choice], now: datetime, plan: Plan) -> None:
    """Freeze what is worth a letter, note empty days, and add both to the plan."""
    sent = editions_of(choices, Fate.SEND)
    outbox.freeze(sent, now)
    plan.letters += [edition.id for edition in sent]
    plan.skipped += outbox.skip(editions_of(choices, Fate.SKIP), NOTHING_TO_SAY, now)
    plan.waiting += [edition.email for edition in editions_of(choices, Fate.WAIT)]
    plan.problems += [choice.problem for choice in choices if choice.problem]


def editions_of(choices: Sequence[Choice], fate: Fate) -> list[Edition]:
    """Return the editions that share a fate."""
    return [choice.edition for choice in choices if choice.fate is fate]


def deliver_planned(run: Run) -> DeliveryReport:
    """Print and hand over every letter whose time has come."""
    press = open_press(run.config, run.database.secret())
    report = asyncio.run(deliver_until_stopped(run, composer(run.config, press)))
    if report.counts:
        update_shelf(run.config)
    return report


async def deliver_until_stopped(run: Run, compose: Callable[[Edition], Letter]) -> DeliveryReport:
    """Hand letters over until none is left or the brake is pulled."""
    people = {subscriber.email for subscriber in run.config.subscribers}
    stop = asyncio.Event()
    watcher = asyncio.create_task(watch(run.brake, stop))
    run.brake.sending = True
    try:
        return await deliver_letters(
            run.outbox,
            compose,
            run.config.delivery,
            clock=run.clock,
            allowed=people.__contains__,
            stop=stop,
            progress=run.on_letter,
        )
    finally:
        run.brake.sending = False
        watcher.cancel()


async def watch(brake: Brake, stop: asyncio.Event) -> None:
    """Set `stop` soon after the brake was pulled; a signal handler cannot wake the loop itself."""
    while not brake.asked:
        await asyncio.sleep(STOP_POLL_SECONDS)
    stop.set()
