"""What a run asks before it begins: who had which edition, and whether anything is left to do."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, not_, or_, select

from digest.models import OPEN, RETRIED
from digest.state.database import Database
from digest.state.letter_rows import newest, overdue
from digest.state.listing import EACH, these
from digest.state.schema import letters, runs
from digest.state.settling import FREES_PAPERS, NOTHING_TO_SAY

COLLECTED = "collected"  # the fact that says when the sources were last read
SETTLED_SECONDS = 20 * 3_600


def last_dates(
    database: Database, emails: Sequence[str], until: date | None = None
) -> dict[str, date]:
    """Return the local date of each address's newest edition, whatever became of it.

    Args:
        until: later editions do not count; None: all do.
    """
    where = [letters.c.date <= until.isoformat()] if until else []
    query = select(EACH.c.name, newest(letters.c.date, *where))
    with database.read() as connection:
        rows = connection.execute(query, these(emails))
        return {email: date.fromisoformat(day) for email, day in rows if day}


def missed_letters(
    database: Database, emails: Sequence[str], now: datetime
) -> dict[str, date | None]:
    """Return who had nothing of their newest letter, and when each of them was served last.

    A letter whose time is over by now is lost, also before a run has ended it.

    Returns:
        By address the date of the newest edition that was not lost; an empty one was not. None:
        no letter has come yet.
    """
    lost = or_(FREES_PAPERS, overdue(now.timestamp()))
    served = newest(letters.c.date, or_(not_(lost), letters.c.text == NOTHING_TO_SAY))
    query = select(EACH.c.name, newest(letters.c.date, not_(lost)), served).where(newest(lost))
    with database.read() as connection:
        rows = connection.execute(query, these(emails))
        return {email: date.fromisoformat(day) if first else None for email, first, day in rows}


def is_clock_trusted(database: Database, now: datetime) -> bool:
    """Tell whether editions of later days than today are the mistake of a clock that was ahead.

    Where the newest runs began after `now`, either their clock was ahead or this one was set back,
    as on a machine that has just started and does not know the time yet. It is trusted when runs
    have followed its time for twenty hours.
    """
    with database.read() as connection:
        ahead = select(func.max(runs.c.key)).where(runs.c.started > now.timestamp())
        latest = connection.scalar(ahead)
        if latest is None:
            return True
        since = connection.scalar(select(func.min(runs.c.started)).where(runs.c.key > latest))
    return since is not None and now.timestamp() - since >= SETTLED_SECONDS


def has_open_letters(database: Database, now: datetime) -> bool:
    """Tell whether a letter waits for a run: planned, left behind, or due for another try."""
    moment = now.timestamp()
    waits = and_(letters.c.outcome.in_(RETRIED), letters.c.next_try <= moment)
    with database.read() as connection:
        query = select(letters.c.key).where(or_(letters.c.outcome.in_(OPEN), waits)).limit(1)
        return connection.scalar(query) is not None


def collected_at(database: Database) -> datetime | None:
    """Return when the sources were last read; None: never."""
    fact = database.fact(COLLECTED)
    return datetime.fromisoformat(fact) if fact else None
