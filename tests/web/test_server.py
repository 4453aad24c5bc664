"""The server of the pages under those who never finish a question."""

import socket
import time
import urllib.request
from contextlib import ExitStack

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digest.web import server


def test_connections_that_ask_nothing_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds all connections, silently or in the middle of a question, is put out of them;
    the others are answered again."""
    monkeypatch.setattr(server, "CONNECTION_SECONDS", 0.5)
    app = Starlette(routes=[Route("/", lambda _request: PlainTextResponse("here"))])
    listener = server.listen("127.0.0.1", 0)
    place = listener.getsockname()[:2]
    with ExitStack() as stack:
        stack.enter_context(server.pages_served(app, listener))
        for number in range(server.MOST_CONNECTIONS + 1):
            held = stack.enter_context(socket.create_connection(place))
            held.sendall(b"GET / HTTP/1.1\r\nHost: a" if number % 2 else b"")
        time.sleep(1.0)
        with urllib.request.urlopen(f"http://127.0.0.1:{place[1]}/", timeout=5) as answer:
            assert answer.read() == b"here"
