"""Messages on their way between two processes that share a stretch of memory. Knows no letter.

One process puts, one takes. A pipe would copy each message twice in the system and wake the reader
for each; here it is copied once in and once out.
"""

import os
import time
from collections.abc import Sequence
from mmap import mmap

# Some 130 letters of readers who have interests of their own, or a thousand of readers who ask
# alike: bridges what keeps either side, a commit or a new block.
ROOM_BYTES = 8 << 20
LARGEST_BYTES = ROOM_BYTES // 4  # of a message
FREED = slice(0, 8)  # the first bytes: up to where the reader has taken messages
WAIT_SECONDS = 0.001


class Ring:
    """Room for messages, used again and again; made before the process is forked.

    Places are counted on and on; where a message lies is the place modulo the room.
    """

    def __init__(self) -> None:
        self._map = mmap(-1, FREED.stop + ROOM_BYTES)
        self._end = 0  # of what was put
        self._reader = os.getpid()

    def put(self, parts: Sequence[bytes]) -> int | None:
        """Wait for room and return a message's place; None where it is too large for the ring.

        Raises:
            BrokenPipeError: the process that made the ring, and reads it, is gone.
        """
        size = sum(map(len, parts))
        if size > LARGEST_BYTES:
            return None
        left = ROOM_BYTES - self._end % ROOM_BYTES
        place = self._end if size <= left else self._end + left  # never around the corner
        while place + size - int.from_bytes(self._map[FREED], "little") > ROOM_BYTES:
            if os.getppid() != self._reader:
                raise BrokenPipeError
            time.sleep(WAIT_SECONDS)
        start = FREED.stop + place % ROOM_BYTES
        for part in parts:
            self._map[start : start + len(part)] = part
            start += len(part)
        self._end = place + size
        return place

    def take(self, place: int, sizes: Sequence[int]) -> list[bytes]:
        """Return the parts of a message and free its room, and that of all before it."""
        parts, start = [], FREED.stop + place % ROOM_BYTES
        for size in sizes:
            parts.append(self._map[start : start + size])
            start += size
        self._map[FREED] = (place + sum(sizes)).to_bytes(8, "little")
        return parts
