"""Seals a letter: headers, both parts, signature, envelope sender. Chooses no word of it."""

from binascii import a2b_qp
from collections.abc import Iterable
from datetime import date, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest import models
from digest.rendering.encoding import BASE64_GROWTH, base64_lines
from digest.rendering.headers import Headers, mailbox, phrase, serialise, unstructured
from digest.rendering.identity import boundary, message_id
from digest.rendering.plain import clean
from digest.rendering.sender import Links, Sender
from digest.rendering.stencil import Body, Parts

if TYPE_CHECKING:
    from digest.rendering.dkim import Signer

# RFC 3834 5, and what mail programs of before and beside it ask for.
AUTOMATIC: Headers = [
    ("Auto-Submitted", "auto-generated"),
    ("Precedence", "bulk"),
    ("X-Auto-Response-Suppress", "OOF, AutoReply"),
]


class Sealer:
    """Makes messages of one sender."""

    def __init__(self, sender: Sender, signer: "Signer | None", bounce_address: str) -> None:
        self._sender, self._signer, self._bounce = sender, signer, bounce_address
        self._fixed = fixed_headers(sender)
        self._fixed_lines = serialise(self._fixed)

    def seal(
        self, edition: models.Edition, subject: str, parts: Parts, links: Links
    ) -> models.Letter:
        """Put the two parts of an edition into one message."""
        sender = self._sender
        name = message_id(edition.id, edition.email, secret=sender.secret, domain=sender.domain)
        mark = boundary(name)
        body = [
            *encode_part("plain", parts.text, mark),
            *encode_part("html", parts.html, mark),
            f"--{mark}--\r\n".encode(),
        ]
        headers = [
            *self._own_headers(edition, subject, links),
            ("Message-ID", name),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/alternative;\r\n boundary="{mark}"'),
        ]
        lines = self._fixed_lines + serialise(headers)
        if self._signer:
            signed = [*self._fixed, *headers]
            value = self._signer.signature(signed, b"".join(body), at=edition.made_at)
            lines = serialise([("DKIM-Signature", value)]) + lines
        return models.Letter(
            id=edition.id,
            email=edition.email,
            mail_from=self._mail_from(edition.id),
            subject=subject,
            pieces=joined((lines, b"\r\n", *body)),
            dot_safe=True,  # header lines begin with a name or a space, `encoding` sees to the rest
        )

    def _own_headers(self, edition: models.Edition, subject: str, links: Links) -> Headers:
        sender = self._sender
        return [
            ("To", mailbox("To", clean(edition.name), edition.email)),
            ("Subject", unstructured("Subject", subject)),
            ("Date", date_header(edition.made_at, edition.timezone)),
            *list_headers(sender, links),
            ("Feedback-ID", f"{edition.slot}:{compact(edition.date)}:digest:{sender.feedback_id}"),
        ]

    def _mail_from(self, edition_id: str) -> str:
        """Name the delivery in the envelope sender, so that a bounce says whose it is (VERP)."""
        local, at, domain = self._bounce.rpartition("@")
        return f"{local}+{edition_id}@{domain}" if at else self._sender.address


def fixed_headers(sender: Sender) -> Headers:
    """Write the headers that all letters of one sender share."""
    headers = [("From", mailbox("From", sender.name, sender.address))]
    if sender.reply_to[1]:
        headers.append(("Reply-To", mailbox("Reply-To", *sender.reply_to)))
    name = phrase(sender.site, len("List-Id: "))
    owner = f"mailto:{quote(sender.operator, safe='@')}"
    return [
        *headers,
        ("List-Id", f"{name}\r\n <{sender.list_id}>"),
        ("List-Owner", f"<{owner}>"),
        ("List-Post", "NO"),  # RFC 2369 3.4: nobody can write to the list
        ("List-Help", f"<{sender.help_url or f'{owner}?subject=help'}>"),
        *AUTOMATIC,
    ]


def list_headers(sender: Sender, links: Links) -> Headers:
    """Write the headers that let a mail program unsubscribe for its reader.

    A URI is never folded nor encoded, whatever its length (RFC 2369 2; RFC 8058 3.1).
    """
    if not sender.one_click:
        return [("List-Unsubscribe", f"<{links.unsubscribe_mail}>")]
    return [
        ("List-Unsubscribe", f"<{links.unsubscribe}>,\r\n <{links.unsubscribe_mail}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Archive", f"<{links.settings}>"),
        ("Archived-At", f"<{links.browser}>"),  # RFC 5064
    ]


def encode_part(kind: str, body: Body, mark: str) -> list[bytes]:
    """Encode one part: quoted-printable, or base64 where that is shorter."""
    head = f"--{mark}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: "
    if sum(map(len, body.quoted)) > body.size * BASE64_GROWTH:
        # Its line ends are CRLF, as those of all text must be before base64 (RFC 2045 6.8).
        lines = base64_lines(a2b_qp(b"".join(body.quoted)))
        return [f"{head}base64\r\n\r\n".encode(), lines, b"\r\n"]
    return [f"{head}quoted-printable\r\n\r\n".encode(), *body.quoted, b"\r\n"]


def joined(pieces: Iterable[bytes]) -> tuple[bytes, ...]:
    """Join what lies between plates, which stay as they are."""
    found, between = list[bytes](), list[bytes]()
    for piece in pieces:
        if type(piece) is models.Plate:
            found += (b"".join(between), piece)
            between.clear()
        else:
            between.append(piece)
    return (*found, b"".join(between))


@lru_cache(1024)
def date_header(at: datetime, timezone: str) -> str:
    """Write when a letter was made by its reader's clock (RFC 5322 3.3)."""
    return format_datetime(at.astimezone(zone(timezone)))


@lru_cache(64)
def compact(day: date) -> str:
    """Write a day as 20261123."""
    return f"{day:%Y%m%d}"


@lru_cache(1024)
def zone(name: str) -> ZoneInfo:
    """Return a time zone, UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
