"""One quick look whether there is anything to do, before the database is opened in earnest.

Cron calls often and mostly for nothing. Loading SQLAlchemy costs more than all else such a call
does, so this file speaks to SQLite directly, and `digest.state.glance_server` to PostgreSQL; they
read a few facts, write none, and count people by their habits rather than one by one. Whatever they
cannot make out is left to `digest.state.database`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from digest.files import url_path

HEAD = "0005"  # the newest migration in digest/state/migrations/versions
SQLITE = "sqlite:///"
COLLECT_HOURS = 20  # a source's day is never missed, even where nobody is due for a week
RECENT = timedelta(days=4)  # an edition that could be due now is not older
EASTERNMOST = timedelta(hours=14)  # where the date is, of all places, the latest one
WISHES = ("timezone", "send_at", "days", "paused_until")

Ask = Callable[[str, Sequence[object]], Iterable[tuple[Any, ...]]]  # SQL, parameters -> rows


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked, in the words of one kind of database."""

    lasts: str  # (first day, last day, JSON list of addresses) -> address, newest edition
    habits: str  # (first day, last day) -> JSON list of WISHES, oldest and newest edition or ""
    waiting: str  # (now) -> a row, where a letter waits for a run


SQLITE_QUESTIONS = Questions(
    lasts="""
select email, max(date) from letters
where date between ? and ? and email in (select value from json_each(?)) group by email""",
    habits="""
select json_extract(body, '$.timezone', '$.send_at', '$.days', '$.paused_until') as habits,
    min(newest), max(newest)
from (select body, coalesce(
    (select max(date) from letters where email = subscribers.email and date between ? and ?), ''
) as newest from subscribers) group by habits""",
    waiting="""
select 1 where exists (
    select 1 from letters where outcome in ('planned', 'claimed', 'in_data')
) or exists (
    select 1 from letters where outcome in ('deferred', 'uncertain') and next_try <= ?
)""",
)


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
    habits: tuple[Habit, ...]  # of all who live in the database; () where there is work anyway
    busy: bool  # there is work: a letter waits for a run, or the sources were not read lately


def file_of(url: str) -> Path | None:
    """Return the file that an SQLAlchemy URL names; None: the database lies on a server."""
    if not url.startswith(SQLITE):
        return None
    return Path(unquote(url.removeprefix(SQLITE).partition("?")[0]))


def url_of(path: Path) -> str:
    """Return the SQLAlchemy URL of an SQLite file."""
    return SQLITE + url_path(path)


def glance(url: str, now: datetime, emails: Sequence[str]) -> Glance | None:
    """Look into a database of the present shape; None: open it in earnest.

    Args:
        emails: whose newest editions are wanted.
    """
    path = file_of(url)
    if path is None:
        from digest.state.glance_server import glance_at_server

        return glance_at_server(url, now, emails)
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            return look(found.execute, SQLITE_QUESTIONS, now, emails)
    except (sqlite3.Error, ValueError):
        return None


def look(ask: Ask, questions: Questions, now: datetime, emails: Sequence[str]) -> Glance | None:
    """Read the facts; None where the database has another shape."""
    if list(ask("select version_num from alembic_version", ())) != [(HEAD,)]:
        return None
    late = ((now - RECENT).date().isoformat(), (now + EASTERNMOST).date().isoformat())
    lasts = ask(questions.lasts, (*late, json.dumps(emails))) if emails else ()
    last_dates = {email: date.fromisoformat(day) for email, day in lasts}
    facts = [fact for (fact,) in ask("select value from facts where key = 'collected'", ())]
    collected = datetime.fromisoformat(facts[0]) if facts else None
    waiting = list(ask(questions.waiting, (now.timestamp(),)))
    busy = bool(waiting) or not is_recent(collected, now)
    habits = () if busy else tuple(habit(*row) for row in ask(questions.habits, late))
    return Glance(last_dates, habits, busy)


def is_recent(collected: datetime | None, now: datetime) -> bool:
    """Tell whether the sources were read lately enough."""
    return collected is not None and abs(now - collected) < timedelta(hours=COLLECT_HOURS)


def habit(wishes: str, oldest: str, newest: str) -> Habit:
    """Return one row of `Questions.habits`."""
    given = dict(zip(WISHES, json.loads(wishes), strict=True))
    return Habit(
        {name: value for name, value in given.items() if value is not None},
        date.fromisoformat(oldest) if oldest else None,
        date.fromisoformat(newest) if newest else None,
    )
