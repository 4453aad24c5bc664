"""Servers that never come to an end: no answer is waited for longer than it may take."""

import socket
import time
from functools import partial

import pytest

from digest.sources.asking.door import Door, Question, Unreachable
from tests.loopback import speaking

SECONDS = 0.4  # for one answer
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def drip(start: bytes, link: socket.socket) -> None:
    """Say the start at once and then one byte after the other."""
    link.sendall(start)
    for _ in range(100):
        time.sleep(0.05)
        link.sendall(b"0")


@pytest.mark.parametrize(
    "start",
    [
        b"",
        HEAD + b"X-Slow: ",
        CHUNKED,
        CHUNKED + b"4;name=",
        HEAD + b"Content-Length: 5000\r\n\r\n",
    ],
    ids=["status", "header", "chunk size", "chunk extension", "body"],
)
def test_whatever_drips_is_cut_off(start: bytes) -> None:
    """The time for one answer holds for its head and its chunks as for its body."""
    with speaking(partial(drip, start)) as url:
        door = Door("", SECONDS)
        began = time.monotonic()
        try:
            with pytest.raises(Unreachable, match="takes"):
                door.ask(Question(url))
        finally:
            door.close()
        assert time.monotonic() - began < 4 * SECONDS
