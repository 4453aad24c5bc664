"""Checks addresses and brings letters into the form that goes over the wire. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

import idna

from digest.models import Letter

MAX_LOCAL_BYTES = 64  # RFC 5321 4.5.3.1.1
MAX_DOMAIN_BYTES = 255  # RFC 5321 4.5.3.1.2
MAX_PATH_BYTES = 254  # RFC 5321 4.5.3.1.3 less the angle brackets
LOCAL = re.compile(r"[^\x00-\x20\x7f\"(),.:;<>@\[\\\]]+(\.[^\s.]+)*")  # atext, RFC 6532's too
FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\"(),:;<>@\[\\\]\u2028\u2029]")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
LINE_END = re.compile(rb"\r\n|\r|\n")


class AddressProblem(ValueError):
    """An address that cannot stand in an envelope; the text says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What MAIL FROM and RCPT TO say."""

    sender: bytes  # without angle brackets; b"" is the null sender
    recipient: bytes
    domain: str  # the recipient's, as an A-label in lower case
    utf8: bool  # SMTPUTF8 (RFC 6531) is needed


def address_envelope(letter: Letter) -> Envelope:
    """Return the letter's envelope.

    Raises:
        AddressProblem: sender or recipient is no address that may go on the wire.
    """
    sender = wire_address(letter.mail_from) if letter.mail_from else ""
    recipient = wire_address(letter.email)
    return Envelope(
        sender.encode(),
        recipient.encode(),
        recipient.rpartition("@")[2],
        not (sender + recipient).isascii(),
    )


@lru_cache(64)  # most letters have the same sender
def wire_address(address: str) -> str:
    """Return the address as the wire carries it: the domain as an A-label, the rest untouched.

    Quoted local parts and address literals are refused: nobody subscribes with one, and both
    are known ways to smuggle (RFC 5321 4.1.2 would allow them).

    Raises:
        AddressProblem: it is none.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise AddressProblem(f"{address!r} is not of the form name@domain")
    if FORBIDDEN.search(local) or not LOCAL.fullmatch(local):
        raise AddressProblem(f"the part before the @ in {address!r} is not allowed in mail")
    if len(local.encode()) > MAX_LOCAL_BYTES:
        raise AddressProblem(f"the part before the @ in {address!r} is over 64 octets")
    whole = f"{local}@{wire_domain(domain)}"
    if len(whole.encode()) > MAX_PATH_BYTES:
        raise AddressProblem(f"{address!r} is over 254 octets")
    return whole


@lru_cache(1024)
def wire_domain(domain: str) -> str:
    """Return a domain in lower case, as A-labels where it is international (RFC 5891).

    Raises:
        AddressProblem: it is none.
    """
    try:
        plain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise AddressProblem(f"the domain {domain!r} is not valid: {error}") from error
    labels = plain.split(".")
    if len(plain) > MAX_DOMAIN_BYTES or not all(LABEL.fullmatch(label) for label in labels):
        raise AddressProblem(f"the domain {domain!r} is not valid")
    return plain


def receiving_domain(address: str) -> str:
    """Return the domain as the wire carries it; of no address, something in lower case."""
    domain = address.rpartition("@")[2]
    try:
        return wire_domain(domain)
    except AddressProblem:
        return domain.lower()


def wire_content(letter: Letter) -> tuple[bytes, ...]:
    """Return what goes out between 354 and the final dot: dots stuffed (RFC 5321 4.5.2).

    A Letter's lines end in CRLF by its contract. Looking for bare line ends all through 40 kB
    would cost as much as sending them, so only the first line end is looked at: a message with
    the wrong ends has them from its first header on, and is then mended as a whole. A message that
    was made for the wire is not looked at, nor are its pieces joined.
    """
    if letter.dot_safe and letter.pieces[-1].endswith(b"\r\n"):
        return letter.pieces
    message = letter.message
    if message[message.find(b"\n") - 1 : message.find(b"\n")] != b"\r":
        message = LINE_END.sub(b"\r\n", message)
    message = stuffed(message)
    return (message if message.endswith(b"\r\n") else message + b"\r\n",)


def stuffed(message: bytes) -> bytes:
    """Double the full stop at the beginning of each line that has one."""
    message = message.replace(b"\r\n.", b"\r\n..")
    return b"." + message if message.startswith(b".") else message
