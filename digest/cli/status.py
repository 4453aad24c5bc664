"""`digest status`: how the installation is, what is wrong and what to do about it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from heapq import nsmallest
from pathlib import Path
from typing import Any

import click

from digest.care.wording import Complaint, complaints
from digest.cli import EXIT_FAILED
from digest.cli.history import run_cells
from digest.cli.output import console, print_json, print_table, state_of
from digest.cli.people import next_letters, read_everybody, suppressed
from digest.cli.session import json_option, open_state, usual_options, utc_now
from digest.config.schema import Config
from digest.state.memories import SourceHealth
from digest.state.roll import emails_of
from digest.state.status import Status, read_status

SHOWN_PEOPLE = 5


@click.command("status")
@usual_options
@json_option
def command(config_path: Path | None, as_json: bool) -> int:
    """Show the last runs, the sources, letters by state, who is due next and what is wrong.

    \b
    Examples:
      digest status                    for a person
      digest status --json             for a program
      digest status || mail ops        nothing wrong: exit code 0

    Exit codes: 0 nothing is wrong, 2 wrong configuration or no database yet, 3 something is wrong.
    """
    config, now = read_everybody(config_path), utc_now()
    with closing(open_state(config, create=False)) as database:
        status = read_status(database, now, config.source_names)
        wrong = complaints(status, now)
        silenced = suppressed(config, emails_of(config.subscribers), now)
        upcoming = next_people(config, silenced, now)
    if as_json:
        print_json(as_row(status, upcoming, wrong))
    else:
        show(status, upcoming, wrong, now)
    return EXIT_FAILED if wrong else 0


def next_people(
    config: Config, silenced: Collection[str], now: datetime
) -> list[tuple[datetime, str]]:
    """Return who but the silenced gets the next letters and when (UTC), the soonest first."""
    awaited = (
        (moment, person.email)
        for person, moment in next_letters(config, now)
        if moment and person.email not in silenced
    )
    return nsmallest(SHOWN_PEOPLE, awaited)


def as_row(
    status: Status, upcoming: Sequence[tuple[datetime, str]], wrong: Sequence[Complaint]
) -> dict[str, Any]:
    """Return everything as JSON shows it."""
    return {
        "wrong": list(map(asdict, wrong)),
        "runs": list(map(asdict, status.runs)),
        "sources": list(map(source_row, status.sources)),
        "letters_day": status.letters,
        "letters": status.kept,
        "waiting_since": status.waiting_since,
        "next": [{"at": moment, "to": email} for moment, email in upcoming],
        "papers": status.papers,
        "suppressed": status.suppressed,
        "database_bytes": status.database_bytes,
    }


def source_row(source: SourceHealth) -> dict[str, Any]:
    """Return one source as JSON shows it."""
    return {
        "name": source.name,
        "state": source.state,
        "papers": source.papers,
        "new": source.new,
        "reason": source.reason,
        "last_success": source.last_success,
        "failures": source.failures,
    }


def show(
    status: Status,
    upcoming: Sequence[tuple[datetime, str]],
    wrong: Sequence[Complaint],
    now: datetime,
) -> None:
    """Print everything for a person, what is wrong first."""
    out = console()
    for one in wrong:
        out.print(f"✗ {one.what}", style="red", markup=False)
        out.print(f"  {one.mend}", markup=False)
    if not wrong:
        out.print("✓ nothing is wrong", style="green")
    for title, headings, rows in tables(status, upcoming, now):
        if rows:
            out.print()
            print_table(headings, rows, title)
    out.print(f"\n{last_line(status)}", markup=False)


def tables(
    status: Status, upcoming: Sequence[tuple[datetime, str]], now: datetime
) -> Iterator[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]]:
    """Yield title, headings and rows of each table."""
    yield "Last runs", ("Began", "Exit", "What"), [run_cells(run) for run in status.runs]
    sources = [source_cells(source) for source in status.sources]
    yield "Sources", ("Name", "State", "New", "Last success", ""), sources
    names = dict.fromkeys([*status.letters, *status.kept])
    letters = [
        (state_of(name), str(status.letters.get(name, 0)), str(status.kept.get(name, 0)))
        for name in names
    ]
    yield "Letters", ("State", "Within a day", "All"), letters
    nexts = [
        (f"{moment:%a %Y-%m-%d %H:%M}" if moment > now else "by the next run", email)
        for moment, email in upcoming
    ]
    yield "Next letters", ("When (UTC)", "To"), nexts


def source_cells(source: SourceHealth) -> tuple[str, ...]:
    """Return one source as a table shows it."""
    last = f"{source.last_success:%Y-%m-%d %H:%M}" if source.last_success else "never"
    return source.name, source.state, str(source.new), last, source.reason


def last_line(status: Status) -> str:
    """Return the figures that need no table."""
    parts = [f"{status.papers} papers"]
    if status.database_bytes:
        parts.append(f"{status.database_bytes / 1e6:.1f} MB")
    reasons = [f"{count} {reason}" for reason, count in sorted(status.suppressed.items())]
    if reasons:
        parts.append(f"suppressed: {', '.join(reasons)}")
    return ", ".join(parts)
