"""One quick look whether there is anything to do, before the database is opened in earnest.

Cron calls often and mostly for nothing. Loading SQLAlchemy costs more than all else such a call
does, so this file, alone in its room, speaks to SQLite directly; it reads three facts and writes
none. Whatever it cannot make out it leaves to `digest.state.database`.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

HEAD = "0003"  # the newest migration in digest/state/migrations/versions
SQLITE = "sqlite:///"
RECENT = timedelta(days=4)  # an edition that could be due now is not older
LAST_DATES = "select email, max(date) from letters where date >= ? group by email"
OPEN_LETTERS = """
select 1 where exists (
    select 1 from letters where outcome in ('planned', 'claimed', 'in_data')
) or exists (
    select 1 from letters where outcome in ('deferred', 'uncertain') and next_try <= ?
)"""


@dataclass(frozen=True, slots=True)
class Glance:
    """What was seen."""

    last_dates: dict[str, date]  # by address: the newest edition of the last days
    collected: datetime | None  # when the sources were last read
    unfinished: bool  # a letter waits for a run


def glance(url: str, now: datetime) -> Glance | None:
    """Look into an SQLite database of the present shape; None: open it in earnest."""
    path = Path(url.removeprefix(SQLITE))
    if not url.startswith(SQLITE) or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            return look(found, now)
    except (sqlite3.Error, ValueError):
        return None


def look(connection: sqlite3.Connection, now: datetime) -> Glance | None:
    """Read the three facts; None where the database has another shape."""
    if connection.execute("select version_num from alembic_version").fetchall() != [(HEAD,)]:
        return None
    earliest = (now - RECENT).date().isoformat()
    rows = connection.execute(LAST_DATES, (earliest,))
    lasts = {email: date.fromisoformat(day) for email, day in rows}
    fact = connection.execute("select value from facts where key = 'collected'").fetchone()
    collected = datetime.fromisoformat(fact[0]) if fact else None
    waiting = connection.execute(OPEN_LETTERS, (now.timestamp(),)).fetchone()
    return Glance(lasts, collected, waiting is not None)
