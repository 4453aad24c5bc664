"""Prints what a run did: its sources and letters, for a person or for a program."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from digest.cli.output import console, print_json, print_table
from digest.models import Edition, SourceReport
from digest.pipeline.printing import letter_files, open_press
from digest.pipeline.run import Run, RunReport

SHOWN_LETTERS = 20  # on a terminal


def print_run(run: Run, report: RunReport, *, as_json: bool) -> None:
    """Print sources and letters."""
    letters = list(letter_rows(run, report))
    if as_json:
        print_json({"sources": source_rows(report.sources), "letters": letters})
        return
    print_sources(report.sources)
    print_letters(letters)


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


def letter_rows(run: Run, report: RunReport) -> Iterator[dict[str, Any]]:
    """Yield each letter this run made or tried, as JSON shows it."""
    tried = report.delivery.receipts if report.delivery else ()
    outbox, press = run.outbox, open_press(run.config, run.database.secret())
    files = letter_files(run.config)
    for letter_id in dict.fromkeys([*report.plan.letters, *(receipt.id for receipt in tried)]):
        edition = outbox.edition(letter_id)
        found = outbox.history(letter_id=letter_id)
        if edition is None or not found:
            continue
        subject = press.compose(edition).subject
        where = files.get(letter_id, {})
        yield letter_row(edition, str(found[0].outcome), subject, where, found[0].text)


def letter_row(
    edition: Edition, outcome: str, subject: str, files: dict[str, str], reply: str = ""
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
    for letter in letters[:SHOWN_LETTERS]:
        out.print()
        out.print(f"{letter['to']}  {letter['outcome']}", style="bold", markup=False)
        out.print(f"  {letter['subject']}", style="italic", markup=False)
        for paper in letter["papers"]:
            out.print(f"  • {paper['title']}", markup=False)
            if paper["reasons"]:
                out.print(f"    {'; '.join(paper['reasons'])}", style="dim", markup=False)
        if letter["html"]:
            out.print(f"  {letter['html']}", style="cyan", markup=False)
    if len(letters) > SHOWN_LETTERS:
        click.echo(f"and {len(letters) - SHOWN_LETTERS} more: `digest history`")
