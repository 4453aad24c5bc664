"""`digest history`: what happened to every edition and letter."""

import re
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from digest.cli import EXIT_TERMINATED
from digest.cli.letters import tell_waiting
from digest.cli.output import print_json, print_table, state_of
from digest.cli.people import find_one, read_everybody
from digest.cli.session import a_day, json_option, open_state, usual_options
from digest.config.addresses import as_kept
from digest.config.schema import Config
from digest.rendering.filters import plural
from digest.state.database import Database
from digest.state.ledger import Ledger, LetterHistory
from digest.state.runs import RunRecord, last_runs
from digest.state.waiting import load_waiting

DAY = re.compile(r"\d{4}-\d\d?-\d\d?")
SHOWN_RUNS = 5
RUNS_A_DAY = 2_000  # where cron calls every minute
WITHOUT_COUNTS: dict[int | None, str] = {0: "nothing to do", EXIT_TERMINATED: "stopped"}


@click.command("history")
@click.argument("subject", required=False, metavar="[NAME|DATE|LETTER]")
@usual_options
@json_option
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="How many letters at most.",
)
def command(subject: str | None, config_path: Path | None, as_json: bool, limit: int) -> None:
    """Show what became of the letters, newest first, with every attempt's reply.

    \b
    Examples:
      digest history                    the newest letters and runs
      digest history ada@example.org    one subscriber's
      digest history 2026-11-23         one day's
    """
    config = read_everybody(config_path)
    question = wanted(config, subject)
    with closing(open_state(config, create=False)) as database:
        letters = Ledger(database).history(**question, limit=limit)
        runs = runs_of(database, question)
        waiting = load_waiting(database)
    if as_json:
        print_json({"runs": list(map(asdict, runs)), "letters": list(map(row, letters))})
        return
    if runs:
        print_table(("Run", "Exit", "What"), [run_cells(run) for run in runs])
        click.echo()
    if waiting is not None and question.get("email", "") in waiting.emails:
        tell_waiting([question["email"]])
    if not letters:
        click.echo(f"There are no letters {'of ' + subject if subject else 'yet'}.")
        return
    print_table(("Date", "To", "State", "Reply", "Letter"), list(cells(letters, bool(subject))))


def runs_of(database: Database, question: dict[str, Any]) -> list[RunRecord]:
    """Return the newest runs, those of the day (UTC) that is asked for, or none of a person's."""
    if not question:
        return last_runs(database, SHOWN_RUNS)
    if "day" not in question:
        return []
    runs = last_runs(database, RUNS_A_DAY)
    return [one for one in runs if one.started.date() == question["day"]]


def wanted(config: Config, subject: str | None) -> dict[str, Any]:
    """Say what a person means: a date, a letter's id, or a subscriber known or gone."""
    if subject is None:
        return {}
    if DAY.fullmatch(subject):
        return {"day": a_day(subject)}
    if len(subject) == 24 and set(subject) <= set("0123456789abcdef"):
        return {"letter_id": subject}
    if "@" in subject[:-1]:  # `ada@` is short for an address
        return {"email": as_kept(subject)}
    return {"email": find_one(config, subject).email}


def row(letter: LetterHistory) -> dict[str, Any]:
    """Return one letter as JSON shows it."""
    return {
        "id": letter.id,
        "date": letter.date,
        "slot": letter.slot,
        "to": letter.email,
        "outcome": letter.outcome,
        "code": letter.code,
        "reply": letter.text,
        "made_at": letter.made_at,
        "next_try": letter.next_try,
        "attempts": [
            {
                "at": attempt.at,
                "outcome": attempt.outcome,
                "code": attempt.code,
                "reply": attempt.text,
            }
            for attempt in letter.attempts
        ],
        "returns": list(map(asdict, letter.returns)),
    }


def run_cells(run: RunRecord) -> tuple[str, str, str]:
    """Return one run as a table shows it."""
    counts = ", ".join(told(count, name) for name, count in run.summary.items())
    unended = "under way" if run.under_way else "killed"
    code = unended if run.exit_code is None else str(run.exit_code)
    what = counts or run.reason or WITHOUT_COUNTS.get(run.exit_code, "")
    return f"{run.started:%Y-%m-%d %H:%M} UTC", code, what


def told(count: int, name: str) -> str:
    """Say how many sources or letters came to what: 2 sources failed."""
    noun, _, state = name.partition(" ")
    if not state:  # readers whose letter a broken source may yet fill
        return f"{count} {plural('reader', count)} {noun} for a source"
    return f"{count} {plural(noun, count)} {state.replace('_', ' ')}"


def cells(letters: list[LetterHistory], every_attempt: bool) -> list[tuple[str, ...]]:
    """Return letters as a table shows them, each attempt on a line of its own where wanted."""
    lines: list[tuple[str, ...]] = []
    for letter in letters:
        reply = f"{letter.code or ''} {letter.text}".strip()
        if letter.next_try:
            reply += f" (next try {letter.next_try:%Y-%m-%d %H:%M} UTC)"
        lines.append(
            (letter.date.isoformat(), letter.email, state_of(letter.outcome), reply, letter.id)
        )
        for attempt in letter.attempts if every_attempt else ():
            when = f"{attempt.at:%H:%M:%S} UTC" if attempt.at else ""
            answer = f"{attempt.code or ''} {attempt.text}".strip()
            lines.append(("", when, f"  {state_of(attempt.outcome)}", answer, ""))
        for came in letter.returns:
            when = f"{came.at:%Y-%m-%d %H:%M} UTC"
            lines.append(("", when, f"  came back ({came.kind})", came.detail, ""))
    return lines
