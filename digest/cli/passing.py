"""Runs one pass of the pipeline: progress on a terminal, SIGTERM, the diary, what is printed."""

import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from time import monotonic
from types import FrameType

import click

from digest.care.pings import ping_about
from digest.cli import EXIT_FAILED, EXIT_TERMINATED, SIGNALS_HEARD, reason_of
from digest.cli import exit_code as code_of
from digest.cli.logs import complain
from digest.cli.progress import show_progress
from digest.cli.session import on_terminal, utc_now
from digest.config.schema import Config
from digest.errors import DigestError, StateError
from digest.models import Due, Outcome, Receipt, SourceState
from digest.pipeline.run import Brake, Run, RunReport, run_once
from digest.state.database import Database
from digest.state.ledger import Ledger
from digest.state.runs import begin_run, end_run
from digest.state.waiting import Waiting, load_waiting, note_waiting

log = logging.getLogger(__name__)

MOST_KNOWN = 50  # complaints that are compared with those of the run before
NAMED_ALIKE = 5  # letters of one fate that a mail of cron names
SIGNALS = (signal.SIGTERM, signal.SIGINT)
TWIN_SECONDS = 0.5  # a signal so soon after the first says the same: timeout(1) sends it twice
STOPPING = b"\nStopping when the relay has answered for what is on the wire; again: at once.\n"


class TerminatedError(BaseException):
    """SIGTERM came while nothing was on the wire; like KeyboardInterrupt, nobody catches it."""


def run_and_tell(
    config: Config,
    database: Database,
    due: Sequence[Due],
    clock: Callable[[], datetime],
    *,
    as_json: bool,
    collect: bool = True,
    by_hand: bool = False,
) -> int:
    """Run the pipeline once, print what the caller asked for, return the exit code.

    The configured address is pinged at the beginning and the end, also where an error ends it.

    Args:
        by_hand: somebody asks for just this, and is told also what the run before has told.
    """
    code = EXIT_FAILED
    try:
        told = {"as_json": as_json, "collect": collect, "by_hand": by_hand}
        code = run_noted(config, database, due, clock, **told)
    finally:
        if code != EXIT_TERMINATED:  # one that was stopped has neither succeeded nor failed
            ping_about(config, "fail" if code == EXIT_FAILED else "")
    return code


def run_noted(
    config: Config,
    database: Database,
    due: Sequence[Due],
    clock: Callable[[], datetime],
    *,
    as_json: bool,
    collect: bool,
    by_hand: bool,
) -> int:
    """Run the pipeline once, with an entry in the diary."""
    number, began = begin_run(database, utc_now()), clock()  # `--date` pretends, the diary does not
    log.info("run event=begun sources=%d collect=%s", len(config.sources), collect)
    try:
        with braking() as brake, show_progress(on_terminal() and not as_json) as progress:
            told = (progress.source, progress.show, progress.letter)
            run = Run(config, database, clock, brake, *told)
            ping_about(config, "start")  # while SIGTERM ends the run: it may take a while
            if config.delivery.bounce_mailbox:
                from digest.care.around import before_pass  # few have such a mailbox

                progress.show("Reading what came back by mail")
                before_pass(config, database, utc_now())
            report = run_once(run, due, collect=collect)
    except TerminatedError:
        end_run(database, number, utc_now(), EXIT_TERMINATED, {})
        tell_stopped()
        return EXIT_TERMINATED
    except (DigestError, OSError) as error:
        with suppress(StateError):  # the database may be what failed
            end_run(database, number, utc_now(), code_of(error), {}, reason_of(error))
        raise
    code = EXIT_TERMINATED if brake.asked else exit_code(report)
    counts = summary(report) | left_over(database, report)
    end_run(database, number, utc_now(), code, counts)
    log.info("run event=ended exit=%d counts=%s", code, counts)
    from digest.care.around import after_pass  # nothing waits for it now

    after_pass(config, database, report, utc_now())  # `--date` must not make anything old
    known = note_wrongs(database, report, began)
    tell(run, report, as_json=as_json, known=known and not (by_hand or on_terminal()))
    if brake.asked:
        tell_stopped()
    return code


def note_wrongs(database: Database, report: RunReport, now: datetime) -> bool:
    """Remember what is wrong and who waits for it; tell whether all of it was told of before.

    A broken source or a relay that is away is tried again at every call or two of cron, which would
    send as many mails.
    """
    before, said = load_waiting(database), tuple(complaints(report))[:MOST_KNOWN]
    told = before is not None and len(said) < MOST_KNOWN and before.has_told(said, now)
    told_at = before.told_at if before is not None and told else now
    wrong = Waiting(now, told_at, tuple(report.plan.waiting), said)
    if said or wrong.emails or before is not None:
        note_waiting(database, wrong if said or wrong.emails else None)
    return told


