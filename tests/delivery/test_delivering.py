"""Letters leave the outbox once, and the report says what became of each."""

import asyncio
import email
import email.policy
import socket
import time

import pytest

from digest.config.schema import Delivery
from digest.delivery.delivering import deliver_letters
from digest.delivery.loop import run_loop
from digest.delivery.report import DeliveryReport
from digest.errors import TemplateError
from digest.models import Edition, Letter, Outcome, Receipt
from digest.state.outbox import Outbox
from digest.state.suppression import UNSUBSCRIBED, Suppression, Suppressions
from tests.delivery.conftest import (
    NOW,
    deliver,
    edition_for,
    last_receipt,
    letter_of,
    loopback,
    outcomes,
)
from tests.delivery.fault_server import FaultServer
from tests.delivery.faults import Drop, Late, Rule, Say

BACK_OFF_SECONDS = 20.0  # longer than any run here takes


@pytest.mark.parametrize("pipelining", [True, False])
def test_every_letter_arrives_once(outbox: Outbox, pipelining: bool) -> None:
    """All letters arrive, byte for byte, and a second run sends nothing."""
    editions = [edition_for(f"u{i}@example.org", i) for i in range(150)]
    assert outbox.freeze(editions, NOW) == 150
    with FaultServer(pipelining=pipelining) as server:
        report = deliver(outbox, loopback(server.port))
        again = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"sent": 150}
    assert report.balanced
    assert again.claimed == 0
    assert sorted(server.recipients) == sorted(e.email for e in editions)
    sent = {message.recipient: message.content for message in server.messages}
    assert all(sent[e.email] == letter_of(e).message for e in editions)
    assert outbox.counts() == {Outcome.SENT: 150}
    assert not list(outbox.journal_base.parent.glob("*.wire.*"))  # type: ignore[union-attr]


def test_a_refused_recipient_does_not_hurt_the_others(outbox: Outbox) -> None:
    """One 550 is one failure; the letters before and behind it arrive."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(20)], NOW)
    with FaultServer([Rule("rcpt", Say(550, "5.1.1 no such user"), about="u7@")]) as server:
        report = deliver(outbox, loopback(server.port, connections=1))
    assert outcomes(report) == {"failed": 1, "sent": 19}
    assert "u7@example.org" not in server.recipients
    [letter] = outbox.history(email="u7@example.org")
    assert (letter.outcome, letter.code) == (Outcome.FAILED, 550)


def test_a_relay_that_wants_the_content_of_a_letter_without_a_recipient(outbox: Outbox) -> None:
    """It gets none (RFC 2920 3.1): the letter is refused once, and the others arrive."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(9)], NOW)
    rules = [Rule("rcpt", Say(550, "5.1.1 no such user"), about="u3@"), Rule("data", Late(0))]
    with FaultServer(rules) as server:
        report = deliver(outbox, loopback(server.port, connections=1))
    assert outcomes(report) == {"failed": 1, "sent": 8}
    assert report.balanced
    [letter] = outbox.history(email="u3@example.org")
    assert [attempt.text for attempt in letter.attempts] == ["5.1.1 no such user"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_relay_that_takes_some_letters_and_hangs_up_is_called_again(
    outbox: Outbox, pipelining: bool
) -> None:
    """As often as that takes: it is given up only where it fails time and again in a row."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(40)], NOW)
    rules = [Rule("mail", Drop(), after=4 * n, times=1) for n in range(1, 9)]
    with FaultServer(rules, pipelining=pipelining) as server:
        report = deliver(outbox, loopback(server.port, connections=1))
    assert outcomes(report) == {"sent": 40}
    assert report.error is None
    assert server.connections == 9


def test_an_unreachable_relay_costs_nothing(outbox: Outbox) -> None:
    """Nobody pays an attempt, every row stays planned, and the sentence says what to do."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(20)], NOW)
    report = deliver(outbox, loopback(1))
    assert report.error is not None
    assert "cannot be reached" in str(report.error)
    assert "check host and port" in str(report.error)
    assert report.released == 20
    assert outbox.counts() == {Outcome.PLANNED: 20}


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("step", ["rcpt", "dot"])
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_letter_at_which_the_relay_hangs_up(outbox: Outbox, step: str, pipelining: bool) -> None:
    """It is deferred after some tries, pays none of them, and the letters behind it arrive."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(1, 9)], NOW)
    rule = Rule(step, Say(421, "4.7.0 later", close=True), about="u1@")
    with FaultServer([rule], pipelining=pipelining) as server:
        report = deliver(outbox, loopback(server.port, connections=1))
    assert outcomes(report) == {"deferred": 1, "sent": 7}
    assert report.error is None
    assert last_receipt(outbox).text == "the link was lost 3 times: 421 4.7.0 later"
    assert last_receipt(outbox).code == 0


def test_a_relay_that_is_given_up_is_called_no_more(outbox: Outbox) -> None:
    """Nor by those who had a letter on the wire when it refused another for our rights' sake."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(6)], NOW)
    rules = [Rule("mail", Say(530, "5.7.0 log in"), after=1, times=1), Rule("dot", Late(0.3))]
    with FaultServer(rules) as server:
        report = deliver(outbox, loopback(server.port, messages_per_connection=1))
    assert "answered 530" in str(report.error)
    assert outbox.counts() == {Outcome.SENT: 1, Outcome.PLANNED: 5}
    assert server.connections == 2


def test_a_relay_that_is_left_alone_keeps_nobody_waiting(outbox: Outbox) -> None:
    """While one of two backs off the other takes its share, too, and the last letter ends the run.

    With either wrong it would take as long as the back-off.
    """
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(300)], NOW)
    with FaultServer() as good, FaultServer([Rule("mail", Say(421, "4.3.2 busy"))]) as busy:
        settings = Delivery(smtp=(loopback(good.port), loopback(busy.port, connections=1)))
        began = time.monotonic()
        working = deliver_letters(
            outbox, letter_of, settings, clock=lambda: NOW, back_off=(BACK_OFF_SECONDS,)
        )
        report = run_loop(working)
        assert time.monotonic() - began < BACK_OFF_SECONDS / 2
    assert outcomes(report) == {"sent": 300}


