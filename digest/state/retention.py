"""Forgets what is older than the configuration keeps, once a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from digest.state.archive import Archive
from digest.state.database import Database
from digest.state.ledger import Ledger
from digest.state.schema import runs, source_runs, suppressions

SWEPT = "swept"  # the fact: when old rows were last forgotten
EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was forgotten."""

    letters: int = 0
    papers: int = 0


def sweep_daily(database: Database, now: datetime, keep_days: int) -> Swept | None:
    """Forget what is too old, if that was not done within a day; None: it was.

    Raises:
        StateError: the database could not be written.
    """
    fact = database.fact(SWEPT)
    last = datetime.fromisoformat(fact) if fact else now - EVERY
    if abs(now - last) < EVERY:
        return None
    today = min(now, last + EVERY)  # one run under a clock that is years ahead forgets little
    swept = sweep(database, today - timedelta(days=keep_days), today)
    database.remember(SWEPT, now.isoformat())
    return swept


def sweep(database: Database, before: datetime, now: datetime) -> Swept:
    """Forget letters, papers and runs from before a time, and suppressions that have ended.

    Letters that are not at an outcome stay, whatever their age, and so does every address that is
    suppressed for good: it is what keeps an unsubscription honoured.
    """
    letters = Ledger(database).prune(before)
    papers = Archive(database).prune(before)
    with database.begin() as connection:
        connection.execute(delete(runs).where(runs.c.started < before.timestamp()))
        connection.execute(delete(source_runs).where(source_runs.c.at < before.timestamp()))
        connection.execute(delete(suppressions).where(suppressions.c.until < now.timestamp()))
    return Swept(letters, papers)
