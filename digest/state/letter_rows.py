"""The statements on the rows of the outbox, each within a transaction of its caller."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Row,
    ScalarSelect,
    Select,
    Table,
    UpdateBase,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from digest.models import Outcome, Receipt
from digest.state.database import batches
from digest.state.listing import EACH, among_these, these
from digest.state.schema import attempts, bodies, letters, snapshots, told

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    Insert = sqlite.Insert | postgresql.Insert

LEASE_SECONDS = 1_800.0  # longer than any letter may be on the wire (600 s for the final reply)
SANE_WAIT_SECONDS = 86_400.0  # a next try further off was written by a clock that was wrong
TEXT_CHARS = 500  # of a reply that is kept
ON_THE_WIRE = (Outcome.SENT, Outcome.UNCERTAIN)

OUTCOME_NAMES = ("moment", "ending", "reply", "words", "again", "paid", "which")
OUTCOME = (
    update(letters)
    .where(letters.c.id == bindparam("which"))
    .ordered_values(
        (letters.c.updated, bindparam("moment")),
        (letters.c.outcome, bindparam("ending")),
        (letters.c.code, bindparam("reply")),
        (letters.c.text, bindparam("words")),
        (letters.c.next_try, bindparam("again")),
        (letters.c.attempts, letters.c.attempts + bindparam("paid")),
        (letters.c.lease, null()),
        (letters.c.lease_until, null()),
    )
)
LETTER_NAMES = (
    "id", "date", "slot", "email", "outcome", "made_at",
    "attempts", "code", "text", "updated", "deadline",
)  # fmt: skip
ATTEMPT_NAMES = ("letter", "at", "outcome", "code", "text")
ATTEMPT = insert(attempts)
UNTRIED = and_(letters.c.outcome == Outcome.PLANNED, letters.c.next_try.is_(None))
CLAIMABLE: Select[Any] = select(  # what is looked at when a letter is claimed
    *(letters.c[name] for name in ("id", "email", "outcome", "attempts", "code", "text")),
    letters.c.next_try,
    letters.c.deadline,
)
# By id alone: SQLite would look through all planned letters rather than for these.
FRESH = (
    CLAIMABLE.where(among_these(letters.c.id))
    .order_by(letters.c.key)
    .with_for_update(skip_locked=True)
)
MARK = (
    update(letters)
    .where(among_these(letters.c.id))
    .values(outcome=bindparam("state"), lease_until=bindparam("until"), updated=bindparam("moment"))
)
LEASE = MARK.values(lease=bindparam("owner"), next_try=null())


@dataclass(frozen=True, slots=True)
class Past:
    """What a letter has behind it."""

    attempts: int
    uncertain: int  # how often its fate was unknown
    deadline: float  # Unix seconds; 0: none


def insert_into(dialect: str, table: Table) -> "Insert":
    """Return an insert that knows ON CONFLICT, in the database's own dialect."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a fifth of what SQLAlchemy takes to load

    return postgresql.insert(table)


@cache  # the same statement at each call is compiled once
def insert_new(dialect: str, table: Table) -> "Insert":
    """Return an insert that leaves rows alone which exist under any unique key."""
    return insert_into(dialect, table).on_conflict_do_nothing()


def insert_many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that do not exist, each a tuple in the order of the table's columns."""
    names = tuple(column.name for column in table.columns)
    execute_rows(connection, insert_new(connection.dialect.name, table), names, rows)


