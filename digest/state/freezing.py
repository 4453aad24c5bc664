"""Keeps editions as JSON; their papers lie once in the snapshots, named by their content.

A body is `[edition without picks, sections, trending]`; a pick is a row of values in the order of
its fields. Reading and writing by hand takes a fifth of the time of a general codec, and both are
done for every letter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from pydantic_core import from_json, to_json

from digest.models import Edition, Paper, Pick, Reason, Section
from digest.state.codec import REPORTS, dump_paper, load_paper

Row = list[Any]

PICKS = ("sections", "trending")
DEFAULTS = {field.name: field.default for field in fields(Edition) if field.name not in PICKS}
READ: dict[str, Callable[[Any], Any]] = {  # what JSON does not bring back by itself
    "date": date.fromisoformat,
    "made_at": datetime.fromisoformat,
    "since": date.fromisoformat,
    "reports": REPORTS.validate_python,
}


class Freezer:
    """Turns editions into JSON; remembers the papers it has met since they were last taken."""

    def __init__(self) -> None:
        self._snapshots: dict[str, str] = {}  # hash -> body
        self._names: dict[int, tuple[Paper, str]] = {}  # by identity; holds the paper alive

    def freeze(self, edition: Edition) -> str:
        """Return the edition's JSON, in which papers are named by their hash."""
        values = ((name, getattr(edition, name), usual) for name, usual in DEFAULTS.items())
        shell = {name: value for name, value, usual in values if value != usual}
        sections = [[section.title, self._rows(section.picks)] for section in edition.sections]
        return to_json([shell, sections, self._rows(edition.trending)]).decode()

    def take_snapshots(self) -> dict[str, str]:
        """Return hash -> body of every paper met since the last call, and start afresh."""
        taken, self._snapshots, self._names = self._snapshots, {}, {}
        return taken

    def _rows(self, picks: Iterable[Pick]) -> list[Row]:
        return [
            [self._name(paper), interest, float(score), list(map(tuple, reasons))]
            for paper, interest, score, reasons in picks
        ]

    def _name(self, paper: Paper) -> str:
        known = self._names.get(id(paper))
        if known is not None:
            return known[1]
        body = dump_paper(paper)
        name = blake2b(body.encode(), digest_size=16).hexdigest()
        self._snapshots[name] = body
        self._names[id(paper)] = (paper, name)
        return name


class Frozen:
    """A body that was read, and whose papers are still to be found.

    Raises:
        ValueError: it is not what `Freezer.freeze` writes.
    """

    def __init__(self, body: str) -> None:
        self.shell, self.sections, self.trending = from_json(body)

    def names(self) -> Iterator[str]:
        """Yield the hashes of the papers."""
        for _title, rows in self.sections:
            yield from (row[0] for row in rows)
        yield from (row[0] for row in self.trending)

    def thaw(self, papers: Mapping[str, Paper]) -> Edition:
        """Return the edition.

        Raises:
            KeyError: a paper is missing.
            ValueError, TypeError: the body is damaged.
        """
        sections = tuple(Section(title, picks_of(rows, papers)) for title, rows in self.sections)
        shell = {name: READ.get(name, same)(value) for name, value in self.shell.items()}
        return Edition(**shell, sections=sections, trending=picks_of(self.trending, papers))


made = tuple.__new__  # half the time of Reason._make, which counts the fields of each


def same(value: Any) -> Any:
    """Return what JSON already brought back."""
    return value


def picks_of(rows: Iterable[Row], papers: Mapping[str, Paper]) -> tuple[Pick, ...]:
    """Return the picks of rows."""
    return tuple(
        [
            Pick(papers[name], interest, score, tuple([made(Reason, row) for row in reasons]))
            for name, interest, score, reasons in rows
        ]
    )


def load_snapshots(rows: Iterable[Any]) -> dict[str, Paper]:
    """Return the papers of rows of (hash, body)."""
    return {name: load_paper(body) for name, body in rows}
