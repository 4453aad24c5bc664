"""Buckets halve on protest, grow back slowly and are remembered; domains close and open."""

import asyncio
import time
from datetime import timedelta

import pytest

from digest.config.schema import Delivery
from digest.delivery.delivering import deliver_letters
from digest.delivery.gate import Gate
from digest.delivery.pacing import Bucket, open_bucket
from digest.delivery.replies import Action, Fault, Verdict
from digest.delivery.report import DeliveryReport
from digest.models import Outcome
from digest.state.outbox import Outbox
from digest.state.throttle import load_throttles
from tests.delivery.conftest import NOW, deliver, edition_for, letter_of, loopback, outcomes
from tests.delivery.fault_server import FaultServer
from tests.delivery.faults import Late, Rule, Say

BLOCKED = Verdict(Action.FAIL, 550, "5.7.1 blocked", Fault.POLICY)
SENT = Verdict(Action.ACCEPT, 250, "ok")


def letters_within(bucket: Bucket, start: float, seconds: float) -> int:
    """Return how many letters a bucket lets through when asked every 10 ms."""
    steps = int(seconds * 100)
    return sum(bucket.take(start + step / 100) for step in range(steps))


def test_a_bucket_keeps_its_rate() -> None:
    """Five a second are about fifty in ten seconds, however greedy the caller."""
    assert 48 <= letters_within(Bucket(5.0, 5.0), 100.0, 10) <= 56


def test_no_limit_is_no_limit() -> None:
    """A bucket without rate always has a token."""
    assert letters_within(Bucket(None, None), 100.0, 1) == 100


def test_protest_halves_and_time_heals() -> None:
    """After a protest half the rate; a minute later a fifth more; never above the ceiling."""
    bucket = Bucket(8.0, 8.0)
    bucket.take(100.0)
    bucket.slow_down(100.0)
    assert bucket.rate == 4.0
    bucket.take(160.0)
    assert bucket.rate == pytest.approx(4.8)
    bucket.take(10_000.0)
    assert bucket.rate == 8.0


def test_a_burst_of_protests_is_one() -> None:
    """Letters that were on their way when the rate was halved do not halve it again."""
    bucket = Bucket(None, None)
    for step in range(20):
        bucket.slow_down(100.0 + step / 10)
    assert bucket.rate == pytest.approx(10.0, rel=0.02)
    bucket.slow_down(111.0)
    assert bucket.rate == pytest.approx(5.0, rel=0.1)


def test_a_free_bucket_is_limited_by_what_it_did() -> None:
    """Without a ceiling, half of what was sent of late is the new rate."""
    bucket = Bucket(None, None)
    letters_within(bucket, 100.0, 60)
    bucket.slow_down(160.0)
    assert bucket.rate == pytest.approx(50, rel=0.2)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    """No tokens for time that ran backwards, and no error."""
    bucket = Bucket(1.0, 1.0)
    assert bucket.take(1_000.0)
    assert not bucket.take(10.0)
    assert bucket.take(11.5)


def test_how_long_the_next_letter_waits() -> None:
    """Half a second at two a second; a rest saves up a second's letters, and one at least."""
    bucket = Bucket(2.0, 2.0)
    assert bucket.take(100.0)
    assert bucket.wait(100.0) == 0.5
    assert bucket.wait(100.25) == 0.25
    for rate, saved in ((5.0, 5), (0.25, 1)):
        rested = Bucket(rate, rate)
        rested.take(100.0)
        assert [rested.take(4_000.0) for _ in range(9)].count(True) == saved


def test_a_protest_takes_what_was_saved_up() -> None:
    """The next letter waits at the new pace, which never comes to a standstill."""
    bucket = Bucket(8.0, 8.0)
    bucket.take(100.0)
    bucket.slow_down(200.0)
    assert bucket.wait(200.0) == 0.25
    for protest in range(20):
        bucket.slow_down(300.0 + 11 * protest)
    assert bucket.rate == 0.05


