"""The letters that are ready for the wire, between the composer and the connections."""

import asyncio
from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Protocol

from digest.delivery.envelope import Envelope
from digest.delivery.replies import Verdict
from digest.models import Letter


@dataclass(slots=True, eq=False)
class Item:
    """One letter on its way."""

    letter: Letter
    envelope: Envelope
    content: tuple[bytes, ...] = field(repr=False)  # dots stuffed, without the final one
    drops: int = 0  # links lost under it before its content

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return sum(map(len, self.content))


def anything(_item: Item) -> bool:
    """Suit whoever takes every item."""
    return True


class Clerk(Protocol):
    """Who is told what happens to items."""

    def begin(self, item: Item) -> None:
        """The item's content is about to go out."""

    def settle(self, item: Item, verdict: Verdict) -> None:
        """This became of the item."""

    def forgo(self, item: Item) -> None:
        """The item goes back: the relay has not taken it."""


class Belt:
    """Hands each item to one worker, and takes back what was never on the wire.

    Args:
        capacity: items that may wait; the composer waits when there are more.
        clerk: keeps the books.
    """

    def __init__(self, capacity: int, clerk: Clerk) -> None:
        self._items: deque[Item] = deque()
        self._capacity = capacity
        self._clerk = clerk
        self._takers: dict[asyncio.Future[None], Callable[[Item], bool]] = {}
        self._room = asyncio.Event()
        self._room.set()
        self._out = 0  # taken and neither settled nor given back
        self._closed = self._held = False
        self.halted = asyncio.Event()  # no item is handed out any more

    @property
    def accepts(self) -> bool:
        """Somebody still takes items."""
        return not self.halted.is_set()

    @property
    def holds(self) -> bool:
        """Some items wait for a worker."""
        return bool(self._items)

    @property
    def emails(self) -> list[str]:
        """To whom the items go that wait for a worker."""
        return [item.letter.email for item in self._items]

    def take_out(self, emails: Container[str]) -> list[Item]:
        """Return the items that wait and go to these addresses; nobody will send them."""
        out = [item for item in self._items if item.letter.email in emails]
        for item in out:
            self._items.remove(item)
        if out:
            self._room.set()
            self._halt_when_done()
        return out

    async def put(self, item: Item) -> bool:
        """Add an item when there is room; False where nobody takes any more."""
        await self._room.wait()
        if self.halted.is_set():
            return False
        self._items.append(item)
        if len(self._items) >= self._capacity:
            self._room.clear()
        self._wake_one(item)
        return True

    def try_take(self, suits: Callable[[Item], bool] = anything) -> Item | None:
        """Return the next item that suits, where there is one now."""
        if self._held or self.halted.is_set():
            return None
        item = next(filter(suits, self._items), None)
        if item is None:
            return None
        self._items.remove(item)
        self._out += 1
        if len(self._items) < self._capacity:
            self._room.set()
        return item

    async def take(self, suits: Callable[[Item], bool] = anything) -> Item | None:
        """Return the next item that suits; None when there will be none."""
        while (item := self.try_take(suits)) is None:
            if self.halted.is_set():
                return None
            taker = asyncio.get_running_loop().create_future()
            self._takers[taker] = suits
            await taker
        return item

    def give_back(self, item: Item) -> None:
        """Put an item first in the row again: the relay has not taken it."""
        self._clerk.forgo(item)
        self._items.appendleft(item)
        self._out -= 1
        self._wake_all()

    def look_again(self) -> None:
        """Let everybody look again at what did not suit them."""
        self._wake_all()

    def begin(self, item: Item) -> None:
        """Say that the item's content is about to go out."""
        self._clerk.begin(item)

    def settle(self, item: Item, verdict: Verdict) -> None:
        """Say what became of an item."""
        self._out -= 1
        self._clerk.settle(item, verdict)
        self._halt_when_done()

    def hold(self, held: bool) -> None:
        """Hand nothing out for a while (True), or go on (False)."""
        self._held = held
        if not held:
            self._wake_all()

    def close(self) -> None:
        """Say that no item will be added."""
        self._closed = True
        self._halt_when_done()

    def halt(self) -> None:
        """Hand nothing out any more; what waits stays where it is."""
        self.halted.set()
        self._room.set()
        self._wake_all()

    def _halt_when_done(self) -> None:
        """Let nobody wait for items, nor for a relay, once the last one is settled."""
        if self._closed and not self._items and not self._out:
            self.halt()

    def _wake_one(self, item: Item) -> None:
        """Wake the first taker whom the item suits: nobody else would look for it."""
        waiting = (one for one, suits in self._takers.items() if not one.done() and suits(item))
        if taker := next(waiting, None):
            del self._takers[taker]
            taker.set_result(None)

    def _wake_all(self) -> None:
        takers, self._takers = self._takers, {}
        for taker in takers:
            if not taker.done():
                taker.set_result(None)
