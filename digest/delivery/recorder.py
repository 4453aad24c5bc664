"""Commits outcomes in groups, and keeps them in the journal until then."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from digest.delivery.belt import Belt
from digest.models import Receipt
from digest.state.journal import Journal

GROUP_LETTERS = 100  # outcomes in one commit, at most
GROUP_SECONDS = 0.05
UNRECORDED_LETTERS = 300  # outcomes not committed yet at which no more letters are sent


class Recorder:
    """The outcomes of one run on their way into the outbox.

    Args:
        commit: writes a group into the outbox.
        journal: remembers what is not committed; None where there is no place for one.
        belt: held while too many outcomes wait, halted when they cannot be committed.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Receipt]], Awaitable[None]],
        journal: Journal | None,
        belt: Belt,
    ) -> None:
        self._commit, self._journal, self._belt = commit, journal, belt
        self._waiting: list[Receipt] = []
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._finishing = False
        self.task = asyncio.create_task(self._record())
        self.task.add_done_callback(lambda _task: belt.halt())

    def begin(self, letter_id: str) -> None:
        """Note that a letter's content is about to go out."""
        if self._journal is not None:
            self._journal.begin(letter_id)

    def forgo(self, letter_id: str) -> None:
        """Note that the relay has not taken a letter."""
        if self._journal is not None:
            self._journal.forgo(letter_id)

    def add(self, receipt: Receipt) -> None:
        """Take an outcome; it is in the journal when this returns."""
        if self._journal is not None:
            self._journal.finish(receipt)
        self._waiting.append(receipt)
        if len(self._waiting) == 1:
            self._wait()
        if len(self._waiting) >= GROUP_LETTERS:
            self._due.set()
        if len(self._waiting) >= UNRECORDED_LETTERS:
            self._belt.hold(True)

    def _wait(self) -> None:
        """Let a group gather, but not for long."""
        if self._timer is not None:
            self._timer.cancel()  # it was that of a group which was full before
        self._timer = asyncio.get_running_loop().call_later(GROUP_SECONDS, self._due.set)

    async def _record(self) -> None:
        while not self._finishing:
            await self._due.wait()
            self._due.clear()
            await self._commit_waiting()

    async def _commit_waiting(self) -> None:
        """Commit a group; where that fails, it stays and so does its half of the journal."""
        half = self._journal.turn() if self._journal is not None else 0
        batch = list(self._waiting)
        await self._commit(batch)
        del self._waiting[: len(batch)]
        if self._journal is not None:
            self._journal.clear(half)
        self._belt.hold(False)
        if self._waiting:
            self._wait()

    async def finish(self) -> None:
        """Commit what is left.

        Raises:
            StateError: it cannot be committed; the journal keeps it.
        """
        self._finishing = True
        self._due.set()
        await self.task
        while self._waiting:
            await self._commit_waiting()

    def close(self) -> None:
        """Remove the journal: everything has been committed."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def abandon(self) -> None:
        """Leave the journal to the next run, where it was not closed."""
        if self._journal is not None:
            self._journal.abandon()
