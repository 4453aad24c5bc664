"""Reads one returned mail: a delivery report, a complaint, an automatic answer. Pure.

Only structure counts: a part message/delivery-status (RFC 3464) or message/feedback-report (RFC
5965), or the subject that a letter's `List-Unsubscribe` names (RFC 2369 3.2). The letter is found
by the VERP address it was sent from; no free text is searched for words such as "undeliverable".
The multipart/report around such a part is not asked for: gateways leave out its report-type, and
scanners for viruses and lists make it multipart/mixed.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, message_from_string, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from typing import cast

from digest.errors import printable

# RFC 3463 2 and 3, of failures; 5.1.1.23 is an IP address, 5.10.26 a date, amavisd-2.10.1 a name
STATUS = re.compile(r"(?<![\w.])([45])\.([0-7])\.(\d{1,3})(?!\w|\.\d)")
BLANK_LINE = re.compile(r"\r?\n\r?\n")
FAILURES = frozenset({"failed", "failure", "error"})  # RFC 3464 2.3.3 knows the first alone
ADDRESS_DETAILS = {1, 2, 3, 6, 10}  # 5.1.x about the recipient, as in digest.delivery.replies
OUR_OWN = {(1, 7), (1, 8), (2, 3), (3, 4)}  # x.y.z about our address, or a letter that is too large
RETURNED = frozenset(("message/rfc822", "message/global", "message/global-headers"))
DETAIL_CHARS = 300
DAEMONS = frozenset({"mailer-daemon", "postmaster"})  # what mail servers call themselves
FORMULA = "=+-@"  # a spreadsheet, which opens what we export, would reckon
# In a subject, whatever a mail program puts around it
WISH = re.compile(
    r"unsubscribe(?:%20|[\s+])+(\d{1,4}\.[\w-]{32})(?![\w-])", re.IGNORECASE | re.ASCII
)

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a returned mail says."""

    HARD = "hard"  # the box does not exist
    SOFT = "soft"  # the box is full, the host was away for days
    POLICY = "policy"  # our reputation, sender or letter, or their rules; nobody is suppressed
    COMPLAINT = "complaint"  # the reader pressed "this is spam"
    UNSUBSCRIBE = "unsubscribe"  # the reader, or their mail program, sent the letter's own mail
    DELAYED = "delayed"  # still being tried; no failure
    DELIVERED = "delivered"
    AUTOMATIC = "automatic"  # out of office; no bounce (RFC 3834)
    UNKNOWN = "unknown"  # a person wrote, or something we cannot read; kept


@dataclass(frozen=True, slots=True)
class Notice:
    """One returned mail, understood."""

    kind: Kind
    letter: str = ""  # delivery id from the VERP address
    recipient: str = ""  # as the report names it
    detail: str = ""  # status and diagnosis
    returned: str = ""  # Message-ID of the letter that came back with the report
    token: str = ""  # of a mail that unsubscribes
    failed: str = ""  # where `recipient` led in the end, behind a list or a redirect; "": not named


def read_notice(content: bytes, bounce_address: str) -> Notice:
    """Return what a returned mail says.

    Args:
        bounce_address: `b@example.org`; letters went out as `b+<delivery id>@example.org`.
    """
    letter = find_letter(content, bounce_address)
    try:
        return read_message(message_from_bytes(content, policy=policy.compat32), letter)
    except Exception as error:  # noqa: BLE001  # such as RecursionError, of mails in mails
        log.warning("bounces event=unreadable error=%r", error)
        return Notice(Kind.UNKNOWN, letter)


def read_message(message: Message, letter: str) -> Notice:
    """Return what a parsed mail says."""
    for part in parts_of(message):
        read = REPORTS.get(part.get_content_type())
        if read is not None:
            return replace(read(part, letter), returned=returned_id(message))
    asked = WISH.search(subject_of(message))
    if asked:
        return Notice(Kind.UNSUBSCRIBE, letter, token=asked[1])
    sender = parseaddr(str(message.get("From", "")))[1].lower()
    # Exim's, GMX's and their like: a failure in free text, Auto-Submitted or not
    if message.get("X-Failed-Recipients") or sender.partition("@")[0] in DAEMONS:
        return Notice(Kind.UNKNOWN, letter)
    automatic = str(message.get("Auto-Submitted", "no")).lower().strip()
    if not automatic.startswith("no") or message.get("X-Autoreply") or message.get("X-Autorespond"):
        return Notice(Kind.AUTOMATIC, letter)
    return Notice(Kind.UNKNOWN, letter)


def parts_of(message: Message) -> Iterator[Message]:
    """Yield the parts of a mail, but not those of mails that it returns or forwards."""
    if message.get_content_maintype() != "multipart":
        yield message
    elif message.is_multipart():
        for part in cast("list[Message]", message.get_payload()):
            yield from parts_of(part)


