"""Serves the pages beside the daemon, in a thread of their own."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 200  # more are answered 503
SECONDS_TO_END = 5
CONNECTION_SECONDS = 30.0


class Connection(H11Protocol):
    """A connection with an end: uvicorn waits for ever for the rest of a question, and who holds
    `MOST_CONNECTIONS` of them would keep everybody from unsubscribing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; what is being answered at the end is answered."""
        super().connection_made(transport)
        self.end = self.loop.call_later(CONNECTION_SECONDS, self.shutdown)

    def connection_lost(self, exc: Exception | None) -> None:
        """End before the time is over."""
        self.end.cancel()
        super().connection_lost(exc)


@contextmanager
def pages_served(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """Serve an application until the block ends.

    Args:
        listener: see `listen`; it is closed at the end.
    """
    settings = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,  # ours
        access_log=False,  # the addresses of pages are their keys
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    server = uvicorn.Server(settings)
    with listener:
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()


def listen(host: str, port: int) -> socket.socket:
    """Take the port, before anybody is told of it.

    Args:
        port: 0 for any free one.

    Raises:
        OSError: somebody else has it, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family, backlog=MOST_CONNECTIONS)
