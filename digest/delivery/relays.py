"""Keeps connections to the relays busy: how many, how long, how fast, and when to wait."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from digest.delivery.belt import Belt, Item
from digest.delivery.connecting import Connection, Misconfigured, RelayAway
from digest.delivery.conversation import Conversation, Interrupted, refuse_here
from digest.delivery.pacing import Bucket
from digest.delivery.replies import Action, Step, Verdict, lost_link
from digest.errors import DeliveryError

BACK_OFF_SECONDS = (0.1, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
SHARE_SLACK = 8.0  # letters, at weight 1, that a relay may be ahead of its share
SHARE_PATIENCE_SECONDS = 1.0
CHECK_HOST = "check host and port under `delivery: smtp:`, then run again: nothing was lost"
CHECK_RIGHTS = "check username, password and what the relay lets you send"
AGAIN = "letters that were not sent stay planned; run again when it answers"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Line:
    """One relay as this run sees it.

    Attributes:
        connect: opens a connection to it.
        slots: connections at once.
        back_off: seconds to wait after the first, second, ... failure in a row; then it is given
            up for this run.
    """

    host: str
    connect: Callable[[], Awaitable[Connection]]
    slots: int
    bucket: Bucket
    timeout_seconds: float = 60.0
    messages_per_connection: int = 100
    connection_seconds: float = 300.0
    weight: float = 1.0
    back_off: Sequence[float] = BACK_OFF_SECONDS
    error: DeliveryError | None = None  # why it was given up
    known: Connection | None = None  # the last connection, with all that any in this run offered
    open: int = 0  # connections
    taken: int = 0  # letters
    failures: int = 0  # in a row
    back_at: float = 0.0  # loop time before which it is left alone
    first_try: asyncio.Lock = field(default_factory=asyncio.Lock)


class Relays:
    """The relays of one run and the workers on them; each worker holds one connection."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = list(lines)

    @property
    def slots(self) -> int:
        """Letters that can be on the wire at once."""
        return sum(line.slots for line in self.lines)

    async def work(self, belt: Belt) -> None:
        """Send what is on the belt until it ends or no relay is left.

        Raises:
            DeliveryError: a relay was given up; letters may have gone out by others.
        """
        async with asyncio.TaskGroup() as group:
            for line in self.lines:
                for _ in range(line.slots):
                    group.create_task(self._work(line, belt))
        error = next((line.error for line in self.lines if line.error), None)
        if error is not None:
            raise error

    async def _work(self, line: Line, belt: Belt) -> None:
        """Send letters over one connection after the other."""
        wanted = True
        while wanted and line.error is None:
            item = await belt.take(partial(self._suits, line))
            if item is None:
                return
            wanted = await self._connect_and_send(line, belt, item)
        belt.look_again()  # what waited for a relay that was given up is for the others

    async def _connect_and_send(self, line: Line, belt: Belt, item: Item) -> bool:
        """Use up one connection; False: this worker is not needed any more."""
        try:
            connection = await open_unless_halted(line, belt)
        except (Misconfigured, RelayAway) as error:
            belt.give_back(item)
            return await wait_out(line, belt, error)
        if connection is None:
            belt.give_back(item)
            return False
        talk = Conversation(
            connection,
            belt,
            line.timeout_seconds,
            may_follow=lambda: self._may_follow(line, talk),
            suits=partial(self._suits, line),
            refuse=partial(self._refuse, line, connection),
        )
        talk.deadline = asyncio.get_running_loop().time() + line.connection_seconds
        trouble = None
        line.open += 1
        try:
            await self._talk(line, belt, talk, item)
            await connection.wire.quit()
        except Interrupted as interruption:
            line.failures = 0 if talk.answered else line.failures
            trouble = interruption
        finally:
            line.open -= 1  # before any wait: an open relay's share is left to it by the others
            connection.wire.close()
        return trouble is None or await wait_out(line, belt, trouble)

    async def _talk(self, line: Line, belt: Belt, talk: Conversation, first: Item) -> None:
        """Send until the connection is worn or nothing is left."""
        item: Item | None = first
        while item is not None:
            stale = talk.connection.wire.stale
            if stale or not await self._await_turn(line, belt, item):
                belt.give_back(item)
                if stale and not talk.count:  # else it would be called again and again, at once
                    raise Interrupted(lost_link(Step.MAIL, "the relay ended the connection"))
                return
            await talk.send(item)
            line.failures = 0
            if worn(line, talk):
                return
            item = await belt.take(partial(self._suits, line))

    async def _await_turn(self, line: Line, belt: Belt, item: Item) -> bool:
        """Wait until the relay's pace and share allow a letter; False: the run was halted."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + SHARE_PATIENCE_SECONDS
        while not belt.halted.is_set():
            pause = line.bucket.wait(loop.time())
            if not pause and (self._has_share(line, item) or loop.time() > patience):
                line.bucket.take(loop.time())
                line.taken += 1
                return True
            await pause_unless_halted(belt, max(pause, 0.002))
        return False

    def _may_follow(self, line: Line, talk: Conversation) -> bool:
        """Tell whether the next letter may go right behind the present one."""
        if worn(line, talk) or not self._has_share(line):
            return False
        if not line.bucket.take(asyncio.get_running_loop().time()):
            return False
        line.taken += 1
        return True

    def _refuse(self, line: Line, connection: Connection | None, item: Item) -> Verdict | None:
        """Refuse a letter here: for another relay that may take it (RETRY), or later, or for good.

        A relay that was not reached may take everything. One of several servers behind its name
        may take less than the others: what it refuses goes later.
        """
        refusal = refuse_here(item, line.known)
        if refusal is None:
            less = refuse_here(item, connection)
            return less and replace(less, action=Action.DEFER)
        able = [other for other in self.lines if refuse_here(item, other.known) is None]
        if not able:
            return refusal
        away = all(other.error for other in able)
        return replace(refusal, action=Action.DEFER if away else Action.RETRY)

    def _suits(self, line: Line, item: Item) -> bool:
        """Tell whether a letter is this relay's to send or to refuse."""
        refusal = self._refuse(line, None, item) if len(self.lines) > 1 else None
        return refusal is None or refusal.action is not Action.RETRY

    def _has_share(self, line: Line, item: Item | None = None) -> bool:
        """Tell whether a relay has not run ahead, by its weight, of others that take the letter."""
        if len(self.lines) == 1:
            return True
        others = [other for other in self.lines if other is not line and other.open]
        if item is not None:
            others = [other for other in others if refuse_here(item, other.known) is None]
        least = min((other.taken / other.weight for other in others), default=None)
        return least is None or (line.taken - SHARE_SLACK) / line.weight <= least


