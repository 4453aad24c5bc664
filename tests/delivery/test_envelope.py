"""Addresses are checked strictly, letters are stuffed exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.envelope import AddressProblem, address_envelope, wire_address, wire_content
from digest.models import Letter

GOOD = [
    ("ada@example.org", "ada@example.org"),
    ("Ada.Lovelace+x@EXAMPLE.Org", "Ada.Lovelace+x@example.org"),
    ("a@localhost", "a@localhost"),
    ("-dash@example.org", "-dash@example.org"),
    ("o'hara@example.org", "o'hara@example.org"),
    ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
    ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
    ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
]

BAD = [
    "", "ada", "@example.org", "ada@", "a@b@c.org", "a@x,b@y", "a b@example.org",
    "a\r\nRCPT TO:<b@c.d>@example.org", "a\0@example.org", "a@exa\nmple.org", "a@exa mple.org",
    "<a>@example.org", '"quoted"@example.org', "a@[127.0.0.1]", ".a@example.org",
    "a.@example.org", "a..b@example.org", "a@-x.org", "a@x..org", "a@.org", "a@x.org.",
    "x" * 65 + "@example.org", "é" * 33 + "@example.org", "a@" + "x" * 64 + ".org",
    "a@" + "x." * 130 + "org", "a@xn--\udcff.org", "a\u2028@example.org", "a@exa\u3002mple.o rg",
]  # fmt: skip


@pytest.mark.parametrize(("address", "wire"), GOOD)
def test_good_addresses(address: str, wire: str) -> None:
    """The domain goes in lower case as A-labels, the local part as it is."""
    assert wire_address(address) == wire


@pytest.mark.parametrize("address", BAD)
def test_bad_addresses(address: str) -> None:
    """Whatever could break out of the envelope, or is no address, is refused."""
    with pytest.raises(AddressProblem):
        wire_address(address)


@given(st.text(max_size=40))
def test_nothing_breaks_out(local: str) -> None:
    """No text in an address ever puts a line end, a space or a bracket on the wire."""
    letter = Letter("i", f"{local}@example.org", "", "", (b"",))
    try:
        envelope = address_envelope(letter)
    except AddressProblem:
        return
    assert not set(envelope.recipient) & set(b'\r\n\0 <>\t,;:"\\')
    assert envelope.utf8 is not envelope.recipient.isascii()


@given(st.lists(st.text(alphabet=".ab\x7f", max_size=5), max_size=8))
def test_stuffing_is_undone_by_the_receiver(lines: list[str]) -> None:
    """Unstuffed as RFC 5321 4.5.2 says, the letter is the one that was handed over."""
    message = "".join(f"{line}\r\n" for line in ["Subject: x", *lines]).encode()
    wire = b"".join(wire_content(Letter("i", "a@example.org", "", "", (message,))))
    assert wire.endswith(b"\r\n")
    received = wire.split(b"\r\n")
    assert not any(line == b"." for line in received)
    unstuffed = b"\r\n".join(line[1:] if line[:1] == b"." else line for line in received)
    assert unstuffed == message


def test_what_was_made_for_the_wire_goes_there_as_it_is() -> None:
    """No piece is joined or looked through, as long as the last one ends a line."""
    pieces = (b"Subject: x\r\n", b"\r\n", b"text\r\n")
    letter = Letter("i", "a@example.org", "", "", pieces, dot_safe=True)
    assert wire_content(letter) is pieces
    assert wire_content(letter._replace(pieces=(b"a",))) == (b"a\r\n",)


@pytest.mark.parametrize("message", [b"a\nb\n.c\n", b"a\r\nb", b"", b".", b"a\rb\r"])
def test_odd_messages_are_mended(message: bytes) -> None:
    """A message with other line ends, or none at the end, ends at the final dot and no sooner."""
    wire = b"".join(wire_content(Letter("i", "a@example.org", "", "", (message,))))
    assert wire.endswith(b"\r\n")
    assert wire.count(b"\n") == wire.count(b"\r\n") == wire.count(b"\r")
    assert b"\r\n.\r\n" not in b"\r\n" + wire
