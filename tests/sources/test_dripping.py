"""Servers that never come to an end: no answer is waited for longer than it may take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from digest.sources.asking.door import Door, Question, Unreachable

SECONDS = 0.4  # for one answer
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@contextmanager
def dripping(start: bytes) -> Iterator[str]:
    """Serve a start at once and then one byte after the other; yield the address."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(4_096)
            with suppress(OSError):
                self.request.sendall(start)
                for _ in range(100):
                    time.sleep(0.05)
                    self.request.sendall(b"0")

    listener = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_address[1]}/"
    finally:
        listener.shutdown()
        listener.socket.close()
        thread.join()


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
    with dripping(start) as url:
        door = Door("", SECONDS)
        began = time.monotonic()
        try:
            with pytest.raises(Unreachable, match="takes"):
                door.ask(Question(url))
        finally:
            door.close()
        assert time.monotonic() - began < 4 * SECONDS
