"""Reads the subscribers that live in the database, without SQLAlchemy where that is SQLite.

Every command that names people reads them, also the idle `digest run` of `digest.state.glance`.
A database that is not there yet, or is older than the table, holds nobody.
"""

import json
import sqlite3
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import TypeVar, overload

from pydantic import TypeAdapter, ValidationError

from digest.errors import StateError
from digest.models import Subscriber
from digest.state.glance import file_of

ROWS = "select email, body from subscribers order by email"
Item = TypeVar("Item")

PARSED_TOGETHER = 1_000  # one list is read faster than its members
HELD_PEOPLE = 10_000  # as objects some 20 MB; a run looks at everybody three times
HAS_TABLE = "select 1 from sqlite_master where type = 'table' and name = 'subscribers'"


class Lazy(Sequence[Item], ABC):
    """A sequence whose items are made each time they are asked for."""

    @abstractmethod
    def some(self, places: Sequence[int]) -> Sequence[Item]:
        """Return the items at places that exist, counted from 0."""

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        found = range(len(self))[place]
        return self.some([found])[0] if isinstance(found, int) else list(self.some(found))


class Roll(Lazy[Subscriber]):
    """People of whom those of a database are read from their rows each time they are asked for.

    As objects a hundred thousand of them would take 200 MB. Their rows are one stretch of bytes,
    which processes forked from this one share, too. Iterating reads them all anew, but for a few
    thousand: these are held from then on.

    Args:
        name: of the database.
        rows: (address, JSON) of each who lives there; neither holds a tab.
        written: who stands in the YAML; they come first.

    Raises:
        StateError: when a damaged row is asked for.
    """

    def __init__(
        self, name: str, rows: Iterable[tuple[str, str]] = (), written: Sequence[Subscriber] = ()
    ) -> None:
        self.name, self.written = name, tuple(written)
        kept, self._ends = bytearray(), array("Q", [0])
        for row in rows:
            kept += "\t".join(row).encode()
            self._ends.append(len(kept))
        self._rows = bytes(kept)
        self._held: tuple[Subscriber, ...] = ()

    def __len__(self) -> int:
        return len(self.written) + len(self._ends) - 1

    def some(self, places: Sequence[int]) -> Sequence[Subscriber]:
        """Return some people; their rows are read together."""
        here = len(self.written)
        rows = [place - here for place in places if place >= here]
        if self._held:
            living = iter([self._held[row] for row in rows])
        else:
            living = iter(self._people([self._row(row) for row in rows]))
        return [self.written[place] if place < here else next(living) for place in places]

    def __iter__(self) -> Iterator[Subscriber]:
        yield from self.written
        count = len(self._ends) - 1
        if count <= HELD_PEOPLE:
            self._held = self._held or self._people(list(self.rows))
            yield from self._held
            return
        for first in range(0, count, PARSED_TOGETHER):
            some = range(first, min(count, first + PARSED_TOGETHER))
            yield from self._people([self._row(at) for at in some])

    def _people(self, rows: Sequence[tuple[str, str]]) -> tuple[Subscriber, ...]:
        found = parsed(self.name, [body for _, body in rows])
        if [person.email for person in found] != [email for email, _ in rows]:
            raise damaged(self.name, "it is another's than its address says")
        return found

    def _row(self, at: int) -> tuple[str, str]:
        email, _, body = self._rows[self._ends[at] : self._ends[at + 1]].decode().partition("\t")
        return email, body

    @property
    def rows(self) -> Iterator[tuple[str, str]]:
        """The rows of those who live in the database."""
        return map(self._row, range(len(self._ends) - 1))

    def email(self, place: int) -> str:
        """Return somebody's address without reading the rest of their row."""
        at = place - len(self.written)
        return self.written[place].email if at < 0 else self._row(at)[0]

    def after(self, written: Sequence[Subscriber]) -> "Roll":
        """Return the people of the YAML and after them who lives here and is none of them."""
        known = {person.email.casefold() for person in written}
        return Roll(self.name, (r for r in self.rows if r[0].casefold() not in known), written)


def email_at(people: Sequence[Subscriber], place: int) -> str:
    """Return somebody's address, wherever they live."""
    return people.email(place) if isinstance(people, Roll) else people[place].email


def emails_of(people: Sequence[Subscriber]) -> Iterator[str]:
    """Yield everybody's address."""
    return (email_at(people, place) for place in range(len(people)))


def person_of(people: Iterable[Subscriber], email: str) -> Subscriber | None:
    """Return who has that address, in any case of letters; None: nobody has."""
    wanted = email.casefold()
    return next((person for person in people if person.email.casefold() == wanted), None)


def read_roll(url: str) -> Roll:
    """Return everybody who lives in the database of that SQLAlchemy URL, by address.

    Raises:
        StateError: the database cannot be read.
    """
    path = file_of(url)
    if path is None:
        from digest.state.advice import hide_password
        from digest.state.subscribers import people_rows

        return Roll(hide_password(url), people_rows(url))
    if not path.is_file():
        return Roll(str(path))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            known = found.execute(HAS_TABLE).fetchone()
            return Roll(str(path), found.execute(ROWS) if known else ())
    except sqlite3.Error as error:
        from digest.state.advice import sqlite_advice  # beside SQLAlchemy, which is slow to load

        what = f"its subscribers cannot be read: {error}"
        raise StateError(str(path), sqlite_advice(error) or what) from error


def somebody_with(wishes: Mapping[str, object]) -> Subscriber:
    """Return a nameless subscriber who has these fields, as JSON writes them."""
    return parsed("habits", [json.dumps({"email": "", **wishes})])[0]


@cache
def people_type() -> TypeAdapter[tuple[Subscriber, ...]]:
    """Return what reads people; made only where there are any, as it takes a twentieth second."""
    return TypeAdapter(tuple[Subscriber, ...])


def parsed(name: str, rows: Sequence[str]) -> tuple[Subscriber, ...]:
    """Return the subscribers of these rows."""
    try:
        return people_type().validate_json(f"[{','.join(rows)}]") if rows else ()
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise damaged(name, what) from error


def damaged(name: str, what: str) -> StateError:
    """Return what to say of a row that cannot be used."""
    reason = f"a row of its subscribers is damaged ({what}); `digest restore` takes a backup"
    return StateError(name, reason)
