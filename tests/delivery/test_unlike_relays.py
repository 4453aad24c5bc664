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
from tests.delivery.faults import Drop, Rule, Say

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


def test_addresses_that_no_relay_takes_end_no_run(outbox: Outbox) -> None:
    """Thirty of them in a row keep no letter behind them."""
    outbox.freeze([edition_for(f"ü{i}@d{i}.example.org", i) for i in range(1, 31)], NOW)
    outbox.freeze([edition_for(f"u{i}@d{i}.example.org", i) for i in range(31, 61)], NOW)
    with FaultServer(extensions=()) as server:
        report = deliver(outbox, loopback(server.port))
    assert (outcomes(report), report.error) == ({"failed": 30, "sent": 30}, None)


def test_a_relay_that_takes_no_letter_of_that_size_ends_the_run(outbox: Outbox) -> None:
    """All letters are as large: those that were not tried wait until its limit is mended."""
    outbox.freeze([edition_for(f"u{i}@d{i}.example.org", i) for i in range(300)], NOW)
    with FaultServer(extensions=("SIZE 100",)) as server:
        report = deliver(outbox, loopback(server.port))
    assert report.error is not None
    assert outbox.counts()[Outcome.PLANNED] > 100


def test_while_the_relay_that_may_take_it_is_away_a_letter_waits(outbox: Outbox) -> None:
    """It is deferred, without paying an attempt, and the run ends."""
    outbox.freeze([edition_for("ü@example.org")], NOW)
    with FaultServer(extensions=()) as server:
        report = deliver(outbox, loopback(1), loopback(server.port))
    assert outbox.counts() == {Outcome.DEFERRED: 1}
    assert report.error is not None
    assert "SMTPUTF8" in last_receipt(outbox).text


def test_what_only_a_relay_takes_that_is_given_up_waits_for_the_next_run(outbox: Outbox) -> None:
    """Whoever idles at the other one puts it off: the run does not hang."""
    outbox.freeze([edition_for(f"ü{i}@d{i}.example.org", i) for i in range(30)], NOW)
    lost = [Rule("dot", Drop())]
    with FaultServer(lost, pipelining=False) as one, FaultServer(extensions=()) as other:
        report = deliver(outbox, loopback(one.port, connections=1), loopback(other.port))
    assert set(outcomes(report)) == {"deferred", "uncertain"}
    assert "keeps failing" in str(report.error)


@pytest.mark.parametrize("less", ["8BITMIME", "8BITMIME\nSMTPUTF8\nSIZE 100"])
@pytest.mark.parametrize("connections", [1, 2])
def test_what_one_of_several_servers_behind_a_name_cannot_take_goes_later(
    outbox: Outbox, less: str, connections: int
) -> None:
    """It does not fail for good where another connection in this run offered what it needs."""
    outbox.freeze([edition_for(f"u{i}@d{i}.example.org", i) for i in range(10)], NOW)
    outbox.freeze([edition_for(f"ü{i}@d{i}.example.org", i) for i in range(10, 20)], NOW)
    narrow = Rule("ehlo", Say(250, f"fault.example\n{less}"), after=1)
    with FaultServer([narrow]) as server:
        relay = loopback(server.port, connections=connections, messages_per_connection=5)
        report = deliver(outbox, relay)
    assert set(outcomes(report)) == {"sent", "deferred"}


def test_what_a_later_server_behind_a_name_takes_is_sent(outbox: Outbox) -> None:
    """What the first one offered is not all that the relay takes."""
    outbox.freeze([edition_for(f"u{i}@d{i}.example.org", i) for i in range(5)], NOW)
    outbox.freeze([edition_for(f"ü{i}@d{i}.example.org", i) for i in range(5, 10)], NOW)
    narrow = Rule("ehlo", Say(250, "fault.example\n8BITMIME"), times=1)
    with FaultServer([narrow]) as server:
        relay = loopback(server.port, connections=1, messages_per_connection=5)
        report = deliver(outbox, relay)
    assert outcomes(report) == {"sent": 10}


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
