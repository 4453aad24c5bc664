"""What the outbox can tell: who was told what, what became of each letter, what adds up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, not_, or_, select, update

from digest.models import OPEN, RETRIED, Outcome, Receipt
from digest.state.codec import moment_of
from digest.state.database import Database, batches
from digest.state.letter_rows import newest, untell
from digest.state.listing import EACH, among_these, these
from digest.state.schema import attempts, bounces, letters, snapshots, told
from digest.state.settling import FREES_PAPERS
from digest.state.suppression import fold_address, suppressed_addresses


@dataclass(frozen=True, slots=True)
class Return:
    """A bounce or a complaint that came back by mail."""

    at: datetime
    kind: str  # hard, soft, complaint
    detail: str


@dataclass(frozen=True, slots=True)
class LetterHistory:
    """One letter, every attempt at it and what came back of it, oldest first."""

    id: str
    date: date  # the subscriber's
    slot: str
    email: str
    outcome: Outcome
    code: int
    text: str
    made_at: datetime
    next_try: datetime | None
    attempts: tuple[Receipt, ...]
    returns: tuple[Return, ...] = ()


class Ledger:
    """The letters of one database, looked at from outside a run."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def emails(self) -> Iterator[str]:
        """Yield the address of everybody to whom a letter was made that is still known."""
        with self.database.read() as connection:
            yield from connection.scalars(select(letters.c.email).distinct())

    def told(self, emails: Sequence[str], since: date | None = None) -> dict[str, frozenset[str]]:
        """Return the ids of the papers that each address was already told of.

        Args:
            since: by letters of that local day or later; None: by any.
        """
        found: dict[str, set[str]] = {}
        query = select(told.c.email, told.c.papers).where(among_these(told.c.email))
        if since is not None:
            query = query.where(told.c.date >= since.isoformat())
        with self.database.read() as connection:
            for email, papers in connection.execute(query, these(emails)):
                found.setdefault(email, set()).update(from_json(papers))
        return {email: frozenset(papers) for email, papers in found.items()}

    def last_editions(self, emails: Sequence[str], now: datetime) -> dict[str, datetime]:
        """Return when the last letter of each address was made whose papers may not come again.

        One from the future, made under a clock that was ahead, does not count.
        """
        past = letters.c.made_at <= now.timestamp()
        query = select(EACH.c.name, newest(letters.c.made_at, not_(FREES_PAPERS), past))
        with self.database.read() as connection:
            rows = connection.execute(query, these(emails))
            return {email: moment for email, made_at in rows if (moment := moment_of(made_at))}

    def next_planned(self) -> datetime | None:
        """Return when the first planned letter that waits for its turn may go; None: none waits."""
        where = and_(letters.c.outcome == Outcome.PLANNED, letters.c.next_try.is_not(None))
        with self.database.read() as connection:
            return moment_of(connection.scalar(select(func.min(letters.c.next_try)).where(where)))

    def counts(self, since: datetime | None = None) -> dict[Outcome, int]:
        """Count letters made at or after `since` (all: None) by outcome."""
        where = [letters.c.made_at >= since.timestamp()] if since else []
        query = select(letters.c.outcome, func.count()).where(*where).group_by(letters.c.outcome)
        with self.database.read() as connection:
            return {Outcome(outcome): count for outcome, count in connection.execute(query)}

    def count(self, outcome: Outcome, *, email: str | None = None) -> int:
        """Count the letters of one outcome, to one address or to all."""
        where = [letters.c.outcome == outcome, *choose(email=email)]
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(letters).where(*where)) or 0

    def standings(self, letter_ids: Sequence[str]) -> dict[str, tuple[Outcome, str]]:
        """Return what became of letters, and the last reply or reason, by their ids."""
        query = select(letters.c.id, letters.c.outcome, letters.c.text)
        with self.database.read() as connection:
            rows = connection.execute(query.where(among_these(letters.c.id)), these(letter_ids))
            return {name: (Outcome(outcome), text) for name, outcome, text in rows}

    def history(
        self,
        *,
        email: str | None = None,
        day: date | None = None,
        letter_id: str | None = None,
        limit: int = 100,
    ) -> list[LetterHistory]:
        """Return the newest letters that fit, newest first, with every attempt."""
        where = choose(email=email, day=day, letter_id=letter_id)
        query = select(letters).where(*where).order_by(letters.c.key.desc()).limit(limit)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
            tried = attempts_of(connection, [row.id for row in rows])
            came = returns_of(connection, [row for row in rows if row.outcome == Outcome.SENT])
        return [history_of(row, tried.get(row.id, []), came.get(row.id, [])) for row in rows]

    def requeue(
        self,
        outcome: Outcome,
        now: datetime,
        *,
        email: str | None = None,
        lifetime: timedelta,
    ) -> int:
        """Plan failed, deferred or uncertain letters anew; return how many.

        They may go out until `lifetime` from now, however old they are; the bytes stay the same.
        Those to suppressed addresses stay as they are: a run would skip them, and once the address
        may have letters again there would be nothing left to send.
        """
        where = [letters.c.outcome == outcome, *choose(email=email)]
        with self.database.begin() as connection:
            emails = connection.scalars(select(letters.c.email).where(*where).distinct()).all()
            silenced = suppressed_addresses(connection, emails, now.timestamp())
            closed = [one for one in emails if fold_address(one) in silenced]
            result = connection.execute(
                update(letters)
                .where(*where, ~among_these(letters.c.email))
                .values(
                    outcome=Outcome.PLANNED,
                    next_try=None,
                    deadline=(now + lifetime).timestamp(),
                    updated=now.timestamp(),
                ),
                these(closed),
            )
            return result.rowcount

    def prune(self, before: datetime) -> int:
        """Forget ended letters made before that time and what hung on them; return how many.

        One that is to be tried again has not ended, such as an old one that `digest retry` planned.
        """
        moment = before.timestamp()
        waits = and_(letters.c.outcome.in_(RETRIED), letters.c.next_try.is_not(None))
        old = and_(letters.c.made_at < moment, letters.c.outcome.not_in(OPEN), not_(waits))
        with self.database.begin() as connection:
            ids = connection.scalars(select(letters.c.id).where(old)).all()
            remove_letters(connection, ids)
            oldest = connection.scalar(select(func.min(letters.c.made_at)))
            unused = min(moment, oldest if oldest is not None else moment)
            connection.execute(delete(snapshots).where(snapshots.c.used < unused))
            connection.execute(delete(bounces).where(bounces.c.at < moment))
        return len(ids)


