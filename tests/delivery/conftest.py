"""What the tests of delivery share: editions, letters, a relay, a run."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pytest

from digest.config.schema import Delivery, Relay
from digest.delivery.delivering import deliver_letters
from digest.delivery.loop import run_loop
from digest.delivery.report import DeliveryReport
from digest.models import Edition, Letter, Paper, Pick, Receipt, Section
from digest.state.outbox import Outbox

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
PAPER = Paper(("arxiv:2205.14135",), "FlashAttention", abstract="Attention, exact and fast.")


def edition_for(email: str, number: int = 1) -> Edition:
    """Return an edition with one paper."""
    sections = (Section("Attention", (Pick(PAPER, "Attention", 2.0),)),)
    return Edition(f"id{number:06d}", date(2026, 3, 2), "daily", email, NOW, sections=sections)


def letter_of(edition: Edition) -> Letter:
    """Return a small letter whose lines begin with dots."""
    message = (
        f"From: digest@example.org\r\nTo: {edition.email}\r\nSubject: {edition.id}\r\n"
        f"Date: Mon, 02 Mar 2026 07:30:00 +0000\r\nMessage-ID: <{edition.id}@example.org>\r\n\r\n"
        f".one dot\r\n..two dots\r\n{edition.id}\r\n.\r\nend\r\n"
    )
    return Letter(
        edition.id,
        edition.email,
        f"b+{edition.id}@example.org",
        edition.id,
        (message.encode(),),
        "<p>",
    )


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what a relay that says 421 has taken so far is more than any test sends."""
    monkeypatch.setattr("digest.delivery.pacing.FIRST_PER_SECOND", 1e6)


def loopback(port: int, **options: object) -> Relay:
    """Return the relay on that port."""
    defaults = {"tls": "none", "timeout_seconds": 5, "connections": 2, "local_hostname": "here"}
    return Relay.model_validate({"host": "127.0.0.1", "port": port, **defaults, **options})


def deliver(
    outbox: Outbox,
    *relays: Relay,
    now: datetime = NOW,
    compose: Callable[[Edition], Letter] = letter_of,
    settings: Delivery | None = None,
    back_off: Sequence[float] = (0.01, 0.01, 0.01),
    **options: object,
) -> DeliveryReport:
    """Run `deliver_letters` to its end."""
    settings = settings or Delivery(smtp=relays)
    return run_loop(
        deliver_letters(
            outbox,
            compose,
            settings,
            clock=lambda: now,
            back_off=back_off,
            **options,  # type: ignore[arg-type]
        ),
        commands=bool(settings.sendmail),
    )


def outcomes(report: DeliveryReport) -> dict[str, int]:
    """Return the report's counts by name."""
    return {str(outcome): count for outcome, count in sorted(report.counts.items())}


def last_receipt(outbox: Outbox, letter_id: str = "id000001") -> Receipt:
    """Return a letter's last attempt."""
    [letter] = outbox.history(letter_id=letter_id)
    return letter.attempts[-1]