def find_letter(content: bytes, bounce_address: str) -> str:
    """Return the delivery id of the VERP address, wherever in the mail it stands, or ""."""
    local, at, domain = bounce_address.rpartition("@")
    if not at:
        return ""
    pattern = rf"\b{re.escape(local)}\+([a-z0-9]{{1,64}})@{re.escape(domain)}(?![\w.-])"
    found = re.search(pattern.encode(), content, re.IGNORECASE)
    return found[1].decode().lower() if found else ""


def read_delivery_status(part: Message, letter: str) -> Notice:
    """Read a report on delivery (RFC 3464); the best of its recipients counts.

    A letter has one: where a report names several they are behind an alias, which is there as long
    as any of them is.
    """
    notices = [read_recipient(block, letter) for block in blocks_of(part) if block.get("Action")]
    best_first = (Kind.DELIVERED, Kind.DELAYED, Kind.SOFT, Kind.POLICY, Kind.HARD, Kind.UNKNOWN)
    none = Notice(Kind.UNKNOWN, letter)
    return min(notices, key=lambda notice: best_first.index(notice.kind), default=none)


def blocks_of(part: Message) -> list[Message]:
    """Return a report's groups of fields; the parser takes those in UTF-8 (RFC 6533) for a mail."""
    blocks = cast("list[Message]", part.get_payload()) if part.is_multipart() else []
    if part.get_content_type() == "message/delivery-status" or not blocks:
        return blocks
    text = cast("bytes", blocks[0].get_payload(decode=True) or b"").decode("utf-8", "replace")
    return [message_from_string(block) for block in BLANK_LINE.split(text)]


def read_recipient(block: Message, letter: str) -> Notice:
    """Return what the fields of one recipient say."""
    action = str(block["Action"]).partition("(")[0].strip().lower()
    status, diagnosis = str(block.get("Status", "")), str(block.get("Diagnostic-Code", ""))
    detail = " ".join(printable(f"{status} {diagnosis}").split())[:DETAIL_CHARS].lstrip(FORMULA)
    recipient = field_address(block.get("Original-Recipient") or block.get("Final-Recipient"))
    failed = field_address(block.get("X-Actual-Recipient") or block.get("Final-Recipient"))
    if action == "delayed":
        kind = Kind.DELAYED
    elif action in FAILURES:
        kind = kind_of_failure(status, diagnosis)
    elif action in ("delivered", "relayed", "expanded"):
        kind = Kind.DELIVERED
    else:
        kind = Kind.UNKNOWN
    return Notice(kind, letter, recipient, detail, failed=failed if "@" in failed else "")


def kind_of_failure(status: str, diagnosis: str) -> Kind:
    """Return whose fault a failure is, by the report's code and the remote servers' own ones.

    An address does not exist where none says otherwise; x.0.0 says nothing. Gateways quote a remote
    server's code behind one of theirs (Cisco: `5.1.0 - Unknown address error 550-'5.7.1 blocked'`).
    """
    codes = STATUS.findall(f"{status} ; {diagnosis}")
    found = [tuple(int(part) for part in code) for code in codes]
    telling = [code for code in found if code[1:] != (0, 0)]
    if any(code[1] in (6, 7) or code[1:] in OUR_OWN for code in telling):
        return Kind.POLICY
    gone = [code[:2] == (5, 1) and code[2] in ADDRESS_DETAILS for code in telling]
    return Kind.HARD if gone and all(gone) else Kind.SOFT


def read_feedback(part: Message, letter: str) -> Notice:
    """Read a complaint (RFC 5965); types other than abuse, fraud and virus are none."""
    fields = cast("list[Message]", part.get_payload())[0] if part.is_multipart() else part
    kind = str(fields.get("Feedback-Type", "")).strip().lower()
    recipient = field_address(fields.get("Original-Rcpt-To"))
    if kind in ("abuse", "fraud", "virus", "opt-out", "opt-out-list"):
        return Notice(Kind.COMPLAINT, letter, recipient, f"feedback: {kind}")
    return Notice(Kind.UNKNOWN, letter)


REPORTS = {
    "message/delivery-status": read_delivery_status,
    "message/global-delivery-status": read_delivery_status,
    "message/feedback-report": read_feedback,
}


def subject_of(message: Message) -> str:
    """Return the subject, decoded, on one line."""
    written = str(message.get("Subject", ""))
    try:
        return " ".join(str(make_header(decode_header(written))).split())
    except (LookupError, ValueError, HeaderParseError):
        return written


def returned_id(report: Message) -> str:
    """Return the Message-ID of the letter, whole or its headers, that a report returns; or ""."""
    for part in parts_of(report):
        if part.get_content_type() in RETURNED and part.is_multipart():
            return id_of(cast("list[Message]", part.get_payload())[0])
        if part.get_content_type() == "text/rfc822-headers":
            return id_of(message_from_bytes(cast("bytes", part.get_payload(decode=True))))
    return ""


def id_of(letter: Message) -> str:
    """Return the Message-ID of a mail, or ""."""
    return str(letter.get("Message-ID", "")).strip()


def field_address(field: object) -> str:
    """Return the address of `rfc822; ada@example.org`, in lower case."""
    text = str(field or "").rpartition(";")[2]
    return parseaddr(text.strip())[1].lower()
