"""Writes a plain letter to the operator; it belongs to no edition and no list."""

import quopri
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr

from digest.models import Letter
from digest.rendering.dkim import Signer
from digest.rendering.headers import Headers, mailbox, serialise, unstructured
from digest.rendering.identity import keyed_hash


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said, and to whom."""

    to: str  # an address
    subject: str
    text: str  # lines of any length, parted by LF


def compose_notice(
    notice: Notice, *, sender: str, secret: bytes, now: datetime, signer: Signer | None = None
) -> Letter:
    """Return the letter; the same notice at the same time gives the same bytes.

    Args:
        sender: `Name <address>`, as in the configuration.
    """
    name, address = parseaddr(sender)
    moment = now.isoformat()
    identity = keyed_hash(secret, "notice", notice.subject, moment).hex()[:24]
    body = quopri.encodestring(notice.text.encode()).replace(b"\n", b"\r\n") + b"\r\n"
    headers: Headers = [
        ("From", mailbox("From", name, address)),
        ("To", notice.to),
        ("Subject", unstructured("Subject", notice.subject)),
        ("Date", format_datetime(now)),
        ("Message-ID", f"<{identity}@{address.rpartition('@')[2]}>"),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 5
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    if signer is not None:
        headers.insert(0, ("DKIM-Signature", signer.signature(headers, body, at=now)))
    pieces = (serialise(headers), b"\r\n", body)
    return Letter(identity, notice.to, address, notice.subject, pieces)