def test_a_relay_that_says_nothing_does_not_keep_a_run_that_is_stopped(outbox: Outbox) -> None:
    """No letter is on the wire yet: nothing is to be finished, and all stay planned."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(20)], NOW)

    async def stopped_when_called(silent: socket.socket) -> DeliveryReport:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def called() -> None:
            loop.remove_reader(silent)
            loop.call_later(0.1, stop.set)

        loop.add_reader(silent, called)
        relay = loopback(silent.getsockname()[1], timeout_seconds=60)
        settings = Delivery(smtp=(relay,))
        run = deliver_letters(outbox, letter_of, settings, clock=lambda: NOW, stop=stop)
        return await asyncio.wait_for(run, 20)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        report = run_loop(stopped_when_called(silent))
    assert report.stopped
    assert report.error is None
    assert report.released == 20
    assert outbox.counts() == {Outcome.PLANNED: 20}


def test_letters_parse(outbox: Outbox) -> None:
    """What arrives is a message with the headers that were sent."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    with FaultServer() as server:
        deliver(outbox, loopback(server.port))
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    assert message["To"] == "ada@example.org"
    assert server.messages[0].sender == "b+id000001@example.org"


def test_letters_composed_by_others_are_sent_as_they_are(outbox: Outbox) -> None:
    """What others compose is claimed as it comes and composed no more; suppression still counts."""
    editions = [edition_for(f"u{i}@example.org", i) for i in range(250)]
    Outbox(outbox.database).freeze(editions, NOW)
    Suppressions(outbox.database).add([Suppression("u3@example.org", "complaint")], NOW)
    ready: dict[str, Letter] = {}
    coming = [letter_of(edition) for edition in editions]

    def more() -> bool:
        for letter in coming[:30]:
            ready[letter.id] = letter
        del coming[:30]
        return bool(coming)

    def compose(edition: Edition) -> Letter:
        raise AssertionError(edition.id)

    with FaultServer() as server:
        report = deliver(outbox, loopback(server.port), compose=compose, more=more, ready=ready)
    assert outcomes(report) == {"sent": 249, "skipped": 1}
    assert report.balanced
    assert not ready
    sent = {message.recipient: message.content for message in server.messages}
    assert all(sent[e.email] == letter_of(e).message for e in editions if e.id != "id000003")


