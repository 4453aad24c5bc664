"""Serves the pages beside the daemon, in a thread of their own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from digest.errors import StateError

MOST_CONNECTIONS = 200  # more are answered 503
SECONDS_TO_END = 5


@contextmanager
def pages_served(app: Starlette, host: str, port: int) -> Iterator[int]:
    """Serve an application until the block ends; yields the port.

    Args:
        port: 0 for any free one.

    Raises:
        StateError: somebody else has the port, or the host is not this machine's.
    """
    settings = uvicorn.Config(
        app,
        log_config=None,  # ours
        access_log=False,  # the addresses of pages are their keys
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    server = uvicorn.Server(settings)
    with listening(host, port) as listener:
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def listening(host: str, port: int) -> socket.socket:
    """Take the port, before anybody is told of it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=MOST_CONNECTIONS)
    except OSError as error:
        reason = f"cannot be listened on: {error.strerror or error}; see `pages:` in digest.yaml"
        raise StateError(f"{host}:{port}", reason) from error
