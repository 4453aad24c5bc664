"""What is remembered of sources: their validators, how their runs ended, whether they are broken.

And one clock per host, so that no process asks a host sooner than its terms allow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from digest.models import SourceMemory, SourceReport, SourceState
from digest.state.codec import moment_of
from digest.state.database import Database
from digest.state.schema import source_runs, sources

MEMORY: TypeAdapter[SourceMemory] = TypeAdapter(SourceMemory)
SECONDS_PER_DAY = 86_400
LONGEST_QUEUE_SECONDS = 300  # a host free later than this was reserved under a wrong clock
# One statement, so that two processes on one server cannot take the same moment.
RESERVE = """
insert into hosts (host, next_request) values (:host, :now + :seconds)
on conflict (host) do update set next_request = :seconds + case
    when hosts.next_request between :now and :latest then hosts.next_request else :now end
returning next_request"""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one source fares, for `digest sources` and for the operator's mail."""

    name: str
    state: str  # of its last run; "" before the first
    reason: str
    papers: int  # of its last run
    new: int  # likewise
    last_success: datetime | None
    failures: int  # failed runs in a row
    told: datetime | None  # when the operator was told of them


class SourceBook:
    """The sources of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def memories(self) -> dict[str, SourceMemory]:
        """Return what each source left behind, by name."""
        with self.database.read() as connection:
            return load_memories(connection)

    def health(self) -> list[SourceHealth]:
        """Return how every source that ever ran fares, by name."""
        last = (
            select(source_runs.c.name, func.max(source_runs.c.key).label("key"))
            .group_by(source_runs.c.name)
            .subquery()
        )
        runs = select(source_runs).join(last, source_runs.c.key == last.c.key)
        with self.database.read() as connection:
            ended = {row.name: row for row in connection.execute(runs)}
            rows = connection.execute(select(sources).order_by(sources.c.name)).all()
        return [health_of(row, ended.get(row.name)) for row in rows]

    def broken(self, after: int) -> list[SourceHealth]:
        """Return the sources that failed in at least so many runs in a row, the operator untold."""
        return [one for one in self.health() if one.failures >= after and one.told is None]

    def mark_told(self, name: str, now: datetime) -> None:
        """Note that the operator knows; a success forgets it."""
        with self.database.begin() as connection:
            statement = update(sources).where(sources.c.name == name)
            connection.execute(statement.values(told=now.timestamp()))

    def papers_per_day(self, now: datetime, days: int = 14) -> dict[str, tuple[int, ...]]:
        """Return each source's new papers on the last days (UTC), today's last."""
        today = int(now.timestamp() // SECONDS_PER_DAY)
        since = (today - days + 1) * SECONDS_PER_DAY
        question = select(source_runs.c.name, source_runs.c.at, source_runs.c.new)
        counts: dict[str, list[int]] = {}
        with self.database.read() as connection:
            for name, at, new in connection.execute(question.where(source_runs.c.at >= since)):
                place = min(int(at // SECONDS_PER_DAY) - today + days - 1, days - 1)
                counts.setdefault(name, [0] * days)[place] += new
        return {name: tuple(numbers) for name, numbers in counts.items()}


class HostClocks:
    """When each host may be asked next; shared by all processes on one database.

    Args:
        clock: gives Unix seconds, such as `time.time`.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self.database = database
        self.clock = clock

    def reserve(self, host: str, seconds: float) -> float:
        """Take the host's next free moment and return how many seconds it is away.

        Nobody gets another one for `seconds` after it.
        """
        now = self.clock()
        told = {"host": host, "now": now, "seconds": seconds, "latest": now + LONGEST_QUEUE_SECONDS}
        with self.database.begin() as connection:
            after: float = connection.execute(text(RESERVE), told).scalar_one()
        return max(0.0, after - seconds - now)


def load_memories(connection: Connection) -> dict[str, SourceMemory]:
    """Return what each source left behind, by name."""
    rows = connection.execute(select(sources.c.name, sources.c.memory))
    return {name: MEMORY.validate_json(memory) for name, memory in rows}


def note_run(
    connection: Connection, report: SourceReport, memory: SourceMemory, now: datetime
) -> None:
    """Remember how a source ended its run, and what it leaves behind."""
    known = select(sources.c.failures, sources.c.told).where(sources.c.name == report.name)
    row = connection.execute(known).one_or_none()
    failed = report.state is SourceState.FAILED
    succeeded = memory.succeeded.timestamp() if memory.succeeded else None
    connection.execute(delete(sources).where(sources.c.name == report.name))
    connection.execute(
        insert(sources).values(
            name=report.name,
            memory=MEMORY.dump_json(memory, exclude_defaults=True).decode(),
            last_success=succeeded,
            failures=(row.failures if row else 0) + 1 if failed else 0,
            told=row.told if row and failed else None,
        )
    )
    connection.execute(
        insert(source_runs).values(
            name=report.name,
            at=now.timestamp(),
            state=report.state.value,
            papers=report.papers,
            new=report.new,
            reason=report.reason,
        )
    )


def health_of(row: Row[Any], run: Row[Any] | None) -> SourceHealth:
    """Return the health that a row of `sources` and its last row of `source_runs` tell."""
    return SourceHealth(
        name=row.name,
        state=run.state if run else "",
        reason=run.reason if run else "",
        papers=run.papers if run else 0,
        new=run.new if run else 0,
        last_success=moment_of(row.last_success),
        failures=row.failures,
        told=moment_of(row.told),
    )
