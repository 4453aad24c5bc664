"""`digest run`: one pass for whoever is due."""

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.care.pings import ping_about
from digest.cli import EXIT_FAILED, say_wrong
from digest.cli.people import chosen_subscribers, tell_suppressed, with_everybody
from digest.cli.session import (
    clock_on,
    day_option,
    json_option,
    on_terminal,
    open_state,
    read_config,
    usual_options,
    utc_now,
)
from digest.config.schema import Config
from digest.models import Due, Subscriber
from digest.schedule import (
    due_edition,
    due_editions,
    edition_now,
    edition_on,
    local_date,
    newest_due_date,
    next_moment,
)
from digest.state.dues import Choose, DueList, due_emails
from digest.state.glance import Habit, glance, is_recent
from digest.state.roll import somebody_with

if TYPE_CHECKING:
    from digest.state.database import Database
    from digest.state.waiting import Waiting

log = logging.getLogger(__name__)

YEARS = range(1991, 2100)  # arXiv began in 1991
REMEMBERED = timedelta(days=30)  # whoever had no letter for so long is somebody new


@click.command("run")
@usual_options
@json_option
@click.option("--dry-run", is_flag=True, help="Show who would get what; send and remember nothing.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this subscriber; repeatable.")
@day_option
@click.option(
    "--now", "at_once", is_flag=True, help="Serve today's edition whatever the hour and the day."
)
def command(
    config_path: Path | None,
    as_json: bool,
    dry_run: bool,
    only: tuple[str, ...],
    day: date | None,
    at_once: bool,
) -> int:
    """Collect new papers, choose each due subscriber's best and send the letters; then exit.

    Running it again sends nothing twice. On success it prints nothing when called from cron.

    \b
    Examples:
      digest run                       serve whoever is due
      digest run --now --only ada      Ada's letter of today, at once
      digest run --dry-run             what would be sent

    Exit codes: 0 done, 2 wrong configuration, 3 a source or a letter failed, 75 another run is
    under way, 143 stopped by SIGTERM.
    """
    written = read_config(config_path)
    if day and day.year not in YEARS:
        raise click.UsageError(f"--date {day:%Y-%m-%d} is no day that papers appear on.")
    clock = clock_on(day)
    hurried = dry_run or at_once or only
    if not hurried and is_idle(written, clock()):
        return tell_idle(written, clock(), as_json=as_json)
    config = with_everybody(written)
    people = chosen_subscribers(config, only)
    if only and not dry_run:  # a rehearsal says it of everybody
        tell_silent(config, people, clock())
    if dry_run:
        from digest.cli.rehearsal import rehearse

        return rehearse(config, people, clock, as_json=as_json, at_once=at_once)
    with closing(open_state(config)) as database, database.lock():
        now = clock()
        due = who_is_due(database, config, people, now, at_once=at_once)
        idle = nothing_to_do(database, now)  # in this order: who is due need not be known yet
        patient = not hurried and not on_terminal()  # a person has perhaps mended the source
        if idle and not due:
            return tell_idle(config, now, as_json=as_json, at_once=at_once)
        waiting = waiting_for_all(database, due, now) if idle and patient else None
        if waiting is not None:
            return tell_waiting_still(config, waiting, as_json=as_json)
        told = word_on_day(day, config.keep_days) if day else ""
        if told and due:  # in this order: who is due is looked up while others get ready
            say_wrong(f"{told}; --dry-run only shows them")
        from digest.cli.passing import run_and_tell

        return run_and_tell(config, database, due, clock, as_json=as_json, by_hand=bool(hurried))


def word_on_day(day: date, keep_days: int) -> str:
    """Return what becomes of letters of a day to come, or too long ago to be kept; "" of others."""
    ahead = (day - utc_now().date()).days
    if -keep_days < ahead <= 0:
        return ""
    fate = "not once more on that day" if ahead > 0 else f"are forgotten (keep_days: {keep_days})"
    return f"letters of {day:%Y-%m-%d} go out now, and {fate}"


def tell_silent(config: Config, people: Sequence[Subscriber], now: datetime) -> None:
    """Say of whoever was named why they get no letter: they have paused, or are suppressed."""
    tell_suppressed(config, people, now)
    for person in people:
        if person.is_paused(local_date(person, now)):
            resume = f"`digest subscribers resume {person.email}`"
            click.echo(f"{person.email} has paused and gets no letter; {resume}", err=True)


