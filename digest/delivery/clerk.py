"""Keeps a run's books: who is on the wire, what each verdict means, when a run is hopeless."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.delivery.belt import Item
from digest.delivery.gate import Gate
from digest.delivery.recorder import Recorder
from digest.delivery.replies import Action, Fault, Verdict
from digest.errors import DeliveryError
from digest.models import Outcome, Receipt
from digest.state.suppression import Suppressions

HOPELESS_LETTERS = 25  # failures in a row, with nothing sent in between, that end a run
STUCK_LETTERS = 100  # the same, deferred letters included
FEW_BAD_ADDRESSES = 5  # fewer are believed even where no letter was sent
OUTCOMES = {
    Action.ACCEPT: Outcome.SENT,
    Action.DEFER: Outcome.DEFERRED,
    Action.FAIL: Outcome.FAILED,
    Action.UNCERTAIN: Outcome.UNCERTAIN,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BadAddress:
    """A recipient the relay said does not exist."""

    email: str
    kind: str  # "hard", or "soft" where the reply leaves a doubt
    receipt: Receipt


class Clerk:
    """The books of one run.

    Attributes:
        recorder, halt, shut: set before the first letter.
        held: ids of letters claimed and not at an outcome.
        under_way: of these, the ones whose content was sent or is about to be.
        breaker: why the run was given up as hopeless.
        made: letters that were composed and addressed, here or in another process.
    """

    recorder: Recorder
    halt: Callable[[], None]
    shut: Callable[[str], None]  # told a domain that has just closed

    def __init__(self, gate: Gate, clock: Callable[[], datetime]) -> None:
        self.gate, self.clock = gate, clock
        self.held: set[str] = set()
        self.under_way: set[str] = set()
        self.bad_addresses: list[BadAddress] = []
        self.breaker: DeliveryError | None = None
        self._failures = self._misses = 0  # in a row: failed; not sent
        self.made = self._unmade = 0

    def begin(self, item: Item) -> None:
        """Note that a letter's content is about to go out."""
        self.under_way.add(item.letter.id)
        self.recorder.begin(item.letter.id)

    def forgo(self, item: Item) -> None:
        """Note that the relay has not taken a letter, which therefore goes back."""
        self.under_way.discard(item.letter.id)
        self.recorder.forgo(item.letter.id)

    def settle(self, item: Item, verdict: Verdict) -> None:
        """Turn a verdict into the letter's receipt."""
        now = self.clock()
        if self.gate.hear(item.envelope.domain, verdict, now.timestamp()):
            self.shut(item.envelope.domain)
        outcome = OUTCOMES[verdict.action]
        receipt = Receipt(item.letter.id, outcome, verdict.code, verdict.text, now)
        if log.isEnabledFor(logging.DEBUG):
            told = (outcome, receipt.id, item.letter.email, receipt.code, receipt.text)
            log.debug("letter event=%s id=%s to=%s code=%d reply=%r", *told)
        if verdict.fault in (Fault.ADDRESS, Fault.DOUBTFUL):
            kind = "hard" if verdict.fault is Fault.ADDRESS else "soft"
            self.bad_addresses.append(BadAddress(item.letter.email, kind, receipt))
        if verdict.fault is Fault.OURS:
            log.warning(
                "letter event=refused_as_malformed id=%s reply=%s", receipt.id, verdict.text
            )
        self.held.discard(receipt.id)
        self.under_way.discard(receipt.id)
        if verdict.telling:
            self._count(receipt)
        self.recorder.add(receipt)

    def _count(self, receipt: Receipt) -> None:
        """Give the run up as hopeless where too many letters in a row were not sent."""
        sent, deferred = receipt.outcome is Outcome.SENT, receipt.outcome is Outcome.DEFERRED
        self._misses = 0 if sent else self._misses + 1
        self._failures = 0 if sent else self._failures + (not deferred)
        if self._failures >= HOPELESS_LETTERS or self._misses >= STUCK_LETTERS:
            reason = f"{self._misses} letters in a row were not sent, the last one with"
            reply = f"{receipt.code or ''} {receipt.text!r}".strip()
            advice = "the rest stays planned; see `digest history`, mend the cause, run again"
            self._break("the relay", f"{reason} {reply}; {advice}")

    def receive_unmade(self, receipt: Receipt) -> None:
        """Take the failure of a letter that cannot be composed or addressed.

        That is no fault of the relay; but where none at all can be made, the others are kept.
        """
        self.held.discard(receipt.id)
        self._unmade += 1
        if not self.made and self._unmade >= HOPELESS_LETTERS:
            reason = f"the first {self._unmade} letters could not be made, the last one"
            advice = "mend the cause (`digest check`), then `digest retry --deferred` or `--failed`"
            self._break(
                "the readers", f"{reason} {receipt.text!r}; the rest stays planned: {advice}"
            )
        self.recorder.add(receipt)

    def withhold(self, item: Item, reason: str) -> None:
        """Take note that a letter is not sent, since its reader wants none any more."""
        self.held.discard(item.letter.id)
        now = self.clock()
        self.recorder.add(Receipt(item.letter.id, Outcome.SKIPPED, 0, reason, now))

    def _break(self, host: str, reason: str) -> None:
        if self.breaker is None:
            self.breaker = DeliveryError(host, reason)
            self.halt()

    def believed(self, sent: int) -> list[BadAddress]:
        """Return the bad addresses, unless it looks as if the relay refused everybody.

        Doubtful ones are believed beside more letters that were sent: "550 relay not permitted" and
        "550 sender verify failed" are our fault, and look alike.
        """
        if self.breaker or (not sent and len(self.bad_addresses) >= FEW_BAD_ADDRESSES):
            return []
        certain = [bad for bad in self.bad_addresses if bad.kind == "hard"]
        doubtful = len(self.bad_addresses) - len(certain)
        return self.bad_addresses if doubtful < sent else certain


def suppress_addresses(
    suppressions: Suppressions, bad_addresses: Sequence[BadAddress], now: datetime
) -> None:
    """Count bad addresses; those for certain are suppressed."""
    for bad in bad_addresses:
        detail = f"{bad.receipt.code} {bad.receipt.text}"
        suppressions.count_bounce(
            bad.email, bad.kind, now=now, letter=bad.receipt.id, detail=detail
        )