def execute_rows(
    connection: Connection,
    statement: UpdateBase,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Execute a statement for each row of values.

    Where the driver takes tuples they go to it as they are; SQLAlchemy's own handling of a row
    costs ten times what SQLite needs to write it.

    Args:
        names: of the values; for a driver that takes tuples, in the order of the statement.
    """
    if not rows:
        return
    text = positional(statement, connection.dialect, names)
    if text:
        connection.exec_driver_sql(text, list(rows))
    else:
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


@lru_cache(32)
def positional(statement: UpdateBase, dialect: Dialect, names: tuple[str, ...]) -> str:
    """Return a statement as its driver reads it with values by place; "" where that takes names."""
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if not compiled.positional:
        return ""
    assert tuple(compiled.positiontup or ()) == names
    return str(compiled)


def insert_letters(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Insert letters that do not exist, each as LETTER_NAMES; return the keys of these by id."""
    added = insert_new(connection.dialect.name, letters).returning(letters.c.id, letters.c.key)
    text = positional(added, connection.dialect, LETTER_NAMES)
    if not text:
        values = [dict(zip(LETTER_NAMES, row, strict=True)) for row in rows]
        return dict(iter(connection.execute(added, values)))
    head, marks, tail = text.partition(f"({', '.join('?' * len(LETTER_NAMES))})")
    keys: dict[str, int] = {}
    for batch in batches(rows):
        whole = head + ", ".join([marks] * len(batch)) + tail
        keys.update(iter(connection.exec_driver_sql(whole, tuple(chain.from_iterable(batch)))))
    return keys


def keep_snapshots(connection: Connection, bodies: Mapping[str, str], now: datetime) -> None:
    """Write snapshots, hash -> body; of known ones that a letter needed them.

    In one order for everybody: two processes that wait for each other's rows would wait for ever.
    """
    if not bodies:
        return
    statement = insert_into(connection.dialect.name, snapshots)
    earlier = snapshots.c.used < statement.excluded.used  # `--date` may go back
    used = {"used": case((earlier, statement.excluded.used), else_=snapshots.c.used)}
    moment = now.timestamp()
    connection.execute(
        statement.on_conflict_do_update(index_elements=["hash"], set_=used),
        [{"hash": name, "body": bodies[name], "used": moment} for name in sorted(bodies)],
    )


def found_snapshots(connection: Connection, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (hash, body) of the snapshots of these names that there are."""
    for batch in batches(sorted(names)):
        query = select(snapshots.c.hash, snapshots.c.body).where(snapshots.c.hash.in_(batch))
        yield from (tuple(row) for row in connection.execute(query))


def due_rows(connection: Connection, count: int, now: float) -> list[Row[Any]]:
    """Return up to `count` rows whose time has come, those that waited first.

    A next try more than a day ahead was written under a clock that ran ahead: it is due too.
    """
    passed = or_(letters.c.next_try <= now, letters.c.next_try > now + SANE_WAIT_SECONDS)
    waiting = (Outcome.PLANNED, Outcome.DEFERRED, Outcome.UNCERTAIN)
    waited = and_(letters.c.outcome.in_(waiting), passed)
    rows: list[Row[Any]] = []
    for where, order in ((waited, letters.c.next_try), (UNTRIED, letters.c.key)):
        if len(rows) < count:
            page = CLAIMABLE.where(where).order_by(order).limit(count - len(rows))
            rows += connection.execute(page.with_for_update(skip_locked=True)).all()
    return rows


def fresh_rows(connection: Connection, letter_ids: Sequence[str]) -> list[Row[Any]]:
    """Return those of these letters that nobody has tried yet, in the order of their making."""
    rows = connection.execute(FRESH, these(letter_ids))
    return [row for row in rows if row.outcome == Outcome.PLANNED and row.next_try is None]


def newest(value: ColumnElement[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Return what the newest letter to each of these addresses holds; None where there is none.

    By the index of addresses and dates one letter is looked at, however many there were.
    """
    query = select(value).where(letters.c.email == EACH.c.name, *where)
    return query.order_by(letters.c.date.desc()).limit(1).scalar_subquery()


def overdue(now: float) -> ColumnElement[bool]:
    """Tell of a row that its time is over, and that no relay has taken it or perhaps has."""
    waiting = letters.c.outcome.in_((Outcome.PLANNED, Outcome.DEFERRED))
    return and_(waiting, letters.c.deadline > 0, letters.c.deadline < now)


def overdue_rows(connection: Connection, count: int, now: float) -> Sequence[Row[Any]]:
    """Return up to `count` rows that are overdue."""
    return connection.execute(CLAIMABLE.where(overdue(now)).limit(count)).all()


def bodies_of(connection: Connection, letter_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (id, body) of letters, in the order in which they were made."""
    for batch in batches(letter_ids):
        query = select(letters.c.id, bodies.c.body).join(bodies)
        yield from connection.execute(query.where(letters.c.id.in_(batch)).order_by(letters.c.key))


def lease_rows(
    connection: Connection,
    letter_ids: Sequence[str],
    owner: str,
    now: datetime,
    outcome: Outcome = Outcome.CLAIMED,
) -> None:
    """Hand rows to a process for half an hour.

    Args:
        outcome: IN_DATA: they are about to go on the wire, as for `mark_rows`.
    """
    connection.execute(LEASE, {**marking(letter_ids, outcome, now), "owner": owner})


def mark_rows(connection: Connection, letter_ids: Sequence[str], now: datetime) -> None:
    """Write down that letters are about to go on the wire."""
    if letter_ids:
        connection.execute(MARK, marking(letter_ids, Outcome.IN_DATA, now))


def marking(letter_ids: Sequence[str], outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Return the parameters of MARK: which letters, what they are from now on, until when."""
    moment = now.timestamp()
    values = {"state": str(outcome), "until": moment + LEASE_SECONDS, "moment": moment}
    return {**values, **these(letter_ids)}


def free_rows(
    connection: Connection, where: ColumnElement[bool], now: datetime, until: datetime | None = None
) -> None:
    """Make rows planned again.

    Args:
        until: claim them no sooner; None: at once.
    """
    connection.execute(
        update(letters)
        .where(where, letters.c.outcome.in_((Outcome.CLAIMED, Outcome.IN_DATA)))
        .values(
            outcome=Outcome.PLANNED,
            lease=None,
            lease_until=None,
            next_try=until.timestamp() if until else None,
            updated=now.timestamp(),
        )
    )


def past_of(connection: Connection, letter_ids: Sequence[str]) -> dict[str, Past]:
    """Return what each letter has behind it, by id."""
    past: dict[str, Past] = {}
    for batch in batches(letter_ids):
        doubts = (
            select(func.count())
            .where(attempts.c.letter == letters.c.id, attempts.c.outcome == Outcome.UNCERTAIN)
            .scalar_subquery()
        )
        query = select(letters.c.id, letters.c.attempts, doubts, letters.c.deadline)
        for row in connection.execute(query.where(letters.c.id.in_(batch))):
            past[row[0]] = Past(*row[1:])
    return past


def write_outcomes(
    connection: Connection, receipts: Sequence[Receipt], now: datetime, paid: int
) -> None:
    """Write each receipt over its row; of a letter that was sent, with the time of its reply.

    Args:
        paid: attempts that a letter pays which was on the wire or was answered; 0 or 1.
    """
    moment = now.timestamp()
    rows = [
        (
            receipt.at.timestamp() if receipt.at and receipt.outcome is Outcome.SENT else moment,
            str(receipt.outcome),
            receipt.code,
            receipt.text[:TEXT_CHARS],
            receipt.next_try.timestamp() if receipt.next_try else None,
            paid if receipt.code or receipt.outcome in ON_THE_WIRE else 0,
            receipt.id,
        )
        for receipt in receipts
    ]
    execute_rows(connection, OUTCOME, OUTCOME_NAMES, rows)


def note_attempts(connection: Connection, receipts: Iterable[Receipt]) -> None:
    """Add each receipt to its letter's history; that of a sent one stands in its row."""
    rows = [
        (
            receipt.id,
            receipt.at.timestamp() if receipt.at else 0.0,
            str(receipt.outcome),
            receipt.code,
            receipt.text[:TEXT_CHARS],
        )
        for receipt in receipts
        if receipt.outcome is not Outcome.SENT
    ]
    execute_rows(connection, ATTEMPT, ATTEMPT_NAMES, rows)


def untell(connection: Connection, letter_ids: Sequence[str]) -> None:
    """Forget what letters told their readers: the papers may be chosen again."""
    for batch in batches(letter_ids):
        readers = select(letters.c.email).where(letters.c.id.in_(batch))
        mine = and_(told.c.email.in_(readers), told.c.letter.in_(batch))
        connection.execute(delete(told).where(mine))
