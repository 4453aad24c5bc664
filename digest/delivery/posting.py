"""Hands over one letter that is in no outbox: a word to the operator, a doctor's test letter."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from digest.config.schema import Delivery
from digest.delivery.belt import Belt, Item
from digest.delivery.doors import open_door
from digest.delivery.envelope import AddressProblem, address_envelope, wire_content
from digest.delivery.replies import Action, Verdict
from digest.errors import DeliveryError
from digest.models import Letter, Outcome, Receipt


@dataclass(slots=True)
class Counter:
    """Keeps what became of the letter."""

    verdicts: list[Verdict] = field(default_factory=list)

    def begin(self, item: Item) -> None:
        """Nothing is written down before the content goes out."""

    def forgo(self, item: Item) -> None:
        """The letter waits for another connection."""

    def settle(self, _item: Item, verdict: Verdict) -> None:
        """Keep the verdict."""
        self.verdicts.append(verdict)


def post_letter(letter: Letter, settings: Delivery, now: datetime) -> Receipt:
    """Hand the letter over by the way that the configuration names, trying each relay once.

    What is not sent is not remembered: whoever posts it decides whether to try again.
    """
    try:
        verdict = asyncio.run(hand_over(letter, settings, now))
    except (DeliveryError, AddressProblem) as error:
        return Receipt(letter.id, Outcome.FAILED, 0, str(error), now)
    sent = verdict.action is Action.ACCEPT
    outcome = Outcome.SENT if sent else Outcome.FAILED
    return Receipt(letter.id, outcome, verdict.code, verdict.text, now)


async def hand_over(letter: Letter, settings: Delivery, now: datetime) -> Verdict:
    """Return what the other side said of the letter.

    Raises:
        DeliveryError: nobody took it in hand.
        AddressProblem: its address cannot go on the wire.
    """
    door = open_door(settings, back_off=(), remembered={}, now=now.timestamp())
    counter = Counter()
    belt = Belt(1, counter)
    item = Item(letter, address_envelope(letter), wire_content(letter))
    await belt.put(item)
    belt.close()
    try:
        await door.work(belt)
    except DeliveryError:
        if not counter.verdicts:
            raise
    if not counter.verdicts:
        raise DeliveryError("the relay", "took the letter back without an answer")
    return counter.verdicts[-1]
