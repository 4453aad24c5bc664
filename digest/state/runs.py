"""The diary of runs: when each began and ended, and how."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from digest.state.codec import moment_of
from digest.state.database import Database
from digest.state.schema import runs

REASON = "reason"  # stands among a run's counts


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run; `ended` and `exit_code` are None for one that is under way or was killed."""

    started: datetime
    ended: datetime | None
    exit_code: int | None
    summary: Mapping[str, int]  # letters by outcome, sources by state
    under_way: bool = False
    reason: str = ""  # the error that ended it before it was done

    @property
    def killed(self) -> bool:
        """It has not ended and never will."""
        return self.ended is None and not self.under_way


def begin_run(database: Database, now: datetime) -> int:
    """Note that a run began; return its number."""
    with database.begin() as connection:
        row = insert(runs).values(started=now.timestamp(), summary="{}").returning(runs.c.key)
        return int(connection.execute(row).scalar_one())


def end_run(
    database: Database,
    key: int,
    now: datetime,
    exit_code: int,
    summary: Mapping[str, int],
    reason: str = "",
) -> None:
    """Note how a run ended, and why where that was before it was done."""
    noted = {**summary, REASON: reason} if reason else dict(summary)
    values = {"ended": now.timestamp(), "exit_code": exit_code, "summary": json.dumps(noted)}
    with database.begin() as connection:
        connection.execute(update(runs).where(runs.c.key == key).values(values))


def last_runs(database: Database, count: int) -> list[RunRecord]:
    """Return the newest runs, newest first."""
    query = select(runs).order_by(runs.c.key.desc()).limit(count)
    rows, running = read_rows(database, query), None
    if rows and rows[0].ended is None:
        if database.is_locked:
            running = rows[0].key
        else:
            rows = read_rows(database, query)  # it may have ended between the two looks
    return [record_of(row, under_way=row.key == running) for row in rows]


def record_of(row: Row[Any], *, under_way: bool) -> RunRecord:
    """Return what a row says of a run."""
    noted = json.loads(row.summary)
    return RunRecord(
        started=datetime.fromtimestamp(row.started, UTC),
        ended=moment_of(row.ended),
        exit_code=row.exit_code,
        reason=noted.pop(REASON, ""),
        summary=noted,
        under_way=under_way,
    )


def last_success(database: Database) -> datetime | None:
    """Return when the newest run that went well ended; None: none is remembered."""
    newest = select(runs.c.ended).where(runs.c.exit_code == 0).order_by(runs.c.key.desc()).limit(1)
    with database.read() as connection:
        return moment_of(connection.scalar(newest))


def read_rows(database: Database, query: Select[Any]) -> Sequence[Row[Any]]:
    """Return the rows of a query."""
    with database.read() as connection:
        return connection.execute(query).all()
