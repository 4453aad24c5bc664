"""Returned mail is understood by its structure, counted once, and never believed blindly."""

import mailbox
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from digest.config.schema import Delivery
from digest.delivery.bounces import mailboxes
from digest.delivery.bounces.collecting import collect_bounces
from digest.delivery.bounces.notices import Kind, read_notice
from digest.errors import DeliveryError
from digest.models import Outcome, Receipt
from digest.state.outbox import Outbox
from digest.state.suppression import Suppressions
from tests.delivery.conftest import NOW, edition_for
from tests.delivery.imap_server import ImapServer

VERP = "b+{id}@example.org"


def dsn(
    letter: str = "id000001",
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnosis: str = "smtp; 550 5.1.1 no such user",
    recipient: str = "ada@example.org",
) -> bytes:
    """Return a delivery report as postfix writes it."""
    return f"""From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: {VERP.format(id=letter)}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

I'm sorry to have to inform you ...

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Arrival-Date: Mon, 2 Mar 2026 07:30:00 +0000

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnosis}

--x
Content-Type: text/rfc822-headers

Subject: Morning Papers
To: {recipient}

--x--
""".encode()


def behind_alias(action: str, status: str) -> bytes:
    """Return a report on two members of an alias, one of whom is gone."""
    other = f"\nFinal-Recipient: rfc822; other@example.org\nAction: {action}\nStatus: {status}\n"
    end = "\n--x\nContent-Type: text/rfc"
    return dsn().replace(end.encode(), f"{other}{end}".encode())


def complaint(letter: str = "id000001", kind: str = "abuse") -> bytes:
    """Return a complaint as mailbox providers send it (RFC 5965 appendix B)."""
    return f"""From: feedback@provider.example
To: abuse@example.org
Subject: FW: Morning Papers
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: text/plain

This is an email abuse report.

--x
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--x
Content-Type: message/rfc822

Return-Path: <{VERP.format(id=letter)}>
From: digest@example.org
Subject: Morning Papers

text
--x--
""".encode()


AS_RETURNED = dsn().replace(b"Content-Type: text/rfc822-headers", b"Content-Type: message/rfc822")
ENCODED = dsn().replace(
    b"text/rfc822-headers", b"text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable"
)
IN_UTF8 = (  # RFC 6533: how a letter to an address outside ASCII comes back
    dsn(recipient="jörg@example.org")
    .replace(b"message/delivery-status", b"message/global-delivery-status")
    .replace(b"text/rfc822-headers", b"message/global-headers")
    .replace(b"rfc822; ", b"utf-8; ")
)
VACATION = (
    b"From: ada@example.org\nTo: b+id000001@example.org\nAuto-Submitted: auto-replied\n\nOut."
)
PERSON = b"From: ada@example.org\nTo: b+id000001@example.org\nSubject: Undeliverable ideas\n\nHi!"

FORWARDED = (
    b"""From: ada@example.org
Content-Type: multipart/mixed; boundary="y"

--y
Content-Type: message/rfc822

"""
    + dsn()
    + b"""
--y--
"""
)

TOKEN = b"1." + b"Ab-_" * 8
LEAVING = b"From: me@example.org\nTo: b@example.org\nSubject: unsubscribe " + TOKEN + b"\n\nBye."