def worn(line: Line, talk: Conversation) -> bool:
    """Tell whether a connection has done its share of letters or is too old."""
    too_old = asyncio.get_running_loop().time() > talk.deadline
    return too_old or talk.count >= line.messages_per_connection


async def open_unless_halted(line: Line, belt: Belt) -> Connection | None:
    """Open a connection; None where the run is halted meanwhile: there is no letter to finish.

    Raises:
        Misconfigured, RelayAway: it cannot be opened.
    """
    try:
        async with asyncio.timeout(None) as limit:
            watch = asyncio.create_task(end_when_halted(belt, limit))
            try:
                return await open_line(line)
            finally:
                watch.cancel()
    except TimeoutError:
        return None


async def end_when_halted(belt: Belt, limit: asyncio.Timeout) -> None:
    """Let a wait end at once when the run is halted."""
    await belt.halted.wait()
    limit.reschedule(asyncio.get_running_loop().time())


async def open_line(line: Line) -> Connection:
    """Open a connection; until one has succeeded, only one worker tries at a time.

    Eight workers with a wrong password at once would look like an attack, and a relay that is busy
    would be called eight times after each pause.
    """
    if line.known:
        connection = await line.connect()
        line.known = widened(line.known, connection)
        return connection
    async with line.first_try:
        busy = not line.known and asyncio.get_running_loop().time() < line.back_at
        if busy or line.error is not None:
            raise RelayAway("left alone", answered=True)
        connection = await line.connect()
        line.known = widened(line.known, connection)
        return connection


def widened(known: Connection | None, fresh: Connection) -> Connection:
    """Return a connection with all that both offer: behind one name may be several servers."""
    if known is None:
        return fresh
    offers = known.extensions | fresh.extensions
    bounds = known.max_bytes, fresh.max_bytes
    offers["size"] = str(max(bounds) if all(bounds) else 0)
    return Connection(fresh.wire, offers)


async def wait_out(
    line: Line, belt: Belt, trouble: Misconfigured | RelayAway | Interrupted
) -> bool:
    """Decide after a failed or broken connection; True: this worker tries again."""
    if line.error is not None:
        return False
    reason = str(trouble)
    if isinstance(trouble, Misconfigured):
        return give_up(line, reason)
    if isinstance(trouble, Interrupted):
        if trouble.verdict.action is Action.STOP:
            return give_up(line, f"answered {trouble.verdict.code} {reason!r}; {CHECK_RIGHTS}")
        reason = f"{trouble.verdict.code or ''} {reason}".strip()
        if trouble.verdict.slow_down:
            line.bucket.slow_down(asyncio.get_running_loop().time())
    elif not trouble.answered and not line.known:
        return give_up(line, f"cannot be reached: {reason}; {CHECK_HOST}")
    elif trouble.answered and line.open:
        log.info("relay event=fewer_connections host=%s open=%d", line.host, line.open)
        return False
    return await back_off(line, belt, reason)


async def back_off(line: Line, belt: Belt, reason: str) -> bool:
    """Leave the relay alone for a while; False when it had its chances."""
    loop = asyncio.get_running_loop()
    if loop.time() >= line.back_at:
        if line.failures >= len(line.back_off):
            return give_up(line, f"keeps failing: {reason}; {AGAIN}")
        line.back_at = loop.time() + line.back_off[line.failures]
        line.failures += 1
        log.info("relay event=back_off host=%s reason=%s", line.host, reason)
    while loop.time() < line.back_at and not belt.halted.is_set():  # another may put it off again
        await pause_unless_halted(belt, line.back_at - loop.time())
    return not belt.halted.is_set()


def give_up(line: Line, reason: str) -> bool:
    """Use the relay no more in this run; return False."""
    line.error = DeliveryError(line.host, reason)
    return False


async def pause_unless_halted(belt: Belt, seconds: float) -> None:
    """Sleep, but not on when the run is halted."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(belt.halted.wait(), seconds)
