"""Two relays of which one takes less than the other: who gets the letters it cannot take."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from digest.delivery.belt import Belt, Clerk, Item
from digest.delivery.envelope import Envelope
from digest.models import Letter, Outcome
from digest.state.outbox import Outbox
from tests.delivery.conftest import (
    NOW,
    deliver,
    edition_for,
    last_receipt,
    loopback,
    outcomes,
)
from tests.delivery.fault_server import FaultServer

WIDE = ("8BITMIME", "SMTPUTF8")


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("narrow", "local"), [(("8BITMIME",), "ü"), ((*WIDE, "SIZE 100"), "u")])
def test_what_one_relay_cannot_take_goes_by_the_other(
    outbox: Outbox, narrow: tuple[str, ...], local: str, pipelining: bool
) -> None:
    """A letter fails for good only where every relay is known not to take it."""
    outbox.freeze([edition_for(f"{local}{i}@example.org", i) for i in range(30)], NOW)
    with (
        FaultServer(extensions=narrow, pipelining=pipelining) as one,
        FaultServer(extensions=WIDE, pipelining=pipelining) as other,
    ):
        report = deliver(outbox, loopback(one.port), loopback(other.port))
    assert outcomes(report) == {"sent": 30}
    assert (len(one.messages), len(other.messages)) == (0, 30)


def test_where_no_relay_takes_it_a_letter_fails(outbox: Outbox) -> None:
    """Neither waits for the other."""
    outbox.freeze([edition_for(f"ü{i}@example.org", i) for i in range(10)], NOW)
    with FaultServer(extensions=()) as one, FaultServer(extensions=()) as other:
        report = deliver(outbox, loopback(one.port), loopback(other.port))
    assert outcomes(report) == {"failed": 10}


def test_while_the_relay_that_may_take_it_is_away_a_letter_waits(outbox: Outbox) -> None:
    """It is deferred, without paying an attempt, and the run ends."""
    outbox.freeze([edition_for("ü@example.org")], NOW)
    with FaultServer(extensions=()) as server:
        report = deliver(outbox, loopback(1), loopback(server.port))
    assert outbox.counts() == {Outcome.DEFERRED: 1}
    assert report.error is not None
    assert "SMTPUTF8" in last_receipt(outbox).text


def test_a_letter_wakes_the_idle_worker_whom_it_suits() -> None:
    """Else it lay there for ever, where a worker of the other relay had waited for longer."""
    item = Item(cast("Letter", None), cast("Envelope", None), ())

    async def handed_out() -> list[Item | None]:
        belt = Belt(10, cast("Clerk", None))
        suits: tuple[Callable[[Item], bool], ...] = (lambda _: False, lambda _: True)
        narrow, wide = (asyncio.create_task(belt.take(one)) for one in suits)
        await asyncio.sleep(0)  # both wait now
        await belt.put(item)
        belt.close()
        taken = await asyncio.wait_for(wide, 5)
        belt.halt()
        return [taken, await narrow]

    assert asyncio.run(handed_out()) == [item, None]
