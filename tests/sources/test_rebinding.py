"""A name that leads elsewhere the second time it is looked up (DNS rebinding)."""

import socket
from typing import Any

import pytest

from digest.sources.asking.door import Door, Question, Unreachable
from tests.loopback import Reply, Request, serve


def test_the_address_that_is_asked_is_the_one_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A redirect's host that was public a moment ago and is this machine now is asked nothing."""
    real = socket.getaddrinfo
    told = ["8.8.8.8"]

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "rebinds.example":
            host = told.pop() if told else "127.0.0.1"
        return real(host, *rest, **more)

    def answer(request: Request) -> Reply:
        port = request.headers["host"].rpartition(":")[2]
        place = f"http://rebinds.example:{port}/private"
        return Reply(status=302, headers={"Location": place})

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    door = Door("")
    try:
        with serve(answer) as server:
            with pytest.raises(Unreachable, match=r"private address 127\.0\.0\.1"):
                door.ask(Question(f"{server.url}/feed"))
            assert server.paths == ["/feed"]
    finally:
        door.close()
