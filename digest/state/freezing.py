"""Keeps editions as JSON; what several have in common lies once in the snapshots, named by content.

A body is `[edition without picks, sections, trending]`; a pick is a row of values in the order of
its fields, and names the snapshot of its paper. Of a letter that tells just what one before it
does, the body is `[edition without picks, name]`, and the snapshot `[sections, trending]`: where
people tick topics, that is a tenth of what there would be to write. Reading and writing by hand
takes a fifth of the time of a general codec, and both are done for every letter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from typing import Any

from pydantic_core import from_json, to_json

from digest.memo import Memo
from digest.models import Edition, Paper, Pick, Reason, Section
from digest.state.codec import REPORTS, dump_paper, load_paper

Row = list[Any]
Told = tuple[str, str, str, str]  # address, day, letter, papers

PICKS = ("sections", "trending")
DEFAULTS = {field.name: field.default for field in fields(Edition) if field.name not in PICKS}
VALUES = attrgetter(*DEFAULTS)
NAME_CHARACTERS = 32  # of a snapshot's name: two for each byte of its hash
PAPERS_KEPT = 20_000  # of one run
CONTENTS_KEPT = 500  # some 5 kB each
PICKS_KEPT = 2_000  # some 2 kB each: most are those of people who chose the same topic
READ: dict[str, Callable[[Any], Any]] = {  # what JSON does not bring back by itself
    "date": date.fromisoformat,
    "made_at": datetime.fromisoformat,
    "since": date.fromisoformat,
    "reports": REPORTS.validate_python,
}


@dataclass(slots=True)
class Content:
    """What a letter tells, and perhaps others like it."""

    body: str  # as JSON, papers named by their hashes
    ids: str  # of the papers, as JSON; "" where there are none
    seen: date | None  # the last day (UTC) that a paper of it was first seen on
    letters: int = 0  # that were written with it
    name: str = ""  # of its snapshot, which the second letter makes


class Freezer:
    """Turns editions into JSON; what several letters share is written once.

    Attributes:
        snapshots: hash -> body of every paper met, and of what several letters tell; whoever has
            committed them takes them out.
    """

    def __init__(self) -> None:
        self.snapshots: dict[str, str] = {}
        self._name = Memo(PAPERS_KEPT, lambda paper: self._keep(dump_paper(paper)))
        self._rows = Memo(PICKS_KEPT, self._write)
        self._content = Memo(CONTENTS_KEPT, self._tell)

    def freeze(self, edition: Edition) -> str:
        """Return the edition's JSON."""
        values = zip(DEFAULTS.items(), VALUES(edition), strict=True)
        shell = {name: value for (name, usual), value in values if value != usual}
        return f"[{plain(shell)},{self._held(self._content(edition.sections, edition.trending))}]"

    def _held(self, content: Content) -> str:
        """Return what stands in the body of a letter: the content, or its name."""
        content.letters += 1
        if content.letters == 1 or not content.ids:
            return content.body
        if not content.name:
            content.name = self._keep(f"[{content.body}]")
        return f'"{content.name}"'

    def told(self, edition: Edition) -> Told | None:
        """Return the row of `told` of a letter; None where it has no papers.

        It stands under the letter's day, or the last that a paper was first seen on: by a clock
        that was ahead or behind, a letter can be older than its papers.
        """
        content = self._content(edition.sections, edition.trending)
        day = max(edition.date, content.seen) if content.seen else edition.date
        return (edition.email, day.isoformat(), edition.id, content.ids) if content.ids else None

    def _tell(self, sections: tuple[Section, ...], trending: tuple[Pick, ...]) -> Content:
        written = [f"[{plain(one.title)},{self._rows(one.picks)}]" for one in sections]
        picks = [*chain.from_iterable(one.picks for one in sections), *trending]
        papers = [pick.paper for pick in picks]
        seen = max([paper.first_seen for paper in papers if paper.first_seen], default=None)
        return Content(
            f"[{','.join(written)}],{self._rows(trending)}",
            plain([paper.ids[0] for paper in papers]) if papers else "",
            seen.date() if seen else None,
        )

    def _write(self, picks: tuple[Pick, ...]) -> str:
        return plain(
            [
                [self._name(paper), interest, float(score), list(map(tuple, reasons))]
                for paper, interest, score, reasons in picks
            ]
        )

    def _keep(self, body: str) -> str:
        """Take a snapshot; return its name."""
        name = blake2b(body.encode(), digest_size=NAME_CHARACTERS // 2).hexdigest()
        self.snapshots[name] = body
        return name


class Frozen:
    """A body that was read, and whose snapshots are still to be found.

    Attributes:
        shared: the snapshot that says what it tells; "": it says so itself.

    Raises:
        ValueError, TypeError: it is not what `Freezer.freeze` writes.
    """

    def __init__(self, body: str) -> None:
        self.shell, *self._told = from_json(body)
        self.shared = str(self._told[0]) if len(self._told) == 1 else ""

    def open(self, shared: Mapping[str, str]) -> None:
        """Find out what it tells.

        Raises:
            KeyError: the snapshot is missing.
            IndexError, TypeError, ValueError: it or the body is damaged.
        """
        self.sections, self.trending = from_json(shared[self.shared]) if self.shared else self._told
        self.names = set(self._names())  # of its papers' snapshots

    def _names(self) -> Iterator[str]:
        for _title, rows in self.sections:
            yield from (str(row[0]) for row in rows)
        yield from (str(row[0]) for row in self.trending)

    def thaw(self, papers: Mapping[str, Paper]) -> Edition:
        """Return the edition, once it is open.

        Raises:
            KeyError: a paper is missing.
            ValueError, TypeError: the body is damaged.
        """
        sections = tuple(Section(title, picks_of(rows, papers)) for title, rows in self.sections)
        shell = {
            name: READ[name](value) if name in READ else value for name, value in self.shell.items()
        }
        return Edition(**shell, sections=sections, trending=picks_of(self.trending, papers))


def plain(value: object) -> str:
    """Return a value as compact JSON."""
    return to_json(value).decode()


made = tuple.__new__  # half the time of Reason._make, which counts the fields of each


def picks_of(rows: Iterable[Row], papers: Mapping[str, Paper]) -> tuple[Pick, ...]:
    """Return the picks of rows."""
    return tuple(
        [
            Pick(papers[name], interest, score, tuple([made(Reason, row) for row in reasons]))
            for name, interest, score, reasons in rows
        ]
    )


def load_snapshots(rows: Iterable[Any]) -> dict[str, Paper]:
    """Return the papers of rows of (hash, body); one that is damaged is as good as missing."""
    papers = {}
    for name, body in rows:
        with suppress(ValueError):
            papers[name] = load_paper(body)
    return papers
