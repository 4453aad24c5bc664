"""How results look on a terminal and as JSON."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

UNFOLDED_COLUMNS = 240
MARKS = {
    "fresh": ("✓", "green"),
    "quiet": ("✓", "green"),
    "not_modified": ("✓", "green"),
    "late": ("!", "yellow"),
    "partial": ("!", "yellow"),
    "failed": ("✗", "red"),
    "sent": ("✓", "green"),
    "skipped": ("–", "dim"),
    "deferred": ("!", "yellow"),
    "uncertain": ("!", "yellow"),
}


def print_json(data: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def console() -> Console:
    """Return stdout as a console; honours NO_COLOR and a terminal that cannot do colours.

    What goes to a file or a pipe is not folded at the width of a terminal that is not there.
    """
    return Console(highlight=False, width=None if sys.stdout.isatty() else UNFOLDED_COLUMNS)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print rows beneath headings; nothing in a cell is read as markup."""
    table = Table(
        title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(marked(cell) for cell in row))
    console().print(table)


def marked(cell: str) -> Text:
    """Return a state with its mark and colour, any other text as it is."""
    mark, style = MARKS.get(cell, ("", ""))
    return Text(f"{mark} {cell}" if mark else cell, style=style)