NOTICES = [
    (dsn(), Kind.HARD),
    (dsn(status="5.0.0"), Kind.HARD),
    (dsn(status="5.1.10", diagnosis="smtp; 556 null MX"), Kind.HARD),
    (dsn(status="5.2.2", diagnosis="smtp; 552 full"), Kind.SOFT),
    (dsn(status="4.4.7", diagnosis="x; expired"), Kind.SOFT),
    (dsn(status="5.7.1", diagnosis="smtp; 550 5.7.1 blocked"), Kind.POLICY),
    (dsn(status="5.1.8", diagnosis="smtp; 550 sender"), Kind.SOFT),
    (dsn(status="", diagnosis=""), Kind.SOFT),
    (dsn(action="delayed", status="4.0.0"), Kind.DELAYED),
    (dsn(action="delivered", status="2.0.0"), Kind.DELIVERED),
    (dsn(action="failed (bad mailbox)"), Kind.HARD),
    (dsn(action="failure"), Kind.HARD),
    (dsn().replace(b" report-type=delivery-status;", b""), Kind.HARD),
    (dsn().replace(b"multipart/report", b"multipart/mixed"), Kind.HARD),
    (IN_UTF8, Kind.HARD),
    (IN_UTF8.replace(b"\n", b"\r\n"), Kind.HARD),
    (IN_UTF8.replace(b"Action: failed\n", b""), Kind.UNKNOWN),
    (FORWARDED, Kind.UNKNOWN),
    (complaint(), Kind.COMPLAINT),
    (complaint(kind="not-spam"), Kind.UNKNOWN),
    (VACATION, Kind.AUTOMATIC),
    (LEAVING, Kind.UNSUBSCRIBE),
    (LEAVING.replace(b"\n\n", b"\nAuto-Submitted: auto-generated\n\n"), Kind.UNSUBSCRIBE),
    (LEAVING.replace(b"unsubscribe ", b"unsubscribe\n "), Kind.UNSUBSCRIBE),
    (LEAVING.replace(b"unsubscribe ", b"Re: [External] Unsubscribe%20"), Kind.UNSUBSCRIBE),
    (LEAVING.replace(b"unsubscribe ", b"=?utf-8?q?AW:_unsubscribe?= "), Kind.UNSUBSCRIBE),
    (LEAVING.replace(TOKEN, TOKEN + b"."), Kind.UNSUBSCRIBE),
    (LEAVING.replace(TOKEN, TOKEN + b"A"), Kind.UNKNOWN),
    (LEAVING.replace(TOKEN, b"me, please"), Kind.UNKNOWN),
    (LEAVING.replace(b"unsubscribe ", b"=?x-none?q?unsubscribe?= "), Kind.UNKNOWN),
    (PERSON, Kind.UNKNOWN),
    (b"", Kind.UNKNOWN),
    (b"\xff\x00 not a mail \r\n\r\n", Kind.UNKNOWN),
    (dsn().replace(b"Action: failed\n", b""), Kind.UNKNOWN),
    (dsn(status="5.0.0", diagnosis="smtp; 550 rejected: 5.1.1.23 is listed"), Kind.SOFT),
    (dsn(status="5.0.0", diagnosis="smtp; 550 rejected: 23.5.1.1 is listed"), Kind.SOFT),
    (dsn(status="5.0.0", diagnosis="smtp; 550 no such user (#5.1.1)."), Kind.HARD),
    (dsn(status="5.0.0", diagnosis="smtp; 550-5.1.1. Who?"), Kind.HARD),
    (dsn(diagnosis="smtp; 554 5.7.9 Message not accepted for policy reasons"), Kind.POLICY),
    (dsn(diagnosis="smtp; 452 4.2.2 full"), Kind.SOFT),
    (dsn(diagnosis="smtp; 550 unknown"), Kind.HARD),
    (behind_alias("failed", "5.1.1"), Kind.HARD),
    (behind_alias("delivered", "2.0.0"), Kind.DELIVERED),
    (behind_alias("relayed", "2.0.0"), Kind.DELIVERED),
    (behind_alias("expanded", "2.0.0"), Kind.DELIVERED),
    (behind_alias("delayed", "4.0.0"), Kind.DELAYED),
]


@pytest.mark.parametrize(("content", "kind"), NOTICES)
def test_what_a_mail_says(content: bytes, kind: Kind) -> None:
    """Reports, complaints, automatic answers and mail from people are told apart."""
    assert read_notice(content, "b@example.org").kind is kind


def test_the_letter_is_found_by_its_verp_address() -> None:
    """The delivery id stands in the report's own address or in the returned headers."""
    assert read_notice(dsn("abc123"), "b@example.org").letter == "abc123"
    assert read_notice(complaint("abc123"), "b@example.org").letter == "abc123"
    assert read_notice(dsn("abc123"), "b@other.example").letter == ""


def test_the_address_in_a_report_in_utf8() -> None:
    """It is read as it was written, and so is the letter that came back."""
    content = IN_UTF8.replace(
        b"Subject: Morning", b"Message-ID: <one@example.org>\nSubject: Morning"
    )
    notice = read_notice(content, "")
    assert (notice.recipient, notice.returned) == ("jörg@example.org", "<one@example.org>")


NOBODYS: dict[str, Any] = {
    "whose": {}.get,  # knows no token
    "name_of": lambda letter, _email: f"<{letter}@example.org>",
}