def who_is_due(
    database: "Database",
    config: Config,
    people: Sequence[Subscriber],
    now: datetime,
    *,
    at_once: bool,
) -> Sequence[Due]:
    """Return the editions to make now; they are looked up when they are asked for."""
    from digest.state.calendar import is_clock_trusted, missed_letters

    lateness = config.delivery.max_lateness
    trusted = is_clock_trusted(database, now)  # asked before this run stands in the diary

    def chooser() -> Choose:
        lasts = newest_editions(database, people, now, trusted=trusted)
        missed = missed_letters(database, list(lasts), now)

        def choose(one: Subscriber) -> Due | None:
            last = lasts.get(one.email)
            due = edition_now(one, now, last) if at_once else due_edition(one, now, last, lateness)
            if due is not None and one.email in missed:
                return edition_on(one, due.date, missed[one.email])
            return due

        return choose

    return DueList(people, chooser)


def newest_editions(
    database: "Database", people: Sequence[Subscriber], now: datetime, *, trusted: bool
) -> dict[str, date]:
    """Return by address the local date of the newest edition, of a later day than today: today.

    An address counts as the same in any case of letters.

    Args:
        trusted: the clock is right, whatever clocks said before: what was made for later days does
            not stand in the way of today's letter.
    """
    from digest.state.calendar import last_dates
    from digest.state.spelling import follow_spellings

    by_day: dict[date, list[str]] = {}
    for person in people:
        by_day.setdefault(local_date(person, now), []).append(person.email)
    lasts: dict[str, date] = {}
    for day, emails in by_day.items():
        found = last_dates(database, emails, until=day if trusted else None)
        new = [email for email in emails if email not in found]
        respelled = follow_spellings(database, new, since=day - REMEMBERED)
        found |= last_dates(database, list(respelled), until=day if trusted else None)
        lasts |= {email: min(last, day) for email, last in found.items()}
    return lasts


def is_idle(config: Config, now: datetime) -> bool:
    """Tell, from one quick look, that there is nothing to do; False where that is not certain.

    Args:
        config: as it is written; those who live in the database are looked for there.
    """
    people = config.subscribers
    seen = glance(config.state, now, [person.email for person in people])
    if seen is None or seen.busy:
        return False
    lateness = config.delivery.max_lateness
    due = due_editions(people, now, last_dates=seen.last_dates, max_lateness=lateness)
    if any(is_ahead(person, seen.last_dates.get(person.email), now) for person in people):
        return False
    return next(due, None) is None and not any(
        may_be_due(one, now, lateness) for one in seen.habits
    )


def is_ahead(person: Subscriber, last: date | None, now: datetime) -> bool:
    """Tell whether somebody's newest edition is of a day that has not begun where they are."""
    return last is not None and last > local_date(person, now)


def may_be_due(habit: Habit, now: datetime, lateness: timedelta) -> bool:
    """Tell whether anybody with these habits waits for a letter."""
    somebody = somebody_with(habit.wishes)
    day = newest_due_date(somebody, now, lateness)
    if is_ahead(somebody, habit.newest, now):
        return True
    return day is not None and (habit.oldest is None or habit.oldest < day)


def nothing_to_do(database: "Database", now: datetime) -> bool:
    """Tell whether no letter is unfinished and the sources were read lately."""
    from digest.state.calendar import collected_at, has_open_letters

    return is_recent(collected_at(database), now) and not has_open_letters(database, now)


def waiting_for_all(database: "Database", due: Sequence[Due], now: datetime) -> "Waiting | None":
    """Return how the last run ended, where whoever is due waits for a source since then."""
    from digest.state.waiting import load_waiting

    waiting = load_waiting(database)
    return waiting if waiting is not None and waiting.covers(due_emails(due), now) else None


def tell_waiting_still(config: Config, waiting: "Waiting", *, as_json: bool) -> int:
    """Say, to programs alone, that a source is still broken; it is not asked yet."""
    ping_about(config, "fail")
    log.info("run event=waiting readers=%d", len(waiting.emails))
    if as_json:
        from digest.cli.output import NOTHING_DONE, print_json

        told = {"waiting": waiting.emails, "problems": waiting.complaints}
        print_json({**NOTHING_DONE, **told})
    return EXIT_FAILED


def tell_idle(config: Config, now: datetime, *, as_json: bool, at_once: bool = False) -> int:
    """Say, to whoever waits for it, that there is nothing to do."""
    ping_about(config)
    log.info("run event=idle")
    if as_json:
        from digest.cli.output import NOTHING_DONE, print_json

        print_json(NOTHING_DONE)
    elif on_terminal() and at_once:
        click.echo("Today's letters are made already; `digest history` shows what became of them.")
    elif on_terminal():
        people = with_everybody(config).subscribers
        moments = [moment for person in people if (moment := next_moment(person, now))]
        then = f"the next letter is due {min(moments):%A %H:%M} UTC" if moments else "all paused"
        click.echo(f"Nobody is due now; {then}. `digest run --now` does not wait.")
    return 0
