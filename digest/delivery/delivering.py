"""One run over the outbox: claim, compose, mark, send, record; bounded whatever its length.

Letters are composed while others are on the wire. The intent to send is committed before DATA,
outcomes in groups of at most 100 or 50 ms; in between the journal remembers them.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ParamSpec, TypeVar

from digest.config.schema import Delivery
from digest.delivery.belt import Belt, Item
from digest.delivery.clerk import Clerk, suppress_addresses
from digest.delivery.doors import Door, open_door, paces
from digest.delivery.envelope import (
    AddressProblem,
    address_envelope,
    receiving_domain,
    wire_content,
)
from digest.delivery.gate import Gate
from digest.delivery.recorder import Recorder
from digest.delivery.relays import BACK_OFF_SECONDS
from digest.delivery.report import DeliveryReport, Tally
from digest.errors import DeliveryError, DigestError, StateError
from digest.models import Edition, Letter, Outcome, Receipt
from digest.state.outbox import Claim, Outbox, new_owner
from digest.state.suppression import Suppressions
from digest.state.throttle import load_throttles, save_throttles

CLAIM_LETTERS = 100
COMPOSED_TOGETHER = 4  # between two looks at the wire
READY_TOGETHER = 25  # the same, of letters that others have composed
GROWTH_SECONDS = 0.01  # between two looks for letters that are still being planned
GATHERED = 10  # looks for more letters, so that they are claimed together, while some wait
LOOK_SECONDS = 0.005  # between two of these
WAITING_LETTERS = 100  # composed and marked, ahead of the wire
WISHES_SECONDS = 1.0  # between two looks whether who waits still wants a letter

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


async def deliver_letters(
    outbox: Outbox,
    compose: Callable[[Edition], Letter],
    settings: Delivery,
    *,
    clock: Callable[[], datetime],
    allowed: Callable[[str], bool] | None = None,
    stop: asyncio.Event | None = None,
    more: Callable[[], bool] | None = None,
    ready: dict[str, Letter] | None = None,
    progress: Callable[[Receipt], None] | None = None,
    back_off: Sequence[float] = BACK_OFF_SECONDS,
) -> DeliveryReport:
    """Send every letter whose time has come; return what became of them.

    Args:
        compose: makes the letter; the same edition gives the same bytes.
        clock: the time, aware.
        allowed: whether a person is still a subscriber; None: all are.
        stop: when set, what is on the wire is finished and the rest stays planned.
        more: whether letters may still be added to the outbox; None: all are there.
        ready: letters that others compose, by id; it fills while `more` holds. None: nobody does.
        progress: told each outcome once it is committed.
        back_off: seconds to wait after a relay's first, second ... failure in a row.

    Raises:
        StateError: outcomes could not be committed; the journal keeps them for the next run.
    """
    run = Run(outbox, compose, settings, clock)
    run.allowed, run.progress, run.back_off = allowed, progress, back_off
    run.more, run.composing = more or run.more, ready is not None
    run.ready = run.ready if ready is None else ready
    return await run.deliver(stop or asyncio.Event())


class Run:
    """One run; it lives as long as one call of `deliver_letters`."""

    def __init__(
        self,
        outbox: Outbox,
        compose: Callable[[Edition], Letter],
        settings: Delivery,
        clock: Callable[[], datetime],
    ) -> None:
        self.outbox, self.compose, self.settings, self.clock = outbox, compose, settings, clock
        self.allowed: Callable[[str], bool] | None = None
        self.progress: Callable[[Receipt], None] | None = None
        self.back_off: Sequence[float] = BACK_OFF_SECONDS
        self.more: Callable[[], bool] = lambda: False
        self.ready: dict[str, Letter] = {}
        self.composing = False  # others do, as long as there is more
        self.owner = new_owner()
        self.tally = Tally()
        self.paced = 0  # letters that wait for their domain's pace

    async def deliver(self, stop: asyncio.Event) -> DeliveryReport:
        """Do the run."""
        with ThreadPoolExecutor(1, "outbox") as thread:
            self.thread = thread
            now = self.clock().timestamp()
            database = self.outbox.database
            self.gate = Gate(
                self.settings.domain_per_second,
                await self.state(load_throttles, database, "domain"),
            )
            remembered = await self.state(load_throttles, database, "relay")
            try:
                door = open_door(
                    self.settings, back_off=self.back_off, remembered=remembered, now=now
                )
            except DeliveryError as error:
                return self.tally.report(error, stop.is_set())
            return await self._run(door, stop)

    async def _run(self, door: Door, stop: asyncio.Event) -> DeliveryReport:
        journal = await self.state(self.outbox.open_journal, self.owner)
        self.clerk = Clerk(self.gate, self.clock)
        self.belt = Belt(max(WAITING_LETTERS, 4 * door.slots), self.clerk)
        self.recorder = Recorder(self._commit, journal, self.belt)
        self.clerk.recorder, self.clerk.halt = self.recorder, self.belt.halt
        self.clerk.shut = self._shut
        if stop.is_set():
            self.belt.halt()  # before a letter is claimed
        feeding = asyncio.create_task(self._feed())
        feeding.add_done_callback(self._halt_on_failure)
        stopping = asyncio.create_task(self._halt_on(stop))
        heeding = asyncio.create_task(self._heed_wishes())
        try:
            error = await self._work(door)
            self.belt.halt()
            stopping.cancel()
            heeding.cancel()
            await feeding
            await self.recorder.finish()
            await self._close(door)
            self.recorder.close()
        finally:
            tasks = (feeding, stopping, heeding, self.recorder.task)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.recorder.abandon()
        return self.tally.report(self.clerk.breaker or error, stop.is_set())

    async def _work(self, door: Door) -> DeliveryError | None:
        try:
            await door.work(self.belt)
        except DeliveryError as error:
            return error
        return None

    def _halt_on_failure(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:
            self.belt.halt()

    async def _halt_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.belt.halt()

    async def _heed_wishes(self) -> None:
        """Take out the letters of whoever was suppressed since they were claimed.

        Before a slow relay a hundred of them wait for minutes.
        """
        suppressions = Suppressions(self.outbox.database)
        while True:
            await asyncio.sleep(WISHES_SECONDS)
            reasons = dict[str, str]()
            with suppress(StateError):  # whoever commits the outcomes tells of it
                reasons = await self.state(suppressions.active, self.belt.emails, self.clock())
            for item in self.belt.take_out(reasons):
                self.clerk.withhold(item, reasons[item.letter.email])

    async def state(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the state room in its own thread, so that the wire does not wait for the disk."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, partial(call, *args, **kwargs))

    async def _feed(self) -> None:
        """Claim, compose and mark letters until there are none.

        The intent to send what was composed here is committed with the next claim, that to send
        what others composed with its own: one wait for the disk where there would be two.
        """
        made: list[Item] = []
        try:
            while self.belt.accepts:
                growing = self.more()  # asked first: what comes before it ends is claimed below
                claim = await self._claim([item.letter.id for item in made], growing)
                await self._put(made)
                made = await self._compose_all(await self._admit(claim.editions))
                if claim.marked:
                    await self._put(made)
                    made = []
                if claim.editions or claim.marked or self.ready:
                    continue  # where all that others composed was refused, there may be more
                if growing:
                    await asyncio.sleep(GROWTH_SECONDS)
                elif not await self._await_pace():
                    return
        finally:
            self.belt.close()

    async def _put(self, items: Sequence[Item]) -> None:
        for item in items:
            if not self._turns_away(item.letter.id, item.envelope.domain):
                await self.belt.put(item)

    def _shut(self, domain: str) -> None:
        """Take back what waits for a worker and goes to a domain that has just closed."""
        emails = {one for one in self.belt.emails if receiving_domain(one) == domain}
        for item in self.belt.take_out(emails):
            self._turns_away(item.letter.id, domain)

    def _turns_away(self, letter_id: str, domain: str) -> bool:
        """Defer a letter whose domain is closed; False: it is open."""
        now = self.clock()
        closed = self.gate.closed(domain, now.timestamp())
        if closed:
            text = f"not tried: {domain} refuses our letters for now"
            again = datetime.fromtimestamp(closed, UTC)
            self.recorder.add(Receipt(letter_id, Outcome.DEFERRED, 0, text, now, next_try=again))
        return bool(closed)

    async def _claim(self, composed: Sequence[str], growing: bool) -> Claim:
        """Take the next letters, and commit that the composed ones are about to be sent.

        Those that others have composed come first, and while they compose, no others.
        """
        batch = await self._gathered(growing)
        now = self.clock()
        if batch:
            claim = await self.state(
                self.outbox.claim_composed, batch, self.owner, now, self.allowed, mark=composed
            )
        elif growing and self.composing:
            if composed:
                await self.state(self.outbox.mark_in_data, composed, now)
            return Claim((), ())
        else:
            claim = await self.state(
                self.outbox.claim, CLAIM_LETTERS, self.owner, now, self.allowed, mark=composed
            )
        self.tally.claimed += len(claim.editions) + len(claim.receipts)
        self.clerk.held.update(edition.id for edition in claim.editions)
        for receipt in claim.receipts:
            self._publish(receipt)
        return claim

    async def _gathered(self, growing: bool) -> dict[str, Letter]:
        """Take out letters that others have composed, up to what is claimed at once."""
        looks = GATHERED if growing and self.composing else 0
        while looks and len(self.ready) < CLAIM_LETTERS:
            await asyncio.sleep(LOOK_SECONDS)
            looks = looks - 1 if self.belt.holds else 0
        return {name: self.ready.pop(name) for name in list(self.ready)[:CLAIM_LETTERS]}

    async def _compose_all(self, editions: Sequence[Edition | Letter]) -> list[Item]:
        """Make letters while others are on the wire; none where nobody takes them any more."""
        items = []
        for number, edition in enumerate(editions):
            if not self.belt.accepts:
                return []
            item = self._compose(edition)
            if item is not None:
                items.append(item)
            if number % (READY_TOGETHER if isinstance(edition, Letter) else COMPOSED_TOGETHER) == 0:
                await asyncio.sleep(0)
        return items

    def _compose(self, edition: Edition | Letter) -> Item | None:
        """Return the letter ready for the wire; one that cannot be made is its own failure.

        A template is mended by whoever runs this, and the letter is then made by a later run.
        """
        outcome = Outcome.FAILED
        try:
            letter = edition if isinstance(edition, Letter) else self.compose(edition)
            item = Item(letter, address_envelope(letter), wire_content(letter))
        except AddressProblem as problem:
            reason = f"bad address: {problem}"
        except DigestError as error:  # a template, mostly: a sentence says it all
            reason, outcome = f"cannot be made: {error}", Outcome.DEFERRED
        except Exception as error:
            log.exception("letter event=not_composed id=%s", edition.id)
            reason = f"cannot be made: {type(error).__name__}: {error}"
        else:
            self.clerk.made += 1
            return item
        self.clerk.receive_unmade(Receipt(edition.id, outcome, 0, reason, self.clock()))
        return None

    async def _admit(self, editions: Sequence[Edition | Letter]) -> list[Edition | Letter]:
        """Return the letters whose domain takes them now; the others wait in the outbox."""
        now = self.clock()
        admitted: list[Edition | Letter] = []
        later: dict[str, datetime] = {}
        for edition in editions:
            domain = receiving_domain(edition.email)
            if self._turns_away(edition.id, domain):
                continue
            if until := self.gate.slot(domain, now.timestamp()):
                later[edition.id] = datetime.fromtimestamp(until, UTC)
            else:
                admitted.append(edition)
        if later:
            await self.state(self.outbox.postpone, later, now)
            self.clerk.held.difference_update(later)
            self.tally.claimed -= len(later)
            self.paced += len(later)
        return admitted

    async def _await_pace(self) -> bool:
        """Wait for the first letter held back by its domain's pace; False: there is none."""
        if not self.paced:
            return False
        first = await self.state(self.outbox.next_planned)
        now = self.clock()
        if first is None or first > now + timedelta(hours=24):
            return False
        seconds = max(0.01, (first - now).total_seconds())
        try:
            await asyncio.wait_for(self.belt.halted.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def _commit(self, batch: Sequence[Receipt]) -> None:
        """Commit outcomes and make them known."""
        if batch:
            for receipt in await self.state(self.outbox.record, batch, self.clock()):
                self.clerk.held.discard(receipt.id)
                self._publish(receipt)

    def _publish(self, receipt: Receipt) -> None:
        """Count a committed outcome and tell whoever watches."""
        self.tally.add(receipt)
        if self.progress is not None:
            self.progress(receipt)

    async def _close(self, door: Door) -> None:
        """Give back what was not sent, suppress bad addresses, remember paces."""
        now = self.clock()
        lost = [
            Receipt(letter_id, Outcome.UNCERTAIN, 0, "the run broke off", now)
            for letter_id in self.clerk.held & self.clerk.under_way
        ]
        await self._commit(lost)
        rest = sorted(self.clerk.held - self.clerk.under_way)
        if rest:
            self.tally.released += len(rest)
            await self.state(self.outbox.release, rest, now)
        bad = self.clerk.believed(self.tally.counts[Outcome.SENT])
        await self.state(suppress_addresses, Suppressions(self.outbox.database), bad, now)
        database = self.outbox.database
        moment = now.timestamp()
        await self.state(save_throttles, database, "domain", self.gate.memory(moment))
        await self.state(save_throttles, database, "relay", paces(door, moment))
