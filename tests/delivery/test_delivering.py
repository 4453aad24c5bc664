"""Letters leave the outbox once, and the report says what became of each."""

import email
import email.policy

import pytest

from digest.models import Outcome
from digest.state.outbox import Outbox
from tests.delivery.conftest import NOW, deliver, edition_for, letter_of, loopback, outcomes
from tests.delivery.fault_server import FaultServer, Rule, Say


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
    assert outbox.accounting().balanced
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


def test_an_unreachable_relay_costs_nothing(outbox: Outbox) -> None:
    """Nobody pays an attempt, every row stays planned, and the sentence says what to do."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(20)], NOW)
    report = deliver(outbox, loopback(1))
    assert report.error is not None
    assert "cannot be reached" in str(report.error)
    assert "check host and port" in str(report.error)
    assert report.released == 20
    assert outbox.accounting().counts == {Outcome.PLANNED: 20}


def test_letters_parse(outbox: Outbox) -> None:
    """What arrives is a message with the headers that were sent."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    with FaultServer() as server:
        deliver(outbox, loopback(server.port))
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    assert message["To"] == "ada@example.org"
    assert server.messages[0].sender == "b+id000001@example.org"
