"""Outcomes are committed in groups, and while too many wait no letter is handed out."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.delivery.belt import Belt, Item
from digest.delivery.clerk import Clerk
from digest.delivery.envelope import address_envelope
from digest.delivery.gate import Gate
from digest.delivery.recorder import Recorder
from digest.models import Outcome, Receipt
from digest.state.journal import Journal, orphans
from tests.delivery.conftest import edition_for, letter_of

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def receipt(number: int) -> Receipt:
    """Return that a letter was sent."""
    return Receipt(f"id{number}", Outcome.SENT, 250, "ok" * 1_000, NOW)


async def open_belt() -> Belt:
    """Return a belt with two letters on it."""
    belt = Belt(100, Clerk(Gate(None, {}), lambda: NOW))
    for number in (1, 2):
        letter = letter_of(edition_for("ada@example.org", number))
        await belt.put(Item(letter, address_envelope(letter), ()))
    return belt


def test_no_letter_is_sent_while_300_outcomes_are_not_committed() -> None:
    """Nor is any lost; once they are committed it goes on."""

    async def scenario() -> None:
        belt, slow, committed = await open_belt(), asyncio.Event(), list[str]()

        async def commit(batch: Sequence[Receipt]) -> None:
            await slow.wait()
            committed.extend(one.id for one in batch)

        recorder = Recorder(commit, None, belt)
        for number in range(299):
            recorder.add(receipt(number))
        assert belt.try_take() is not None
        recorder.add(receipt(299))
        assert belt.try_take() is None
        slow.set()
        for _ in range(9):
            await asyncio.sleep(0)
        assert committed == [f"id{number}" for number in range(300)]
        assert belt.try_take() is not None
        await recorder.finish()

    asyncio.run(scenario())


def test_few_outcomes_do_not_wait_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are committed after a moment, each time."""
    monkeypatch.setattr("digest.delivery.recorder.GROUP_SECONDS", 0.0)

    async def scenario() -> None:
        belt, committed = await open_belt(), list[str]()

        async def commit(batch: Sequence[Receipt]) -> None:
            committed.extend(one.id for one in batch)

        recorder = Recorder(commit, None, belt)
        for number in range(3):
            recorder.add(receipt(number))
            for _ in range(9):
                await asyncio.sleep(0)
            assert len(committed) == number + 1
        await recorder.finish()

    asyncio.run(scenario())


def test_a_journal_has_room_for_any_number_of_letters(tmp_path: Path) -> None:
    """What was committed is forgotten: else a megabyte's outcomes would be all."""

    async def scenario() -> None:
        belt, committed = await open_belt(), 0

        async def commit(batch: Sequence[Receipt]) -> None:
            nonlocal committed
            committed += len(batch)

        recorder = Recorder(commit, Journal(tmp_path / "j.one"), belt)
        for number in range(2_000):
            recorder.add(receipt(number))
            if number % 100 == 99:
                await asyncio.sleep(0)
        await recorder.finish()
        assert committed == 2_000
        recorder.close()

    asyncio.run(scenario())
    assert not list(orphans(tmp_path / "j"))


def test_what_cannot_be_committed_stays_in_the_journal(tmp_path: Path) -> None:
    """The run ends, and the next one reads what became of the letters."""

    async def scenario() -> None:
        belt = await open_belt()

        async def commit(_batch: Sequence[Receipt]) -> None:
            raise OSError("disk full")

        recorder = Recorder(commit, Journal(tmp_path / "j.one"), belt)
        recorder.begin("id1")
        recorder.add(receipt(1))
        with pytest.raises(OSError, match="disk full"):
            await recorder.finish()
        assert not belt.accepts
        recorder.abandon()

    asyncio.run(scenario())
    [(_, testimony)] = orphans(tmp_path / "j")
    assert (testimony.begun, set(testimony.receipts)) == ({"id1"}, {"id1"})