def maildir(path: Path, mails: list[bytes]) -> mailbox.Maildir:
    """Make a Maildir with those mails."""
    box = mailbox.Maildir(path, create=True)
    for content in mails:
        box.add(content)
    return box


def reading(place: str, **more: object) -> Delivery:
    """Return settings with that mailbox; imap:// on loopback is more than the YAML allows."""
    return Delivery().model_copy(update={"bounce_mailbox": place, **more})


def test_a_maildir_is_read_once(outbox: Outbox, tmp_path: Path) -> None:
    """A hard bounce and a complaint suppress; unknown mail is flagged and kept; twice is once."""
    emails = ["gone@a.org", "angry@b.org", "full@c.org"]
    outbox.freeze([edition_for(email, i) for i, email in enumerate(emails)], NOW)
    box = maildir(
        tmp_path / "mail",
        [dsn("id000000"), complaint("id000001"), dsn("id000002", status="5.2.2"), VACATION, PERSON],
    )
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    again = collect_bounces(outbox, settings, NOW, **NOBODYS)
    found = {entry.email: entry.reason for entry in Suppressions(outbox.database).all()}
    assert found == {"gone@a.org": "hard bounce", "angry@b.org": "complaint"}
    assert report.kept == 1
    assert report.counts[Kind.AUTOMATIC] == 1
    assert again.counts == {}
    assert len(box) == 5


BROKEN = (
    b"From: x@y\nTo: b@example.org\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="B"\n\nGr\303\274\303\237e\n'
)
NO_BOUNDARY = BROKEN.replace(b'; boundary="B"', b"")
NESTED = b"Content-Type: message/rfc822\n\n" * 3_000


def test_a_broken_mail_does_not_end_the_reading(outbox: Outbox, tmp_path: Path) -> None:
    """It is flagged with its bytes as they came, and what lies behind it is read."""
    outbox.freeze([edition_for("gone@a.org")], NOW)
    broken = [BROKEN, NO_BOUNDARY, NESTED]
    maildir(tmp_path / "mail", [*broken, dsn()])
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert report.counts == {Kind.UNKNOWN: 3, Kind.HARD: 1}
    files = sorted((tmp_path / "mail" / "cur").iterdir())
    assert [path.name[-3:] for path in files] == ["2,F", "2,F", "2,F", "2,S"]
    assert [path.read_bytes() for path in files] == [*broken, dsn()]
    assert collect_bounces(outbox, settings, NOW, **NOBODYS).counts == {}


def test_a_broken_mail_over_imap(outbox: Outbox) -> None:
    """It is flagged, too, and the next one is read."""
    outbox.freeze([edition_for("gone@a.org")], NOW)
    with ImapServer([NESTED, BROKEN, dsn()], "secret") as server:
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX",
            bounce_address="b@example.org",
            bounce_password=SecretStr("secret"),
        )
        report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert report.counts == {Kind.UNKNOWN: 2, Kind.HARD: 1}
    assert server.flags == [{"\\Flagged"}, {"\\Flagged"}, {"\\Seen"}]


def test_a_mail_that_unsubscribes(outbox: Outbox, tmp_path: Path) -> None:
    """Its token counts, whoever sent it; a token of nobody's is kept for a person to see."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    maildir(tmp_path / "mail", [LEAVING, LEAVING.replace(b"Ab-_", b"AAAA")])
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    tokens = {TOKEN.decode(): "ada@example.org"}
    report = collect_bounces(outbox, settings, NOW, **NOBODYS | {"whose": tokens.get})
    assert (report.kept, report.counts) == (1, {Kind.UNSUBSCRIBE: 1, Kind.UNKNOWN: 1})
    [entry] = Suppressions(outbox.database).all()
    assert (entry.email, entry.reason) == ("ada@example.org", "unsubscribed")


def test_soft_bounces_need_days(outbox: Outbox, tmp_path: Path) -> None:
    """Three soft bounces in one day are one; on three days they suppress."""
    outbox.freeze([edition_for("full@c.org")], NOW)
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    suppressed = []
    for day in (0, 0, 0, 1, 2):
        maildir(tmp_path / "mail", [dsn(status="4.4.7", diagnosis="expired")])
        report = collect_bounces(outbox, settings, NOW + timedelta(days=day), **NOBODYS)
        suppressed.append([entry.reason for entry in report.suppressed])
    assert suppressed == [[], [], [], [], ["soft bounces"]]


def test_a_forged_report_suppresses_nobody(outbox: Outbox, tmp_path: Path) -> None:
    """Without the secret delivery id a report about a subscriber is kept for a person to see."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    maildir(tmp_path / "mail", [dsn("guess"), dsn().replace(b"b+id000001@", b"b@")])
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert report.kept == 2
    assert not list(Suppressions(outbox.database).all())