def test_a_limit_that_nobody_configured_is_lifted() -> None:
    """When it allows forty letters a second, and four times what is sent."""
    idle, busy = Bucket(None, None), Bucket(None, None)
    idle.slow_down(100.0)
    idle.take(100.0 + 7 * 60)
    assert idle.rate == pytest.approx(10 * 1.2**7)
    idle.take(100.0 + 8 * 60)
    assert idle.rate is None
    busy.slow_down(100.0)
    letters_within(busy, 100.0, 480)
    assert busy.rate == pytest.approx(10 * 1.2**8, rel=0.01)


def test_a_remembered_pace_grows_while_away() -> None:
    """An hour of rest makes up for many protests, up to the ceiling."""
    assert open_bucket(100.0, 1.0, 0.0).rate == 1.0
    assert open_bucket(100.0, 1.0, 3_600.0).rate == 100.0
    assert open_bucket(100.0, 1.0, 600.0).rate == pytest.approx(1.2**10)
    assert open_bucket(100.0, 1.0, -3_600.0).rate == 1.0, "its clock was ahead"
    assert open_bucket(100.0, 1.0, 1e12).rate == 100.0
    assert [open_bucket(None, rate, 0.0).rate for rate in (999.0, 1_001.0)] == [999.0, None]
    assert open_bucket(None, 1.0, 86_400.0).rate is None
    assert open_bucket(3.0, None, 0.0).rate == 3.0


def test_a_domain_closes_and_opens_again() -> None:
    """The first policy refusal closes a domain that took nothing; each closure lasts longer."""
    gate = Gate(None, {})
    now, waits = 1_000.0, []
    for _ in range(4):
        gate.hear("strict.org", BLOCKED, now)
        until = gate.closed("strict.org", now)
        waits.append(until - now)
        now = until
        assert gate.closed("strict.org", now) == 0
    assert waits == [900, 3_600, 14_400, 14_400]
    gate.hear("strict.org", SENT, now)
    assert gate.memory(now)["strict.org"]["closures"] == 0


def test_a_burst_of_refusals_closes_a_domain_once() -> None:
    """Letters that were on their way when it closed keep it closed no longer."""
    gate = Gate(None, {})
    for step in range(20):
        gate.hear("strict.org", BLOCKED, 1_000.0 + step / 100)
    assert gate.closed("strict.org", 1_001.0) == 1_900.0
    gate.hear("strict.org", BLOCKED, 1_900.0)
    assert gate.closed("strict.org", 1_901.0) == 1_900.0 + 3_600


def test_a_domain_that_closes_gets_nothing_more(outbox: Outbox) -> None:
    """What was ready for it waits until it opens, in place of being refused letter by letter."""
    outbox.freeze([edition_for(f"u{i}@strict.org", i) for i in range(150)], NOW)
    outbox.freeze([edition_for(f"u{i}@b{i}.org", 200 + i) for i in range(30)], NOW)
    refusal = Rule("rcpt", Say(550, "5.7.1 blocked"), about="@strict.org")
    with FaultServer([refusal]) as server:
        report = deliver(outbox, loopback(server.port))
    assert report.balanced
    assert report.counts[Outcome.SENT] == 30
    assert report.counts[Outcome.FAILED] <= 4, "those that were on their way"
    assert sum(report.counts.values()) == 180


def test_a_domain_that_takes_letters_closes_later() -> None:
    """One mailbox's own rule does not close a domain; three refusals in a row do."""
    gate = Gate(None, {})
    gate.hear("big.org", SENT, 1.0)
    gate.hear("big.org", BLOCKED, 2.0)
    gate.hear("big.org", BLOCKED, 3.0)
    assert gate.closed("big.org", 3.0) == 0
    gate.hear("big.org", BLOCKED, 4.0)
    assert gate.closed("big.org", 4.0) > 0


def test_memory_goes_on_in_the_next_run() -> None:
    """A closed domain and a slowed pace are known to the next run."""
    gate = Gate(None, {})
    gate.hear("a.org", BLOCKED, 1_000.0)
    gate.hear("b.org", Verdict(Action.DEFER, 451, "4.7.1 slow", slow_down=True), 1_000.0)
    later = Gate(None, gate.memory(1_000.0))
    assert later.closed("a.org", 1_100.0) == 1_900.0
    assert later.domain("b.org", 1_000.0).bucket.rate == pytest.approx(10.0)


