"""Reads tables as spreadsheets write them; knows nothing of what their columns mean."""

import csv
import re
from io import StringIO
from typing import NamedTuple

DELIMITERS = "\t;,"  # the first that stands in the header; German spreadsheets write semicolons
LINE_END = re.compile("\r\n|\r|\n")
QUOTED = re.compile('"[^"]*"')
ALSO_CALLED = {"e-mail": "email", "mail": "email"}


class SheetError(ValueError):
    """A text that is no table.

    Attributes:
        line: of the file, counted from 1.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class Sheet(NamedTuple):
    """A table with its headings."""

    header: list[str]  # in lower case, without spaces around
    rows: list[tuple[int, list[str]]]  # the line of the file that each ends on, and its cells


def read_sheet(text: str) -> Sheet:
    """Part a CSV text (RFC 4180) into cells; rows of nothing but empty cells are left out.

    Raises:
        SheetError: it is no CSV, or two columns have the same heading.
    """
    first = QUOTED.sub("", LINE_END.split(text.lstrip("\r\n"), maxsplit=1)[0])
    delimiter = next((sign for sign in DELIMITERS if sign in first), ",")
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [heading(name) for name in next(filter(any, reader), [])]
        rows = [(reader.line_num, cells) for cells in reader if any(cells)]
    except csv.Error as error:
        raise SheetError(reader.line_num, f"is not CSV: {error}") from error
    twice = next((name for name in filter(None, header) if header.count(name) > 1), None)
    if twice is not None:
        raise SheetError(1, f"two columns are called {twice!r}")
    return Sheet(header, rows)


def heading(text: str) -> str:
    """Return the name of a column as programs write it."""
    name = text.strip().lower()
    return ALSO_CALLED.get(name, name)