def choose(
    *, email: str | None = None, day: date | None = None, letter_id: str | None = None
) -> list[ColumnElement[bool]]:
    """Return the conditions that pick letters by what is named."""
    where = [letters.c.email == email] if email else []
    where += [letters.c.date == day.isoformat()] if day else []
    where += [letters.c.id == letter_id] if letter_id else []
    return where


def attempts_of(connection: Connection, letter_ids: Sequence[str]) -> dict[str, list[Receipt]]:
    """Return each letter's attempts, oldest first."""
    found: dict[str, list[Receipt]] = {}
    for batch in batches(letter_ids):
        query = select(attempts).where(attempts.c.letter.in_(batch)).order_by(attempts.c.key)
        for row in connection.execute(query):
            at = datetime.fromtimestamp(row.at, UTC)
            receipt = Receipt(row.letter, Outcome(row.outcome), row.code, row.text, at)
            found.setdefault(row.letter, []).append(receipt)
    return found


def returns_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, list[Return]]:
    """Return what came back of letters that were sent, oldest first.

    Where a mail did not say of which letter, it is the last one before it to that address.

    Args:
        rows: of letters, the newest first.
    """
    found: dict[str, list[Return]] = {}
    for batch in batches(rows):
        ids = {row.id for row in batch}
        emails = {fold_address(row.email) for row in batch}
        nameless = and_(bounces.c.letter == "", bounces.c.email.in_(emails))
        query = select(bounces).where(or_(bounces.c.letter.in_(ids), nameless))
        for one in connection.execute(query.order_by(bounces.c.key)):
            before = (
                row.id
                for row in batch
                if fold_address(row.email) == one.email and row.made_at <= one.at
            )
            letter = one.letter or next(before, "")
            came = Return(datetime.fromtimestamp(one.at, UTC), one.kind, one.detail)
            found.setdefault(letter, []).append(came)
    return found


def history_of(row: Row[Any], tried: list[Receipt], came: list[Return]) -> LetterHistory:
    """Return one letter's history; the attempt that sent it stands in its row alone."""
    if row.outcome == Outcome.SENT and all(one.outcome != Outcome.SENT for one in tried):
        at = datetime.fromtimestamp(row.updated, UTC)
        tried = [*tried, Receipt(row.id, Outcome.SENT, row.code, row.text, at)]
    return LetterHistory(
        id=row.id,
        date=date.fromisoformat(row.date),
        slot=row.slot,
        email=row.email,
        outcome=Outcome(row.outcome),
        code=row.code,
        text=row.text,
        made_at=datetime.fromtimestamp(row.made_at, UTC),
        next_try=moment_of(row.next_try),
        attempts=tuple(tried),
        returns=tuple(came),
    )


def remove_letters(connection: Connection, letter_ids: Sequence[str]) -> None:
    """Remove letters, their attempts and what they told."""
    untell(connection, letter_ids)
    for batch in batches(letter_ids):
        connection.execute(delete(attempts).where(attempts.c.letter.in_(batch)))
        connection.execute(delete(letters).where(letters.c.id.in_(batch)))
