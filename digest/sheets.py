"""Reads tables as spreadsheets write them; knows nothing of what their columns mean."""

import csv
from io import StringIO
from typing import NamedTuple

DELIMITERS = "\t;,"  # the first that stands in the header; German spreadsheets write semicolons


class Sheet(NamedTuple):
    """A table with its headings."""

    header: list[str]  # without spaces around, in lower case
    rows: list[tuple[int, list[str]]]  # the line of the file that each ends on, and its cells


def read_sheet(text: str) -> Sheet:
    """Part a CSV text (RFC 4180) into cells; rows of nothing but empty cells are left out.

    Raises:
        csv.Error: it is no CSV.
    """
    first = text.partition("\n")[0]
    delimiter = next((sign for sign in DELIMITERS if sign in first), ",")
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader, [])]
    return Sheet(header, [(reader.line_num, cells) for cells in reader if any(cells)])