def test_letters_that_are_no_longer_there_hold_nobody_up(outbox: Outbox) -> None:
    """Letters handed over that another process has claimed are dropped, and others composed."""
    Outbox(outbox.database).freeze([edition_for(f"u{i}@example.org", i) for i in range(20)], NOW)
    gone = [letter_of(edition_for(f"gone{i}@example.org", 1000 + i)) for i in range(300)]
    ready = {letter.id: letter for letter in gone}
    growing = [True] * 5
    with FaultServer() as server:
        report = deliver(
            outbox,
            loopback(server.port),
            more=lambda: bool(growing and growing.pop()),
            ready=ready,
        )
    assert outcomes(report) == {"sent": 20}
    assert not ready


def test_where_all_that_others_composed_is_refused_the_rest_is_sent(outbox: Outbox) -> None:
    """Letters due from before do not wait for the next run."""
    editions = [edition_for(f"u{i}@example.org", i) for i in range(6)]
    Outbox(outbox.database).freeze(editions, NOW)
    ready = {editions[0].id: letter_of(editions[0])}
    with FaultServer() as server:
        report = deliver(
            outbox,
            loopback(server.port),
            more=lambda: False,
            ready=ready,
            allowed=lambda email: email != "u0@example.org",
        )
    assert outcomes(report) == {"sent": 5, "cancelled": 1}


def test_letters_that_cannot_be_made_are_not_the_relays_fault(outbox: Outbox) -> None:
    """A template that raises for many readers costs those letters, and none of the others'."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(120)], NOW)

    def compose(edition: Edition) -> Letter:
        if 40 <= int(edition.id[2:]) < 90:
            raise ValueError("no such paper")
        return letter_of(edition)

    with FaultServer() as server:
        report = deliver(outbox, loopback(server.port), compose=compose)
    assert outcomes(report) == {"sent": 70, "failed": 50}
    assert report.error is None


def test_where_no_letter_can_be_made_the_others_are_kept(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A template that raises for everybody costs a few letters; one sentence says why."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(120)], NOW)

    def compose(edition: Edition) -> Letter:
        raise TemplateError("card.mjml", 1, f"broken for {edition.email}")

    with FaultServer() as server:
        report = deliver(outbox, loopback(server.port), compose=compose)
    assert not caplog.records  # no bug of ours: no traceback for each letter
    assert "could not be made" in str(report.error)
    assert "broken for" in str(report.error)
    assert "`digest retry --deferred`" in str(report.error)
    counts = outbox.counts()
    assert counts[Outcome.PLANNED] > 0
    assert counts[Outcome.DEFERRED] + counts[Outcome.PLANNED] == 120


def test_whoever_leaves_while_letters_wait_gets_none(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow relay has not had the letter yet that was claimed before its reader unsubscribed."""
    monkeypatch.setattr("digest.delivery.delivering.WISHES_SECONDS", 0.05)
    outbox.freeze([edition_for(f"U{i}@example.org", i) for i in range(8)], NOW)

    def leave(_receipt: Receipt) -> None:
        Suppressions(outbox.database).add([Suppression("u7@example.org", UNSUBSCRIBED)], NOW)

    with FaultServer([Rule("dot", Late(0.15))]) as server:
        relay = loopback(server.port, connections=1)
        report = deliver(outbox, relay, progress=leave)
    assert outcomes(report) == {"sent": 7, "skipped": 1}
    assert report.balanced
    assert "U7@example.org" not in server.recipients
    assert last_receipt(outbox, "id000007").text == UNSUBSCRIBED