def test_a_domains_pace_is_kept_within_a_run(outbox: Outbox) -> None:
    """Letters beyond a domain's pace wait for their turn; another domain's do not."""
    outbox.freeze([edition_for(f"u{i}@slow.org", i) for i in range(12)], NOW)
    outbox.freeze([edition_for(f"u{i}@b{i}.org", 100 + i) for i in range(30)], NOW)
    began = time.monotonic()
    with FaultServer() as server:
        settings = Delivery(smtp=(loopback(server.port),), domain_per_second=20)
        report = asyncio.run(
            deliver_letters(outbox, letter_of, settings, clock=lambda: NOW + passed(began))
        )
    assert outcomes(report) == {"sent": 42}
    assert report.balanced
    first_half = server.recipients[: 42 // 2]
    assert sum(name.endswith("@slow.org") for name in first_half) < 8


@pytest.mark.parametrize("pipelining", [True, False])
def test_the_pace_of_a_relay_is_as_configured(outbox: Outbox, pipelining: bool) -> None:
    """Over all its connections, and whether or not letters follow right behind one another."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(16)], NOW)
    began = time.monotonic()
    with FaultServer(pipelining=pipelining) as server:
        report = deliver(outbox, loopback(server.port, per_second=50))
    assert outcomes(report) == {"sent": 16}
    assert time.monotonic() - began > 15 / 50


def passed(began: float) -> timedelta:
    """Return the time since then."""
    return timedelta(seconds=time.monotonic() - began)


def test_the_relays_pace_is_remembered(outbox: Outbox) -> None:
    """A 421 halves the relay's pace, and the next run knows."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(6)], NOW)
    with FaultServer(
        [Rule("mail", Say(421, "4.7.0 too fast", close=True), after=3, times=1)]
    ) as server:
        report = deliver(outbox, loopback(server.port, connections=1))
    assert outcomes(report) == {"sent": 6}
    remembered = load_throttles(outbox.database, "relay")
    assert remembered[f"127.0.0.1:{server.port}"]["rate"] < 20
    assert outbox.counts() == {Outcome.SENT: 6}


def test_a_relay_that_heard_nothing_for_too_long_slows_nobody_down(outbox: Outbox) -> None:
    """A machine that slept in mid-run goes on as fast as before, and so do later runs."""
    outbox.freeze([edition_for(f"a{i}@example.org", i) for i in range(10)], NOW)
    idle = Say(421, "4.4.2 Error: timeout exceeded", close=True)
    with FaultServer([Rule("mail", idle, after=3, times=1)]) as server:
        report = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"sent": 10}
    assert not load_throttles(outbox.database, "relay")


def test_a_run_that_is_stopped_while_letters_wait_for_their_pace(outbox: Outbox) -> None:
    """They are in the outbox already, and not the run's to give back: another may hold them."""
    outbox.freeze([edition_for(f"u{i}@slow.org", i) for i in range(5)], NOW)

    async def stopped_soon(port: int) -> DeliveryReport:
        stop = asyncio.Event()
        settings = Delivery(smtp=(loopback(port),), domain_per_second=0.1)
        return await deliver_letters(
            outbox,
            letter_of,
            settings,
            clock=lambda: NOW,
            stop=stop,
            progress=lambda _: asyncio.get_running_loop().call_later(0.1, stop.set),
        )

    with FaultServer() as server:
        report = asyncio.run(stopped_soon(server.port))
    assert outcomes(report) == {"sent": 1}
    assert (report.claimed, report.released, report.balanced) == (1, 0, True)
    assert outbox.counts() == {Outcome.SENT: 1, Outcome.PLANNED: 4}


@pytest.mark.usefixtures("at_once")
def test_a_relay_that_was_busy_once_gets_every_connection(outbox: Outbox) -> None:
    """Those that waited for the first one to be opened come when it has been."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(40)], NOW)
    rules = [
        Rule("connect", Late(0.05)),
        Rule("mail", Say(421, "4.3.2 busy", close=True), times=1),
        Rule("dot", Late(0.03)),
    ]
    with FaultServer(rules, pipelining=False) as server:
        deliver(outbox, loopback(server.port, connections=4), back_off=(0.3, 1.0))
    assert outbox.counts() == {Outcome.SENT: 40}
    assert server.most_open == 4
