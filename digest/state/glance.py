"""One quick look whether there is anything to do, before the database is opened in earnest.

Cron calls often and mostly for nothing. Loading SQLAlchemy costs more than all else such a call
does, so this file, alone in its room, speaks to SQLite directly; it reads a few facts, writes
none, and counts people by their habits rather than one by one. Whatever it cannot make out it
leaves to `digest.state.database`.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

HEAD = "0002"  # the newest migration in digest/state/migrations/versions
SQLITE = "sqlite:///"
RECENT = timedelta(days=4)  # an edition that could be due now is not older
EASTERNMOST = timedelta(hours=14)  # where the date is, of all places, the latest one
LAST_DATES = """
select email, max(date) from letters
where date between ? and ? and email in (select value from json_each(?)) group by email"""
HABITS = """
select json_extract(body, '$.timezone', '$.send_at', '$.days', '$.paused_until') as habits,
    min(newest), max(newest)
from (select body, coalesce(
    (select max(date) from letters where email = subscribers.email and date between ? and ?), ''
) as newest from subscribers) group by habits"""
WISHES = ("timezone", "send_at", "days", "paused_until")
OPEN_LETTERS = """
select 1 where exists (
    select 1 from letters where outcome in ('planned', 'claimed', 'in_data')
) or exists (
    select 1 from letters where outcome in ('deferred', 'uncertain') and next_try <= ?
)"""


@dataclass(frozen=True, slots=True)
class Habit:
    """When some of the people who live in the database want their letters."""

    wishes: dict[str, Any]  # fields of models.Subscriber as JSON; what is not there is the default
    oldest: date | None  # the one of them who waits longest had this edition; None: had none
    newest: date | None  # and nobody had a later one than this


@dataclass(frozen=True, slots=True)
class Glance:
    """What was seen."""

    last_dates: dict[str, date]  # by address of those asked for: the newest edition of late
    habits: tuple[Habit, ...]  # of everybody who lives in the database
    collected: datetime | None  # when the sources were last read
    unfinished: bool  # a letter waits for a run


def glance(url: str, now: datetime, emails: Sequence[str]) -> Glance | None:
    """Look into an SQLite database of the present shape; None: open it in earnest.

    Args:
        emails: whose newest editions are wanted.
    """
    path = Path(url.removeprefix(SQLITE))
    if not url.startswith(SQLITE) or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            return look(found, now, emails)
    except (sqlite3.Error, ValueError):
        return None


def look(connection: sqlite3.Connection, now: datetime, emails: Sequence[str]) -> Glance | None:
    """Read the facts; None where the database has another shape."""
    if connection.execute("select version_num from alembic_version").fetchall() != [(HEAD,)]:
        return None
    late = ((now - RECENT).date().isoformat(), (now + EASTERNMOST).date().isoformat())
    lasts = connection.execute(LAST_DATES, (*late, json.dumps(emails))) if emails else ()
    habits = tuple(habit(*row) for row in connection.execute(HABITS, late))
    fact = connection.execute("select value from facts where key = 'collected'").fetchone()
    waiting = connection.execute(OPEN_LETTERS, (now.timestamp(),)).fetchone()
    return Glance(
        {email: date.fromisoformat(day) for email, day in lasts},
        habits,
        datetime.fromisoformat(fact[0]) if fact else None,
        waiting is not None,
    )


def habit(wishes: str, oldest: str, newest: str) -> Habit:
    """Return one row of HABITS."""
    given = dict(zip(WISHES, json.loads(wishes), strict=True))
    return Habit(
        {name: value for name, value in given.items() if value is not None},
        date.fromisoformat(oldest) if oldest else None,
        date.fromisoformat(newest) if newest else None,
    )
