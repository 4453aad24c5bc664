"""Reads the subscribers that live in the database, without SQLAlchemy where that is SQLite.

Every command that names people reads them, also the idle `digest run` of `digest.state.glance`.
A database that is not there yet, or is older than the table, holds nobody.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from digest.errors import StateError
from digest.models import Subscriber
from digest.state.glance import SQLITE

ROWS = "select body from subscribers order by email"
HAS_TABLE = "select 1 from sqlite_master where type = 'table' and name = 'subscribers'"


def read_roll(url: str) -> tuple[Subscriber, ...]:
    """Return everybody who lives in the database of that SQLAlchemy URL, by address.

    Raises:
        StateError: the database cannot be read.
    """
    if not url.startswith(SQLITE):
        from digest.state.subscribers import bodies

        return parsed(url.split("@")[-1], bodies(url))
    path = Path(url.removeprefix(SQLITE).partition("?")[0])
    if not path.is_file():
        return ()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            known = found.execute(HAS_TABLE).fetchone()
            return parsed(str(path), [row[0] for row in found.execute(ROWS)] if known else [])
    except sqlite3.Error as error:
        raise StateError(str(path), f"its subscribers cannot be read: {error}") from error


def somebody_with(wishes: Mapping[str, object]) -> Subscriber:
    """Return a nameless subscriber who has these fields, as JSON writes them."""
    return parsed("habits", [json.dumps({"email": "", **wishes})])[0]


@cache
def people_type() -> TypeAdapter[tuple[Subscriber, ...]]:
    """Return what reads people; made only where there are any, as it takes a twentieth second."""
    return TypeAdapter(tuple[Subscriber, ...])


def parsed(name: str, rows: Sequence[str]) -> tuple[Subscriber, ...]:
    """Return the subscribers of these rows; one list is read faster than its members."""
    try:
        return people_type().validate_json(f"[{','.join(rows)}]") if rows else ()
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]["msg"]
        reason = f"a row of its subscribers is damaged ({what}); `digest restore` takes a backup"
        raise StateError(name, reason) from error
