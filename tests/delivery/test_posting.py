"""One letter outside the outbox is handed over, and what became of it is told."""

from pathlib import Path

import pytest

from digest.config.schema import Delivery
from digest.delivery.posting import post_letter
from digest.models import Letter, Outcome
from tests.delivery.conftest import NOW, edition_for, letter_of, loopback
from tests.delivery.fault_server import FaultServer
from tests.delivery.faults import Accept, Drop, Rule, Say

LETTER = letter_of(edition_for("ops@example.org"))


def post(server: FaultServer, letter: Letter = LETTER) -> tuple[Outcome, int, str]:
    """Post a letter to the server; return outcome, code and text."""
    receipt = post_letter(letter, Delivery(smtp=(loopback(server.port),)), NOW)
    return receipt.outcome, receipt.code, receipt.text


def test_taken() -> None:
    """The relay has the very bytes, from the sender to the recipient."""
    with FaultServer() as server:
        assert post(server)[:2] == (Outcome.SENT, 250)
        [message] = server.messages
    assert (message.sender, message.recipient) == ("b+id000001@example.org", "ops@example.org")
    assert message.content == LETTER.message


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("rcpt", Say(550, "5.1.1 no such user")), "no such user"),
        (Rule("mail", Say(451, "4.7.1 later")), "later"),
        (Rule("dot", Say(554, "5.7.1 spam")), "spam"),
        (Rule("connect", Say(421, "4.3.2 busy")), "busy"),
        (Rule("connect", Drop()), ""),
        (Rule("dot", Accept()), ""),
        (Rule("data", Drop()), ""),
    ],
)
def test_not_taken(rule: Rule, words: str) -> None:
    """Whatever goes wrong is a failure with the relay's words, and never an exception."""
    with FaultServer([rule]) as server:
        outcome, _, text = post(server)
    assert outcome is Outcome.FAILED
    assert words in text
    assert text


def test_an_address_that_cannot_go_on_the_wire() -> None:
    """It is refused before anybody is called."""
    with FaultServer() as server:
        assert post(server, LETTER._replace(email="no address"))[0] is Outcome.FAILED
        assert server.connections == 0


def test_a_folder(tmp_path: Path) -> None:
    """Where letters are files it becomes one."""
    receipt = post_letter(LETTER, Delivery(folder=tmp_path / "outbox"), NOW)
    assert receipt.outcome is Outcome.SENT
    assert list((tmp_path / "outbox").rglob("*.eml"))


def test_no_way_out() -> None:
    """A configuration that names none is told so."""
    receipt = post_letter(LETTER, Delivery(), NOW)
    assert receipt.outcome is Outcome.FAILED
    assert "names no smtp" in receipt.text
