"""The bytes of one SMTP connection: replies in, commands and letters out; decides nothing.

It takes over the transport of a connection that aiosmtplib has opened, so that several commands
can be under way at once (RFC 2920).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import ne

from digest.delivery.replies import Reply
from digest.errors import printable

MAX_LINE_BYTES = 8_192  # RFC 5321 4.5.3.1.5 allows 512; more is cut, not refused
KEPT_LINE_BYTES = 600
MAX_REPLY_BYTES = 1 << 20
KEPT_TEXT_CHARS = 2_000
QUIT_SECONDS = 2.0


class LinkLost(Exception):
    """The connection is of no more use; the text says how it ended."""


@lru_cache(256)  # a server says the same again and again
def read_line(line: bytes) -> tuple[Reply, bool] | None:
    """Return what one line of a reply says and whether it is the last one; None: it is no SMTP."""
    code, mark = line[:3], line[3:4]
    if not code.isdigit() or not b"200" <= code <= b"599" or mark not in (b" ", b"-", b"", b"\r"):
        return None
    return Reply(int(code), (printable(line[4:].decode("utf-8", "replace")).strip(),)), mark != b"-"


class Wire(asyncio.Protocol):
    """One open connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._rest = b""  # of a line that is not complete
        self._text: list[str] = []
        self._reply_bytes = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._patience = self._deadline = 0.0  # seconds for the next reply; loop time of their end
        self._lost = ""
        transport.set_protocol(self)

    @property
    def stale(self) -> bool:
        """It ended, or the server said something nobody asked for (mostly a 421)."""
        return bool(self._lost or self._replies)

    def write(self, parts: Iterable[bytes]) -> None:
        """Send bytes; a lost link shows at the next `reply`."""
        if not self._lost:
            try:
                self._transport.writelines(parts)
            except RuntimeError as error:  # uvloop's word for a transport that is closed
                self._end(f"the link broke ({error})")

    def try_take(self, codes: Sequence[int]) -> bool:
        """Take the next replies where they are here and have these codes; else leave them."""
        replies = self._replies
        if len(replies) < len(codes) or any(map(ne, codes, (reply.code for reply in replies))):
            return False
        for _ in codes:
            replies.popleft()
        return True

    async def reply(self, seconds: float) -> Reply:
        """Wait for the next reply.

        Raises:
            LinkLost: the connection ended, fell silent for that long, or spoke no SMTP.
        """
        if not self._replies:
            await self._wait(seconds)
        return self._replies.popleft()

    async def _wait(self, seconds: float) -> None:
        if not self._lost:
            self._waiter = self._loop.create_future()
            self._limit(seconds)
            try:
                await self._waiter
            finally:
                self._waiter = None
        if not self._replies:
            raise LinkLost(self._lost)

    def _limit(self, seconds: float) -> None:
        """Let the link be lost where no reply comes within this time from now.

        A watch that goes off too early is set anew then: to set one for each reply, and to stop
        it, would take longer than to read the reply.
        """
        self._patience, self._deadline = seconds, self._loop.time() + seconds
        if self._watch is None or self._watch.when() > self._deadline:
            self._stop_watch()
            self._watch = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._watch = None
        if self._waiter is not None and self._loop.time() >= self._deadline:
            self._end(f"no reply within {self._patience:g} s")
        elif self._waiter is not None:
            self._watch = self._loop.call_at(self._deadline, self._look)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def quit(self) -> None:
        """Say QUIT, wait a moment for the answer, close."""
        if not self.stale:
            self.write([b"QUIT\r\n"])
            with contextlib.suppress(LinkLost):
                await self.reply(QUIT_SECONDS)
        self.close()

    def close(self) -> None:
        """Close without a word."""
        self._end("closed by us")

    def data_received(self, data: bytes) -> None:
        """Cut what arrived into lines and the lines into replies."""
        self._reply_bytes += len(data)
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            if not self._lost:
                self._read_line(line)
        self._wake()
        self._rest = rest if len(rest) <= MAX_LINE_BYTES else rest[:KEPT_LINE_BYTES]
        if self._reply_bytes > MAX_REPLY_BYTES:
            self._end("a reply of over 1 MB")

    def _read_line(self, line: bytes) -> None:
        found = read_line(line[:KEPT_LINE_BYTES])
        if found is None:
            self._end("an answer that is not SMTP")
            return
        reply, is_last = found
        if self._text or not is_last:
            if sum(map(len, self._text)) < KEPT_TEXT_CHARS:
                self._text += reply.lines
            reply = Reply(reply.code, tuple(self._text))
        if is_last:
            self._text, self._reply_bytes = [], 0
            self._replies.append(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the other side is gone."""
        self._end(f"the link broke ({exc})" if exc else "the relay closed the link")

    def _end(self, reason: str) -> None:
        if not self._lost:
            self._lost = reason
            self._stop_watch()
            self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        """Let whoever waits go on, where there is a reply or will be none."""
        if self._waiter is None or self._waiter.done():
            return
        if self._replies or self._lost:
            self._waiter.set_result(None)
