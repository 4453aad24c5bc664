"""How results look on a terminal and as JSON."""

import json
import sys
from collections.abc import Iterable, Sequence
from math import isfinite
from operator import methodcaller
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from digest.models import Outcome

UNFOLDED_COLUMNS = 240
NOTHING_DONE: dict[str, list[str]] = {"sources": [], "letters": [], "waiting": [], "problems": []}
GOOD, ODD, BAD, LEFT_OUT = ("✓", "green"), ("!", "yellow"), ("✗", "red"), ("–", "dim")
MARKS = {  # of sources and of letters
    **dict.fromkeys(("fresh", "quiet", "not_modified", "sent"), GOOD),
    **dict.fromkeys(("late", "partial", "deferred", "uncertain"), ODD),
    "failed": BAD,
    "skipped": LEFT_OUT,
}


def state_of(outcome: Outcome) -> str:
    """Return the state of a letter as people call it."""
    return "on the wire" if outcome is Outcome.IN_DATA else str(outcome)


def print_json(data: Any) -> None:
    """Print one JSON document, days and moments as in ISO 8601.

    A number that JSON cannot say (RFC 8259 6) is null.
    """
    told = json.dumps(
        sayable(data),
        default=methodcaller("isoformat"),
        ensure_ascii=False,
        indent=2,
        allow_nan=False,
    )
    click.echo(told)


def sayable(data: Any) -> Any:
    """Return the data with null for infinity and what is no number."""
    if isinstance(data, float) and not isfinite(data):
        return None
    if isinstance(data, dict):
        return {key: sayable(value) for key, value in data.items()}
    return list(map(sayable, data)) if isinstance(data, list | tuple) else data


class Screen(Console):
    """Stdout; whoever closes the pipe has seen enough, which rich would end with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Leave it to `digest.cli.main`."""
        raise BrokenPipeError


def console() -> Screen:
    """Return stdout as a console; honours NO_COLOR and a terminal that cannot do colours.

    What goes to a file or a pipe is not folded at the width of a terminal that is not there.
    """
    return Screen(highlight=False, width=None if sys.stdout.isatty() else UNFOLDED_COLUMNS)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print rows beneath headings; nothing in a cell is read as markup.

    On a terminal cells are folded to its width; in a file or a pipe each row is one line.
    """
    if not sys.stdout.isatty():
        print_lines([headings, *rows], title)
        return
    table = Table(
        title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(with_mark(cell), style=mark_of(cell)[1]) for cell in row))
    console().print(table)


def print_lines(rows: Sequence[Sequence[str]], title: str) -> None:
    """Print rows in columns as wide as their widest cell, without colours."""
    marked = [[" ".join(with_mark(cell).split("\n")) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*marked, strict=True)]
    lines = (
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in marked
    )
    click.echo("\n".join([title, *lines] if title else lines))


def mark_of(cell: str) -> tuple[str, str]:
    """Return the mark and the colour of a state, ("", "") for any other text."""
    return MARKS.get(cell, ("", ""))


def with_mark(cell: str) -> str:
    """Return a state with its mark, any other text as it is."""
    mark, _ = mark_of(cell)
    return f"{mark} {cell.replace('_', ' ')}" if mark else cell
