"""Subscribers as CSV, for spreadsheets and other programs: read with all mistakes, and written.

Columns have the names of the YAML's keys. `interests` holds several divided by `;`, and the
keywords of one divided by `|`; `days` are divided by blanks, `,` or `;`. What else an interest may
say (likes, authors, weight ...) has no place in a cell and stays out of an export.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from digest.config.addresses import as_kept
from digest.config.expansion import escaped
from digest.config.fields import DAYS
from digest.config.loading import NO_TEXTS, Reading, collector_paused, read_files
from digest.config.nodes import Mapping as Row
from digest.config.nodes import Node, Scalar, Sequence
from digest.config.problems import Problems
from digest.config.reading import Refused, decoded, read_bytes
from digest.config.schema import Habits, SubscriberEntry, SubscribersFile
from digest.config.subscribers import People, build_subscribers
from digest.errors import ConfigError, Problem
from digest.models import Interest, Subscriber
from digest.sheets import SheetError, read_sheet

Table = list[tuple[Row, dict[str, Any]]]  # rows, and what each says in the words of the YAML

COLUMNS = ("email", "name", *(name for name in Habits.model_fields if name != "paused"))


def read_table(source: Path) -> Table:
    """Return the rows of a CSV file, each with its entry in the words of the YAML.

    Raises:
        ConfigError: With every mistake, by line and column of the table.
    """
    try:
        header, lines = read_sheet(text_of(source))
    except SheetError as error:
        raise ConfigError((Problem(source, error.line, 1, "", str(error)),)) from error
    rows = [row_of(header, cells, line) for line, cells in lines]
    if not set(header) & SubscriberEntry.model_fields.keys():
        known = f"no column that is known ({', '.join(COLUMNS)}, group)"
        raise ConfigError.of(source, f"is no table of people: its first line names {known}")
    problems = Problems()
    reading = Reading(source.absolute().parent, {}, NO_TEXTS, problems)
    entries = [(row, reading.fit(source, row, SubscriberEntry)[1]) for row in rows]
    problems.found[:] = told_once(problems.found)
    if problems.found:
        raise problems.error()
    return [(row, entry) for row, entry in entries if entry]


def text_of(source: Path) -> str:
    """Return the text of a table.

    Raises:
        ConfigError: it cannot be read, or is no text.
    """
    try:
        return decoded(read_bytes(source))
    except Refused as refusal:
        problems = Problems()
        problems.add(source, refusal.place, (), str(refusal))
        raise problems.error() from refusal


def told_once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield what is wrong; of a column that nobody knows only the first cell is told."""
    known: set[tuple[int, str]] = set()
    for problem in problems:
        column = (problem.column, problem.message)
        if not problem.message.startswith("unknown key") or column not in known:
            yield problem
        known.add(column)


def row_of(header: list[str], cells: list[str], line: int) -> Row:
    """Return one row as a mapping of the header's keys, its columns counted from 1.

    Empty cells are left out; one without a heading is an unknown key.
    """
    entries = {}
    names = [
        *header,
        *(f"cell {n + 1}, beyond the headings" for n in range(len(header), len(cells))),
    ]
    for column, (name, cell) in enumerate(zip(names, cells, strict=False), start=1):
        if cell.strip():
            key = Scalar(1 if column <= len(header) else line, column, name, plain=False)
            entries[name] = (key, cell_node(name, Scalar(line, column, cell.strip(), plain=False)))
    return Row(line, 1, entries, len(entries))


def cell_node(name: str, cell: Scalar) -> Node:
    """Return what a cell stands for."""
    if name == "days":
        return listed(cell, re.findall(r"[^\s,;]+", cell.text))
    if name != "interests":
        return cell._replace(text=escaped(cell.text))
    return Sequence(
        cell.line,
        cell.column,
        [interest_node(cell, part) for part in cell.text.split(";") if part.strip()],
        0,
    )


def interest_node(cell: Scalar, text: str) -> Row:
    """Return an interest made of its keywords."""
    words = text.split("|") if "|" in text else re.split(r",\s+", text)  # as in YAML
    keywords = listed(cell, [word.strip() for word in words if word.strip()])
    return Row(cell.line, cell.column, {"keywords": (cell, keywords)}, 1)


def listed(cell: Scalar, words: Iterable[str]) -> Sequence:
    """Return several texts that stand in one cell."""
    return Sequence(
        cell.line, cell.column, [cell._replace(text=escaped(word)) for word in words], 0
    )


def people_of_csv(
    config: Path, environ: Mapping[str, str], source: Path
) -> tuple[tuple[Subscriber, ...], list[dict[str, Any]], int]:
    """Return the people of a CSV file as if they stood in the first subscribers file.

    That is with its defaults and with all groups, written out: what changes in the YAML later
    does not reach them.

    Returns:
        Those who stand in no subscribers file, their entries for one, and how many were left out
        because they do.

    Raises:
        ConfigError: With every mistake of the CSV file, or of the configuration.
    """
    table = read_table(source)
    reading = Reading(config.absolute().parent, environ, NO_TEXTS, Problems())
    with collector_paused():
        common, files = read_files(config, reading)
        there = build_subscribers(common, files, reading.problems)[1]
        if reading.problems.found:
            raise reading.problems.error()
        new = [
            (row, entry) for row, entry in table if as_kept(entry["email"]).casefold() not in there
        ]
        everybody = [*files, as_file(source, new, files)]  # those of the table last
        found = build_subscribers(common, everybody, reading.problems)[0]
        if reading.problems.found:
            raise reading.problems.error()
    return found[len(there) :], [entry for _, entry in new], len(table) - len(new)


def as_file(source: Path, table: Table, files: list[People]) -> People:
    """Return a table as a subscribers file that shares the defaults of the first real one."""
    first = files[0].file if files else None
    file = SubscribersFile(
        defaults=first.defaults if first else Habits(),
        subscribers=tuple(SubscriberEntry.model_validate(entry) for _, entry in table),
    )
    rows = Sequence(1, 1, [row for row, _ in table], len(table))
    key = Scalar(1, 1, "subscribers", plain=True)
    return People(source, Row(1, 1, {"subscribers": (key, rows)}, 1), file)


def csv_text(subscribers: Iterable[Subscriber]) -> str:
    """Return subscribers as CSV (RFC 4180), everything inherited written out."""
    target = StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    writer.writerows(map(cells_of, subscribers))
    return target.getvalue()


def cells_of(person: Subscriber) -> tuple[object, ...]:
    """Return the cells of one subscriber in the order of COLUMNS."""
    written = {
        "send_at": person.send_at.isoformat("minutes"),
        "days": " ".join(DAYS[day] for day in sorted(person.days)),
        "paused_until": person.paused_until or "",
        "interests": "; ".join(map(interest_cell, person.interests)),
    }
    return tuple(written.get(name, getattr(person, name)) for name in COLUMNS)


def interest_cell(interest: Interest) -> str:
    """Return an interest as its keywords, or its name where it has none."""
    cell = "|".join(interest.keywords or (interest.name,))
    return f"{cell}|" if ", " in cell and "|" not in cell else cell


def says_more(interest: Interest) -> bool:
    """Tell whether an interest says anything that its cell does not."""
    bare = Interest(interest.name, interest.keywords)
    return not interest.keywords or interest != bare
