"""How a relay is reached that has several addresses, or one in brackets."""

import asyncio
import contextlib
import socket

import pytest

from digest.config.schema import Relay
from digest.delivery.connecting import Misconfigured, RelayAway, connect_relay
from tests.delivery.conftest import loopback
from tests.delivery.fault_server import FaultServer


def test_an_address_that_swallows_everything_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where IPv6 leads nowhere, letters go by IPv4."""
    with FaultServer() as server, socket.socket() as hole, contextlib.ExitStack() as calls:
        hole.bind(("127.0.0.2", server.port))
        hole.listen(0)
        for _ in range(4):  # whoever calls once its queue is full hears nothing
            call = calls.enter_context(socket.socket())
            call.setblocking(False)
            call.connect_ex(("127.0.0.2", server.port))
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port))
            for host in ("127.0.0.2", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        reach(loopback(server.port, host="localhost", timeout_seconds=1))
        assert server.connections == 1


def test_a_kernel_without_ipv6_sends_by_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS names the IPv6 address all the same, for which no socket can be made."""
    with FaultServer() as server:
        places = [(9999, ("::1", server.port, 0, 0)), (socket.AF_INET, ("127.0.0.1", server.port))]
        found = [(family, socket.SOCK_STREAM, 6, "", place) for family, place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        reach(loopback(server.port, host="localhost"))
        assert server.connections == 1


def test_a_host_that_is_no_name_is_the_configurations_fault() -> None:
    """It ends no run as a bug, and is not told to check the password."""
    with pytest.raises(Misconfigured, match=r"^'mail\.\.example\.org' is no name; check host"):
        reach(Relay(host="mail..example.org"))


def test_an_ipv6_address_may_stand_in_brackets() -> None:
    """As it does in a URL: the configuration takes it so."""
    with pytest.raises(RelayAway, match="to ::1 on port 9"):
        reach(loopback(9, host="[::1]"))


def reach(relay: Relay) -> None:
    """Connect to a relay, and hang up."""

    async def call() -> None:
        connection = await connect_relay(relay)
        await connection.wire.quit()

    asyncio.run(call())
