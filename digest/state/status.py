"""What the operator wants to know at a glance; reads only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select, text

from digest.models import OPEN, RETRIED, Outcome
from digest.state.archive import Archive
from digest.state.calendar import collected_at
from digest.state.codec import moment_of
from digest.state.database import Database
from digest.state.ledger import Ledger
from digest.state.memories import SourceBook, SourceHealth
from digest.state.runs import RunRecord, last_runs, last_success
from digest.state.schema import letters, metadata, suppressions
from digest.state.troubles import RelayTrouble, load_trouble

SHOWN_RUNS = 5
TABLE_BYTES = """
select sum(pg_total_relation_size(to_regclass(name)))
from unnest(cast(:names as text[])) as name"""


@dataclass(frozen=True, slots=True)
class Status:
    """How one installation is."""

    runs: tuple[RunRecord, ...]  # the newest first
    sources: tuple[SourceHealth, ...]
    letters: Mapping[Outcome, int]  # made within the last day
    kept: Mapping[Outcome, int]  # all that are remembered
    waiting_since: datetime | None  # when the oldest letter without an outcome was made
    collected: datetime | None  # when the sources were last read
    papers: int
    suppressed: Mapping[str, int]  # addresses by reason, of those that hold now
    database_bytes: int
    succeeded: datetime | None = None  # when the last run that went well ended, however long ago
    trouble: RelayTrouble | None = None  # the last one, perhaps over


def read_status(database: Database, now: datetime, names: Collection[str]) -> Status:
    """Return how the installation is.

    Args:
        names: of the sources that are shown: those that are configured.

    Raises:
        StateError: the database cannot be read.
    """
    ledger = Ledger(database)
    return Status(
        runs=tuple(last_runs(database, SHOWN_RUNS)),
        sources=tuple(one for one in SourceBook(database).health() if one.name in names),
        letters=ledger.counts(now - timedelta(days=1)),
        kept=ledger.counts(),
        waiting_since=oldest_waiting(database),
        collected=collected_at(database),
        papers=Archive(database).count(),
        suppressed=count_suppressed(database, now),
        database_bytes=size_of(database),
        succeeded=last_success(database),
        trouble=load_trouble(database),
    )


def oldest_waiting(database: Database) -> datetime | None:
    """Return when the oldest letter was made that has no final outcome; None: there is none."""
    repeated = letters.c.outcome.in_(RETRIED) & letters.c.next_try.is_not(None)
    waits = or_(letters.c.outcome.in_(OPEN), repeated)
    with database.read() as connection:
        return moment_of(connection.scalar(select(func.min(letters.c.made_at)).where(waits)))


def count_suppressed(database: Database, now: datetime) -> dict[str, int]:
    """Return how many addresses get no letters, by reason."""
    lasting = or_(suppressions.c.until.is_(None), suppressions.c.until > now.timestamp())
    query = select(suppressions.c.reason, func.count()).where(lasting)
    with database.read() as connection:
        rows = connection.execute(query.group_by(suppressions.c.reason))
        return {str(reason): int(count) for reason, count in rows}


def size_of(database: Database) -> int:
    """Return the bytes of the SQLite file and its log, or of the tables on a server."""
    if not database.is_file:
        with database.read() as connection:
            return int(connection.scalar(text(TABLE_BYTES), {"names": list(metadata.tables)}) or 0)
    files = (Path(database.name), Path(f"{database.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def integrity_problem(database: Database) -> str:
    """Return what is damaged, "" where nothing is or where the server looks after it itself."""
    if not database.is_file:
        return ""
    with database.read() as connection:
        found = str(connection.scalar(text("pragma quick_check(1)")))
    return "" if found == "ok" else found