def returning(name: str, content: bytes = dsn()) -> bytes:
    """Return a report without a VERP address, with a letter of that Message-ID."""
    content = content.replace(b"b+id000001@", b"b@")
    return content.replace(b"Subject: Morning", f"Message-ID: {name}\nSubject: Morning".encode())


@pytest.mark.parametrize(
    ("mail", "suppressed"),
    [
        (returning("<id000001@example.org>"), True),
        (returning("<id000001@example.org>", AS_RETURNED), True),
        (returning("<id000001@example.org>", ENCODED), True),
        (returning("<id000002@example.org>"), False),  # it was never sent
        (returning("<id000003@example.org>"), False),  # to somebody else
        (returning("<guess@example.org>"), False),
        (returning(""), False),
        (dsn().replace(b"b+id000001@", b"b@"), False),
    ],
)
def test_without_a_bounce_address(
    outbox: Outbox, tmp_path: Path, mail: bytes, suppressed: bool
) -> None:
    """A report counts where it returns a letter that was sent to the address it is about."""
    outbox.freeze([edition_for("ada@example.org", 1)], NOW)
    evening = replace(edition_for("ada@example.org", 2), slot="evening")
    outbox.freeze([evening, edition_for("eve@example.org", 3)], NOW)
    outbox.record([Receipt(f"id00000{n}", Outcome.SENT, 250, "ok", NOW) for n in (1, 3)], NOW)
    maildir(tmp_path / "mail", [mail])
    report = collect_bounces(outbox, reading(str(tmp_path / "mail")), NOW, **NOBODYS)
    assert [entry.email for entry in report.suppressed] == ["ada@example.org"] * suppressed
    assert report.kept == (not suppressed)


def test_imap(outbox: Outbox) -> None:
    """The same over IMAP: what was understood is seen, the rest flagged."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    with ImapServer([dsn(), PERSON], "secret") as server:
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX",
            bounce_address="b@example.org",
            bounce_password=SecretStr("secret"),
        )
        report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert [entry.email for entry in report.suppressed] == ["ada@example.org"]
    assert server.flags == [{"\\Seen"}, {"\\Flagged"}]


@pytest.mark.parametrize("answers", [(), ("* SEARCH", "* SEARCH")])
def test_odd_answers_to_a_search(outbox: Outbox, answers: tuple[str, ...]) -> None:
    """A server that names no mail, or does so twice, has none."""
    with ImapServer([dsn()], "secret", search=answers) as server:
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX", bounce_password=SecretStr("secret")
        )
        assert collect_bounces(outbox, settings, NOW, **NOBODYS).counts == {}


def test_a_server_that_never_ends(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole reading has an end, and a farewell that nobody answers is not waited for."""
    monkeypatch.setattr(mailboxes, "READING_SECONDS", 0.5)
    with ImapServer([], "secret", search=("* OK still",) * 1_000, pause=0.02) as server:
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX", bounce_password=SecretStr("secret")
        )
        with pytest.raises(DeliveryError, match="cannot be read"):
            collect_bounces(outbox, settings, NOW, **NOBODYS)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("", "is not set"),
        ("/nowhere/at/all", "cannot be read"),
        ("imap://me@127.0.0.1:1/INBOX", "cannot be read"),
        ("imap://me@mail.example.org/INBOX", "loopback only"),
    ],
)
def test_a_mailbox_that_cannot_be_read(outbox: Outbox, place: str, words: str) -> None:
    """The error names the mailbox's setting."""
    with pytest.raises(DeliveryError, match=words) as caught:
        collect_bounces(outbox, reading(place), NOW, **NOBODYS)
    assert "bounce_mailbox" in str(caught.value)


def test_a_wrong_password(outbox: Outbox) -> None:
    """A refused login is an error with the mailbox's name."""
    with ImapServer([], "secret") as server:
        place = f"imap://me@127.0.0.1:{server.port}/INBOX"
        with pytest.raises(DeliveryError, match="wrong password"):
            collect_bounces(outbox, reading(place), NOW, **NOBODYS)
