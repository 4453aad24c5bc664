"""Writes receipts into the outbox and decides, from a letter's past, when it is tried again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, and_, or_

from digest.models import RETRIED, UNSENT, Outcome, Receipt
from digest.state.letter_rows import Past, note_attempts, past_of, untell, write_outcomes
from digest.state.schema import letters

RETRY_SECONDS = (900, 1_800, 3_600, 7_200, 14_400)  # 15 min, 30 min, 1 h, 2 h, then every 4 h
JITTER = 0.1  # of the wait, to both sides
EXPIRED = "expired after: "  # and why a letter was put off until its time was over
# Nobody has these letters, and not because of their papers, which may come again. Those of one that
# was refused may be why: with them the next one would be refused, too.
FREES_PAPERS = or_(
    letters.c.outcome.in_(UNSENT),
    and_(letters.c.outcome == Outcome.FAILED, letters.c.text.startswith(EXPIRED)),
)
NOTHING_TO_SAY = "nothing to say"  # why a letter was skipped that had no papers
UNCERTAIN_SECONDS = 900  # before the one repetition of a letter whose fate is unknown


def settle(
    connection: Connection,
    receipts: Sequence[Receipt],
    now: datetime,
    *,
    hold_uncertain: bool,
    paid: int,
) -> list[Receipt]:
    """Write receipts over their letters, and return them as they were written.

    The papers of a letter that nobody can have no longer count as told.

    Args:
        hold_uncertain: never repeat a letter whose fate is unknown.
        paid: attempts that a letter pays which was on the wire; 0 or 1.
    """
    if not receipts:
        return []
    dated = [receipt if receipt.at else replace(receipt, at=now) for receipt in receipts]
    past = past_of(connection, [one.id for one in dated if one.outcome is not Outcome.SENT])
    settled = [decide(one, past.get(one.id), now, hold_uncertain) for one in dated]
    write_outcomes(connection, settled, now, paid)
    note_attempts(connection, settled)
    doubted = {letter_id for letter_id, one in past.items() if one.uncertain}
    untell(connection, [one.id for one in settled if frees_papers(one) and one.id not in doubted])
    return settled


def frees_papers(receipt: Receipt) -> bool:
    """Tell what `FREES_PAPERS` tells of rows."""
    put_off = receipt.outcome is Outcome.FAILED and receipt.text.startswith(EXPIRED)
    return put_off or receipt.outcome in UNSENT


def decide(receipt: Receipt, past: Past | None, now: datetime, hold_uncertain: bool) -> Receipt:
    """Return the receipt with its next try, or failed where that would be after its deadline.

    A letter of unknown fate is repeated once; the second time it stays uncertain, and so does one
    that may not be repeated, or in time no more.
    """
    if past is None:
        return receipt
    if receipt.outcome in UNSENT and past.uncertain:
        return replace(receipt, outcome=Outcome.UNCERTAIN)
    if receipt.outcome not in RETRIED:
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
        ending = Outcome.UNCERTAIN if past.uncertain else Outcome.FAILED
        return replace(receipt, outcome=ending, text=f"{EXPIRED}{receipt.text}")
    return replace(receipt, next_try=when)


def next_try(letter_id: str, attempts: int, now: float) -> float:
    """Return when a deferred letter is tried again, in Unix seconds.

    The wait doubles up to four hours (RFC 5321 4.5.4.1 asks for at least 30 minutes on average,
    and for a few quick tries first). The jitter hangs on the letter, so that it can be replayed.

    Args:
        attempts: how often it was tried, this time included; at least 1.
    """
    wait = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
    digest = blake2b(f"{letter_id}:{attempts}".encode(), digest_size=4).digest()
    spread = int.from_bytes(digest, "big") / 0xFFFF_FFFF * 2 - 1
    return now + wait * (1 + JITTER * spread)


def too_late(row: Row[Any], past: Past, now: datetime) -> Receipt:
    """End a letter whose time is over: one never tried is skipped, one that was tried failed.

    One whose fate was unknown stays so, also where a run gave its repetition back.
    """
    if row.outcome == Outcome.PLANNED and not row.attempts:
        return Receipt(row.id, Outcome.SKIPPED, 0, "too late", now)
    if past.uncertain:
        return Receipt(row.id, Outcome.UNCERTAIN, 0, "too late to repeat it", now)
    return Receipt(row.id, Outcome.FAILED, row.code, f"{EXPIRED}{row.text}", now)


def damaged(letter_id: str, now: datetime) -> Receipt:
    """End a letter whose row cannot be read, or of which a paper is missing."""
    return Receipt(letter_id, Outcome.FAILED, 0, "its row in the outbox is damaged", now)
