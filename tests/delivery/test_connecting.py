"""How a relay is reached and greeted: addresses, names, passwords, certificates."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path
from typing import cast

import pytest

from digest.config.schema import Relay
from digest.delivery.connecting import Connection, Misconfigured, RelayAway, connect_relay
from digest.delivery.wire import Wire
from tests.delivery.conftest import loopback
from tests.delivery.fault_server import FaultServer, make_certificate
from tests.delivery.faults import Drop, Rule, Say


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


def test_a_host_that_nobody_knows_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends no run as a bug: the line may be down."""

    def resolve(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RelayAway, match="Name or service not known") as caught:
        reach(Relay(host="mail.example.org"))
    assert not caught.value.answered


def test_an_ipv6_address_may_stand_in_brackets() -> None:
    """As it does in a URL: the configuration takes it so."""
    with pytest.raises(RelayAway, match="to ::1 on port 9"):
        reach(loopback(9, host="[::1]"))


def test_a_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    """As for the configuration, and as it is now; a file that is gone is told by its name."""
    place = tmp_path / "password.txt"
    place.write_bytes(b"\xef\xbb\xbfnew\r\nthe second line is a note, all of it from Windows\r\n")
    with FaultServer(login=("me", "new")) as server:
        relay = loopback(server.port, username="me", password="old", password_file=place)
        reach(relay)
        place.write_bytes(b"\xff")
        with pytest.raises(Misconfigured, match="check username and password"):
            reach(relay)
        place.unlink()
        with pytest.raises(Misconfigured, match=r"password\.txt cannot be read: No such file"):
            reach(relay)


def test_a_server_that_knows_no_ehlo_is_greeted_as_of_old() -> None:
    """By HELO, under the same name (RFC 5321 3.2)."""
    with FaultServer([Rule("ehlo", Say(502, "5.5.1 what?"), times=1)]) as server:
        reach(loopback(server.port))
    assert server.commands == ["EHLO here", "HELO here", "QUIT"]


@pytest.mark.parametrize(
    ("rule", "error", "words"),
    [
        (Rule("ehlo", Say(450, "4.3.2 later")), RelayAway, "answered 450 '4.3.2 later' to EHLO"),
        (
            Rule("ehlo", Say(554, "listed", close=True)),
            Misconfigured,
            "answered 554 'listed' to EHLO",
        ),
        (Rule("ehlo", Say(550, "no")), Misconfigured, "answered 550 'no' to EHLO"),
        (Rule("connect", Say(554, "no", close=True)), RelayAway, "answered 554 'no' to connect"),
        (Rule("auth", Say(454, "4.7.0 later")), Misconfigured, "4.7.0 later' to AUTH; check user"),
    ],
)
def test_a_relay_that_does_not_let_us_in(rule: Rule, error: type[Exception], words: str) -> None:
    """Whoever runs this is told what it said, and to what."""
    with FaultServer([rule], login=("me", "pw")) as server, pytest.raises(error, match=words):
        reach(loopback(server.port, username="me", password="pw"))


def test_a_relay_that_hangs_up_behind_its_refusal_is_not_misunderstood() -> None:
    """What it said to EHLO is told, and not that HELO found nobody there any more."""
    listed, gone = Rule("ehlo", Say(554, "you are listed"), times=1), Rule("ehlo", Drop())
    with (
        FaultServer([listed, gone]) as server,
        pytest.raises(Misconfigured, match="you are listed"),
    ):
        reach(loopback(server.port))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_relay_that_says_nothing_is_not_waited_for_longer_than_configured(host: str) -> None:
    """Whether it has one address or several."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay = loopback(silent.getsockname()[1], host=host)
        began = time.monotonic()
        with pytest.raises(RelayAway):
            reach(relay.model_copy(update={"timeout_seconds": 0.2}))
    assert time.monotonic() - began < 5


def test_certificates_on_this_machine_itself(tmp_path: Path) -> None:
    """They are not verified where that is switched off; a `ca_file` that is none is named."""
    certificate = make_certificate(tmp_path)
    (tmp_path / "none.pem").write_text("no certificate")
    with FaultServer(tls="implicit", certificate=certificate) as server:
        reach(loopback(server.port, tls="implicit", insecure=True))
        with pytest.raises(Misconfigured, match=r"`ca_file` .*none\.pem cannot be read"):
            reach(loopback(server.port, tls="implicit", ca_file=tmp_path / "none.pem"))
        with pytest.raises(Misconfigured, match=r"TLS failed"):
            reach(loopback(server.port, tls="implicit", ca_file=certificate[0]))
    assert server.commands == ["EHLO here", "QUIT"]


@pytest.mark.parametrize(
    ("told", "bound"), [("", 0), ("0", 0), ("lots", 0), ("35882577", 35882577)]
)
def test_how_large_a_letter_may_be(told: str, bound: int) -> None:
    """What is no number is no bound."""
    assert Connection(cast("Wire", None), {"size": told}).max_bytes == bound


def reach(relay: Relay) -> None:
    """Connect to a relay, and hang up."""

    async def call() -> None:
        connection = await connect_relay(relay)
        await connection.wire.quit()

    asyncio.run(call())
