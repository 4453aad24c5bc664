"""Writes receipts into the outbox and decides, from a letter's past, when it is tried again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from digest.models import RETRIED, UNSENT, Outcome, Receipt
from digest.state.letter_rows import Past, note_attempts, past_of, untell, write_outcomes
from digest.state.retrying import UNCERTAIN_SECONDS, next_try


def settle(
    connection: Connection,
    receipts: Sequence[Receipt],
    now: datetime,
    *,
    hold_uncertain: bool = False,
    paid: int = 1,
) -> list[Receipt]:
    """Write receipts over their letters, and return them as they were written.

    The papers of a letter that is not sent after all no longer count as told.

    Args:
        hold_uncertain: never repeat a letter whose fate is unknown.
        paid: attempts that a letter pays which was on the wire; 0 or 1.
    """
    if not receipts:
        return []
    dated = [receipt if receipt.at else replace(receipt, at=now) for receipt in receipts]
    past = past_of(connection, [one.id for one in dated if one.outcome in RETRIED])
    settled = [decide(one, past.get(one.id), now, hold_uncertain) for one in dated]
    write_outcomes(connection, settled, now, paid)
    note_attempts(connection, settled)
    untell(connection, [one.id for one in settled if one.outcome in UNSENT])
    return settled


def decide(receipt: Receipt, past: Past | None, now: datetime, hold_uncertain: bool) -> Receipt:
    """Return the receipt with its next try, or failed where that would be after its deadline.

    A letter of unknown fate is repeated once; the second time it stays uncertain.
    """
    if past is None or receipt.outcome not in RETRIED:
        return receipt
    if receipt.outcome is Outcome.UNCERTAIN:
        final = hold_uncertain or past.uncertain
        until = None if final else now + timedelta(seconds=UNCERTAIN_SECONDS)
        return replace(receipt, next_try=until)
    when = receipt.next_try
    if when is None:
        at = next_try(receipt.id, past.attempts + 1, now.timestamp())
        when = datetime.fromtimestamp(at, UTC)
    if past.deadline and when.timestamp() > past.deadline:
        return replace(receipt, outcome=Outcome.FAILED, text=f"expired after: {receipt.text}")
    return replace(receipt, next_try=when)


def too_late(row: Row[Any], past: Past, now: datetime) -> Receipt:
    """End a letter whose time is over: one never tried is skipped, one that was tried failed.

    One whose fate was unknown stays so, also where a run gave its repetition back.
    """
    if row.outcome == Outcome.PLANNED and not row.attempts:
        return Receipt(row.id, Outcome.SKIPPED, 0, "too late", now)
    if past.uncertain:
        return Receipt(row.id, Outcome.UNCERTAIN, 0, "too late to repeat it", now)
    return Receipt(row.id, Outcome.FAILED, row.code, f"expired after: {row.text}", now)


def damaged(letter_id: str, now: datetime) -> Receipt:
    """End a letter whose row cannot be read, or of which a paper is missing."""
    return Receipt(letter_id, Outcome.FAILED, 0, "its row in the outbox is damaged", now)
