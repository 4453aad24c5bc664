"""Prints what a run did: its sources and letters, for a person or for a program."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from digest.cli.output import console, print_json, print_table
from digest.models import Edition, SourceReport
from digest.pipeline.printing import open_press
from digest.pipeline.run import Run, RunReport
from digest.pipeline.shelving import letter_files
from digest.state.database import batches

SHOWN_LETTERS = 20  # on a terminal


def print_run(run: Run, report: RunReport, problems: Iterable[str], *, as_json: bool) -> None:
    """Print sources and letters.

    Args:
        problems: sentences, for programs; a person reads them beside it.
    """
    names = letter_names(report)
    if as_json:
        letters = list(letter_rows(run, names))
        sources = source_rows(report.sources)
        waiting = report.plan.waiting
        told = {"letters": letters, "waiting": waiting, "problems": list(problems)}
        print_json({"sources": sources, **told})
        return
    print_sources(report.sources)
    print_letters(list(letter_rows(run, names[:SHOWN_LETTERS])))
    if len(names) > SHOWN_LETTERS:
        rest = "`--json` shows all" if report.delivery is None else "`digest history`"
        click.echo(f"and {len(names) - SHOWN_LETTERS} more: {rest}")
    tell_waiting(report.plan.waiting)


def tell_waiting(emails: Sequence[str]) -> None:
    """Say who gets no letter as long as a source is missing."""
    if emails:
        more = f" and {len(emails) - SHOWN_LETTERS} more" if len(emails) > SHOWN_LETTERS else ""
        who = f"{', '.join(emails[:SHOWN_LETTERS])}{more}"
        click.echo(f"no letter yet, since a source is missing or incomplete: {who}")


def source_rows(reports: Sequence[SourceReport]) -> list[dict[str, Any]]:
    """Return the sources as JSON shows them."""
    return [
        {
            "name": report.name,
            "state": str(report.state),
            "papers": report.papers,
            "new": report.new,
            "reason": report.reason,
        }
        for report in reports
    ]


def letter_names(report: RunReport) -> list[str]:
    """Return the id of each letter this run made or tried."""
    tried = report.delivery.tried if report.delivery else ()
    return list(dict.fromkeys([*report.plan.letters, *tried]))


def letter_rows(run: Run, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield letters, given by their ids, as JSON shows them."""
    outbox, press = run.outbox, open_press(run.config, run.database.secret())
    files = letter_files(run.config)
    for batch in batches(names):
        editions, standings = outbox.editions(batch), outbox.standings(batch)
        for name in batch:
            if name in editions and name in standings:
                outcome, reply = standings[name]
                subject = press.compose(editions[name]).subject
                yield letter_row(editions[name], str(outcome), subject, files.get(name, {}), reply)


def letter_row(
    edition: Edition, outcome: str, subject: str, files: dict[str, str], reply: str
) -> dict[str, Any]:
    """Return one letter as JSON shows it; `eml` and `html` are null where no file was written."""
    return {
        "to": edition.email,
        "outcome": outcome,
        "subject": subject,
        "papers": [
            {
                "id": pick.paper.id,
                "title": pick.paper.title,
                "reasons": [reason.text for reason in pick.reasons],
                "interest": pick.interest,
            }
            for pick in edition.picks
        ],
        "eml": files.get("eml"),
        "html": files.get("html"),
        "reply": reply,
    }


def print_sources(reports: Sequence[SourceReport]) -> None:
    """Print a line for each source."""
    rows = [
        (report.name, str(report.state), str(report.papers), str(report.new), report.reason)
        for report in reports
    ]
    print_table(("Source", "State", "Papers", "New", ""), rows)


def print_letters(letters: Sequence[dict[str, Any]]) -> None:
    """Print each letter with its papers and the reasons they were picked."""
    out = console()
    for letter in letters:
        out.print()
        why = f": {letter['reply']}" if letter["reply"] and letter["outcome"] != "sent" else ""
        out.print(f"{letter['to']}  {letter['outcome']}{why}", style="bold", markup=False)
        out.print(f"  {letter['subject']}", style="italic", markup=False)
        for paper in letter["papers"]:
            out.print(f"  • {paper['title']}", markup=False)
            if paper["reasons"]:
                out.print(f"    {'; '.join(paper['reasons'])}", style="dim", markup=False)
        if letter["html"]:
            out.print(f"  {letter['html']}", style="cyan", markup=False)
