"""Settles the letters of processes that died, by what their journal says or by their lease."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from digest.models import Outcome, Receipt
from digest.state.database import batches
from digest.state.journal import Testimony
from digest.state.letter_rows import LEASE_SECONDS, free_rows
from digest.state.schema import letters

Settle = Callable[[Connection, Sequence[Receipt], datetime], list[Receipt]]


def bury_owner(
    connection: Connection, owner: str, testimony: Testimony, now: datetime, settle: Settle
) -> None:
    """Settle the letters of a dead process as its journal says."""
    mine = letters.c.lease == owner
    query = select(letters.c.id).where(mine, letters.c.outcome == Outcome.IN_DATA)
    under_way = set(connection.scalars(query))
    answered = [one for one in testimony.receipts.values() if one.id in under_way]
    settle(connection, answered, now)
    if testimony.complete:
        unsent = under_way - testimony.begun - {one.id for one in answered}
        for batch in batches(sorted(unsent)):
            free_rows(connection, letters.c.id.in_(batch), now)
    free_leased(connection, mine, now, settle)


def free_expired(connection: Connection, now: datetime, settle: Settle) -> None:
    """Free the letters whose lease has run out, or was given under a clock that ran ahead."""
    moment = now.timestamp()
    too_far = letters.c.lease_until > moment + 2 * LEASE_SECONDS
    free_leased(connection, or_(letters.c.lease_until < moment, too_far), now, settle)


def free_leased(
    connection: Connection, where: ColumnElement[bool], now: datetime, settle: Settle
) -> None:
    """Make claimed letters planned again, and those in_data uncertain."""
    query = select(letters.c.id).where(where, letters.c.outcome == Outcome.IN_DATA)
    text = "the process died while the letter was under way"
    lost = [
        Receipt(letter_id, Outcome.UNCERTAIN, 0, text, now)
        for letter_id in connection.scalars(query)
    ]
    settle(connection, lost, now)
    free_rows(connection, and_(where, letters.c.outcome == Outcome.CLAIMED), now)