@contextmanager
def braking() -> Iterator[Brake]:
    """Lend a brake that SIGTERM and SIGINT pull.

    While letters are on the wire they are finished first; at any other time, and at the second
    signal, the run ends at once: nothing is lost then, its transactions are rolled back, and the
    fate of what is on the wire is found out by the next run, as after a crash.
    """
    brake = Brake(asked=bool(SIGNALS_HEARD))
    pulled = monotonic()  # when it was for the first time

    def pull(number: int, _frame: FrameType | None) -> None:
        nonlocal pulled
        second = brake.asked and monotonic() - pulled > TWIN_SECONDS
        pulled = pulled if brake.asked else monotonic()
        brake.asked = True  # noted first: what is raised may be swallowed
        if not brake.sending:
            raise TerminatedError(number)
        if not second and on_terminal():
            os.write(sys.stderr.fileno(), STOPPING)  # a handler may break into a print
        if second:  # what is raised on an event loop is lost
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    before = {number: signal.signal(number, pull) for number in SIGNALS}
    try:
        yield brake
    finally:
        brake.sending = True  # a signal is but noted from now on: there is nothing to break off
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_stopped() -> None:
    """Say to a person that a run which was stopped has lost nothing."""
    if on_terminal():
        click.echo("Stopped. Nothing is lost: the next run goes on where this one ended.", err=True)


def exit_code(report: RunReport) -> int:
    """Return 3 where a source or a letter failed, else 0."""
    return EXIT_FAILED if any(complaints(report)) else 0


def complaints(report: RunReport) -> Iterator[str]:
    """Yield one sentence for everything that went wrong."""
    for source in report.sources:
        if source.state is SourceState.FAILED:
            yield f"source {source.name} failed: {source.reason}"
    yield from report.plan.problems
    if report.delivery is None:
        return
    if report.delivery.error is not None:
        yield str(report.delivery.error)
    for receipt in report.delivery.problems:
        yield f"letter {receipt.id} {fate_of(receipt)}"
    if not report.delivery.balanced:
        yield "the letters of this run do not add up; `digest history` shows each"


def fate_of(receipt: Receipt) -> str:
    """Return what became of a letter, in the relay's words."""
    said = f"{receipt.code or ''} {receipt.text}".strip()
    return f"{receipt.outcome}: {said}"


def summary(report: RunReport) -> dict[str, int]:
    """Return the counts that the diary keeps."""
    counts = {f"source {state}": 0 for state in SourceState}
    for source in report.sources:
        counts[f"source {source.state}"] += 1
    for outcome, count in (report.delivery.counts if report.delivery else {}).items():
        counts[f"letter {outcome}"] = count
    skipped = f"letter {Outcome.SKIPPED}"  # by the ranking, and by who sends
    counts[skipped] = counts.get(skipped, 0) + report.plan.skipped
    counts["waiting"] = len(report.plan.waiting)
    return {name: count for name, count in counts.items() if count}


def left_over(database: Database, report: RunReport) -> dict[str, int]:
    """Return how many letters wait for the next run, where this one ended early."""
    if report.delivery is None or not (report.delivery.error or report.delivery.stopped):
        return {}
    planned = Ledger(database).counts().get(Outcome.PLANNED, 0)
    return {f"letter {Outcome.PLANNED}": planned} if planned else {}


def tell(run: Run, report: RunReport, *, as_json: bool, known: bool) -> None:
    """Print JSON where it was asked for, a table to a person, and to everybody what went wrong.

    Args:
        known: what went wrong was told of before; it is logged alone.
    """
    if as_json or on_terminal():
        from digest.cli.letters import print_run

        print_run(run, report, complaints(report), as_json=as_json)
    if known:
        log.info("run event=wrong_as_before what=%s", "; ".join(complaints(report)))
    else:
        tell_complaints(report)


def tell_complaints(report: RunReport) -> None:
    """Print what went wrong to stderr, where cron looks; of letters with one fate the first few."""
    problems = report.delivery.problems if report.delivery is not None else ()
    fates = {f"letter {one.id} {fate_of(one)}": fate_of(one) for one in problems}
    alike: Counter[str] = Counter()
    for complaint in complaints(report):
        fate = fates.get(complaint, "")
        alike[fate] += 1
        if not fate or alike[fate] <= NAMED_ALIKE:
            complain(complaint)
    for fate, count in alike.items():
        if fate and count > NAMED_ALIKE:
            complain(f"{count - NAMED_ALIKE} more {fate}; `digest history` shows each")
