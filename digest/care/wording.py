"""Says what is wrong with an installation and what to do about it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.models import Outcome, SourceState
from digest.rendering.filters import plural
from digest.state.memories import SourceHealth
from digest.state.status import Status
from digest.state.troubles import RelayTrouble

STALE = timedelta(hours=26)  # a day and some; cron calls more often than that
STUCK = timedelta(hours=2)  # a letter may wait that long for its next try
BROKEN_OFF = 2  # the exit code of a run that a template, the configuration or the database ended
TRIED = (Outcome.SENT, Outcome.DEFERRED, Outcome.FAILED, Outcome.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong."""

    what: str
    mend: str


def complaints(status: Status, now: datetime) -> list[Complaint]:
    """Return everything that is wrong, the gravest first."""
    return [
        *relay_complaints(status.trouble),
        *run_complaints(status, now),
        *letter_complaints(status, now),
        *(source_complaint(one) for one in status.sources if one.state == SourceState.FAILED),
    ]


def relay_complaints(trouble: RelayTrouble | None) -> Iterator[Complaint]:
    """Say that letters cannot be handed over."""
    if trouble is not None and trouble.ended is None:
        yield Complaint(
            f"letters cannot be handed over since {day_and_hour(trouble.since)} "
            f"({trouble.runs} {plural('run', trouble.runs)}): {trouble.reason}",
            "`digest doctor` looks into relay, TLS and login",
        )


def run_complaints(status: Status, now: datetime) -> Iterator[Complaint]:
    """Say that runs do not happen, or do not end well."""
    if not status.runs:
        yield Complaint("there was no run yet", "call `digest run`, then let cron do it")
        return
    last = status.runs[0]
    if now - last.started > STALE and now - (status.collected or last.started) > STALE:
        advice = "is the cron line, the timer or `digest serve` still there?"
        yield Complaint(f"the last run was on {day_and_hour(last.started)}", advice)
    ended = next((run for run in status.runs if run.exit_code is not None), None)
    if ended is not None and ended.exit_code == BROKEN_OFF:
        told = f"the last run ended with exit code {ended.exit_code} before it was done"
        if ended.reason:
            yield Complaint(f"{told}: {ended.reason}", "mend that, then `digest run`")
        else:  # noted by an older version
            yield Complaint(told, "`digest run` says why; `digest check` looks for mistakes")
    yield from unsent_complaints(status)
    killed = [run for run in status.runs if run.killed]
    if killed:
        was = "was" if len(killed) == 1 else "were"
        yield Complaint(
            f"{len(killed)} of the last {len(status.runs)} runs {was} killed",
            "by a second Ctrl-C, for want of memory, or cut off from the database: see the "
            "system's log and the server's; no letter is lost by it",
        )
    if last.started > now + timedelta(minutes=10):
        yield Complaint(
            f"the last run began in the future, on {day_and_hour(last.started)}",
            "the clock is wrong, or was; check it with `timedatectl`",
        )


def unsent_complaints(status: Status) -> Iterator[Complaint]:
    """Say that the last run that had letters sent none, and most of the day's letters wait."""
    tried = ([run.summary.get(f"letter {state}", 0) for state in TRIED] for run in status.runs)
    sent, *unsent = next(filter(any, tried), (0,))
    waiting = status.letters.get(Outcome.DEFERRED, 0) + status.letters.get(Outcome.UNCERTAIN, 0)
    made = sum(status.letters.get(state, 0) for state in TRIED)
    # A single one may have met a greylist, some may be for mailboxes that are full.
    if any(unsent) and not sent and waiting > 1 and 2 * waiting >= made:
        yield Complaint(
            f"the last run sent no letter; {waiting} are deferred or of unknown fate",
            "`digest history` shows why; `digest retry --deferred` or `--uncertain` does not wait",
        )


def letter_complaints(status: Status, now: datetime) -> Iterator[Complaint]:
    """Say that letters wait or have failed."""
    since = status.waiting_since
    if since is not None and now - since > STUCK:
        yield Complaint(
            f"a letter waits since {day_and_hour(since)}",
            "`digest history` shows why; `digest retry --deferred` does not wait",
        )
    failed = status.letters.get(Outcome.FAILED, 0)
    if failed:
        yield Complaint(
            f"{failed} {plural('letter', failed)} failed within a day",
            "`digest history` shows the replies; `digest retry --failed` sends them again, but "
            "none to suppressed addresses",
        )


def source_complaint(source: SourceHealth) -> Complaint:
    """Say that a source is broken."""
    count = source.failures
    runs = "the last run" if count == 1 else f"{count} runs in a row"
    success = source.last_success
    before = f"last read on {day_and_hour(success)}" if success else "never read"
    return Complaint(
        f"source {source.name} failed in {runs} ({before}): {source.reason}",
        "`digest sources` shows each; take it out of digest.yaml if it is gone for good",
    )


def day_and_hour(moment: datetime) -> str:
    """Return a moment for a sentence."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
