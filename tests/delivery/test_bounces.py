"""Returned mail is understood by its structure, counted once, and never believed blindly."""

import mailbox
import ssl
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from digest.config.schema import Delivery
from digest.delivery.bounces import mailboxes
from digest.delivery.bounces.collecting import collect_bounces
from digest.delivery.bounces.notices import Kind
from digest.errors import DeliveryError
from digest.models import Outcome, Receipt
from digest.state.outbox import Outbox
from digest.state.suppression import Suppressions
from tests.delivery.conftest import NOW, edition_for
from tests.delivery.imap_server import ImapServer
from tests.delivery.notices import (
    AS_RETURNED,
    ENCODED,
    LEAVING,
    PERSON,
    TOKEN,
    VACATION,
    complaint,
    dsn,
)
from tests.delivery.test_doors import make_certificate

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
        [
            dsn("id000000", recipient="gone@a.org"),
            complaint("id000001"),
            dsn("id000002", status="5.2.2"),
            VACATION.replace(b"id000001", b"id000002"),
            VACATION.replace(b"b+id000001@", b"b@"),
            PERSON,
        ],
    )
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    again = collect_bounces(outbox, settings, NOW, **NOBODYS)
    found = {entry.email: entry.reason for entry in Suppressions(outbox.database).all()}
    assert found == {"gone@a.org": "hard bounce", "angry@b.org": "complaint"}
    assert report.kept == 1
    assert report.counts[Kind.AUTOMATIC] == 2
    assert again.counts == {}
    assert len(box) == 6


BROKEN = (
    b"From: x@y\nTo: b@example.org\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="B"\n\nGr\303\274\303\237e\n'
)
NO_BOUNDARY = BROKEN.replace(b'; boundary="B"', b"")
GONE = dsn(recipient="gone@a.org")
NESTED = b"Content-Type: message/rfc822\n\n" * 3_000


def test_a_broken_mail_does_not_end_the_reading(outbox: Outbox, tmp_path: Path) -> None:
    """It is flagged with its bytes as they came, and what lies behind it is read."""
    outbox.freeze([edition_for("gone@a.org")], NOW)
    broken = [BROKEN, NO_BOUNDARY, NESTED]
    maildir(tmp_path / "mail", [*broken, GONE])
    (tmp_path / "mail" / "new" / "folder").mkdir()
    (tmp_path / "mail" / "new" / ".part").write_bytes(PERSON)
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert report.counts == {Kind.UNKNOWN: 3, Kind.HARD: 1}
    files = {path.read_bytes(): path.name[-3:] for path in (tmp_path / "mail" / "cur").iterdir()}
    assert files == {**dict.fromkeys(broken, "2,F"), GONE: "2,S"}
    assert collect_bounces(outbox, settings, NOW, **NOBODYS).counts == {}


def test_a_broken_mail_over_imap(outbox: Outbox) -> None:
    """It is flagged, too, and the next one is read."""
    outbox.freeze([edition_for("gone@a.org")], NOW)
    with ImapServer([NESTED, BROKEN, GONE], "secret") as server:
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
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    suppressed = []
    for number, day in enumerate((0, 0, 0, 1, 2)):
        edition = replace(edition_for("full@c.org", number), slot=str(number))
        outbox.freeze([edition], NOW)
        maildir(tmp_path / "mail", [dsn(edition.id, status="4.4.7", diagnosis="expired")])
        report = collect_bounces(outbox, settings, NOW + timedelta(days=day), **NOBODYS)
        suppressed.append([entry.reason for entry in report.suppressed])
    assert suppressed == [[], [], [], [], ["soft bounces"]]


@pytest.mark.parametrize("address", ["b@example.org", ""])
def test_a_bounce_that_cannot_be_marked_as_read(outbox: Outbox, address: str) -> None:
    """It is one, however often it is read: a box that was full once is not suppressed for it."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    outbox.record([Receipt("id000001", Outcome.SENT, 250, "ok", NOW)], NOW)
    mail = returning("<id000001@example.org>", dsn(status="5.2.2", diagnosis="smtp; 552 full"))
    mails = [mail.replace(b"To: b@", b"To: b+id000001@")]
    with ImapServer(mails, "secret", writable=False) as server:
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX",
            bounce_address=address,
            bounce_password=SecretStr("secret"),
        )
        for day in range(4):
            with pytest.raises(DeliveryError, match="NO"):
                collect_bounces(outbox, settings, NOW + timedelta(days=day), **NOBODYS)
    assert not list(Suppressions(outbox.database).all())
    [letter] = outbox.history()
    assert [one.kind for one in letter.returns] == ["soft"]


AS_SENT = "Original-Recipient: rfc822; ada@bücher.example\n".encode()  # Postfix
ACTUAL = b"X-Actual-Recipient: rfc822; eve@example.org\n"  # sendmail


@pytest.mark.parametrize(
    ("mail", "suppressed"),
    [
        (dsn(recipient="Ada+Papers@MX1.Bücher.example"), True),  # a host of the domain
        (dsn(recipient="ada@other.example"), False),
        (dsn(recipient="ada"), True),  # no address
        (dsn(recipient="CN=Ada Lovelace/O=Uni"), True),
        (dsn(recipient="eve@xn--bcher-kva.example"), False),
        (dsn(recipient="ada@old.example").replace(b"Action", AS_SENT + b"Action"), False),
        (dsn(recipient="ada@bücher.example").replace(b"Action", ACTUAL + b"Action"), False),
    ],
)
def test_a_bounce_of_another_address(
    outbox: Outbox, tmp_path: Path, mail: bytes, suppressed: bool
) -> None:
    """One dead member of a list, or a dead redirect beside a living box, suppresses nobody at
    once; it is counted, and named."""
    outbox.freeze([edition_for("ada@xn--bcher-kva.example")], NOW)
    mail = mail.replace(b"message/delivery-status", b"message/global-delivery-status")
    maildir(tmp_path / "mail", [mail])
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert report.counts == {Kind.HARD if suppressed else Kind.SOFT: 1}
    assert len(report.suppressed) == suppressed


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (dsn(status="5.7.1", diagnosis="smtp; 550 5.7.1 spam"), Kind.POLICY),
        (dsn(action="delayed", status="4.4.1", diagnosis="smtp; 451 later"), Kind.DELAYED),
    ],
)
def test_a_report_on_another_address_that_is_nobodys_fault(
    outbox: Outbox, tmp_path: Path, mail: bytes, kind: Kind
) -> None:
    """It stays what it is, and is no bounce of the letter's."""
    outbox.freeze([edition_for("ada@list.example")], NOW)
    outbox.record([Receipt("id000001", Outcome.SENT, 250, "ok", NOW)], NOW)
    maildir(tmp_path / "mail", [mail])
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    assert collect_bounces(outbox, settings, NOW, **NOBODYS).counts == {kind: 1}
    assert outbox.history()[0].returns == ()


def test_a_forged_report_suppresses_nobody(outbox: Outbox, tmp_path: Path) -> None:
    """Without the secret delivery id a report about a subscriber is kept for a person to see."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    outbox.record([Receipt("id000001", Outcome.SENT, 250, "ok", NOW)], NOW)
    maildir(tmp_path / "mail", [dsn("guess"), returning("<id000001@example.org>")])
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


def test_a_huge_mailbox_is_searched_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """All fresh mails are found, however many; of a large one only the beginning is asked for."""
    monkeypatch.setattr(mailboxes, "MAX_MESSAGE_BYTES", 100)
    fresh = 180_000
    with ImapServer([b"a: b\r\n\r\n" + b"x" * 1_000] * fresh, "secret") as server:
        place = f"imap://bounces@127.0.0.1:{server.port}/INBOX"
        with mailboxes.open_mailbox(place, "secret") as box:
            key, content = next(iter(box.unread()))
    assert (key, len(content), server.largest) == ("1", 100, 100)


@pytest.mark.parametrize(
    "attack",
    [
        b"Content-Type: multipart/mixed;" + b"\r\n ".join([b";" * 900] * 1_000) + b"\r\n\r\n",
        b"Subject:" + b" =?utf-8?q?a?=" * 80_000 + b"\r\n\r\n",
    ],
    ids=["semicolons", "encoded words"],
)
def test_no_mail_takes_minutes(attack: bytes, outbox: Outbox, tmp_path: Path) -> None:
    """Anybody may write to the address that bounces go to: what a parser needs quadratic time for
    keeps neither the letters waiting nor the mails behind it."""
    outbox.freeze([edition_for("gone@a.org", 0)], NOW)
    maildir(tmp_path / "mail", [attack, dsn("id000000", recipient="gone@a.org")])
    settings = Delivery(bounce_mailbox=str(tmp_path / "mail"), bounce_address="b@example.org")
    began = time.process_time()
    report = collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert time.process_time() - began < 4
    assert report.counts == {Kind.UNKNOWN: 1, Kind.HARD: 1}


@pytest.mark.parametrize("trusted", [True, False])
def test_an_encrypted_mailbox(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    """It is read where its certificate can be believed; no other server is told the password."""
    certificate, key = make_certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ImapServer([PERSON], "secret")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with server:
        place = f"imaps://bounces@localhost:{server.port}/INBOX"
        settings = reading(place, bounce_password=SecretStr("secret"))
        if trusted:
            assert collect_bounces(outbox, settings, NOW, **NOBODYS).kept == 1
        else:
            with pytest.raises(DeliveryError, match="certificate verify failed"):
                collect_bounces(outbox, settings, NOW, **NOBODYS)


@pytest.mark.parametrize(
    ("folder", "password", "said"),
    [
        ("", "secret", ['LOGIN me@host.example "secret"', 'SELECT "INBOX"']),
        ("/Came%20back", "sécret", ["AUTHENTICATE PLAIN", 'SELECT "Came back"']),
    ],
)
def test_who_asks_for_which_folder(
    outbox: Outbox, folder: str, password: str, said: list[str]
) -> None:
    """User and folder are those of the address; a mail that went meanwhile is none."""
    with ImapServer([PERSON], password, search=("* SEARCH 1 2",)) as server:
        place = f"imap://me%40host.example@127.0.0.1:{server.port}{folder}"
        settings = reading(place, bounce_password=SecretStr(password))
        assert collect_bounces(outbox, settings, NOW, **NOBODYS).kept == 1
    assert server.commands[1:3] == said


def test_a_server_that_never_ends(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole reading has an end, and a farewell that nobody answers is not waited for."""
    monkeypatch.setattr(mailboxes, "READING_SECONDS", 0.5)
    with ImapServer([PERSON], "secret", search=("* OK still",) * 1_000, pause=0.02) as server:
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX", bounce_password=SecretStr("secret")
        )
        with pytest.raises(DeliveryError, match="cannot be read"):
            collect_bounces(outbox, settings, NOW, **NOBODYS)


def test_a_link_that_is_lost_halfway(outbox: Outbox) -> None:
    """What was flagged until then is told of: it is not read again, and may ask to leave."""
    with ImapServer([PERSON], "secret", search=("* SEARCH 1 one",)) as server:  # dies of the second
        settings = reading(
            f"imap://bounces@127.0.0.1:{server.port}/INBOX", bounce_password=SecretStr("secret")
        )
        with pytest.raises(DeliveryError, match=r"cannot be read.*; mails flagged .*: 1$"):
            collect_bounces(outbox, settings, NOW, **NOBODYS)
    assert server.flags == [{"\\Flagged"}]


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
    assert caught.value.host in (place.removeprefix("imap://me@") or "nowhere")


def test_a_wrong_password(outbox: Outbox) -> None:
    """A refused login is an error with the mailbox's name."""
    with ImapServer([], "secret") as server:
        place = f"imap://me@127.0.0.1:{server.port}/INBOX"
        with pytest.raises(DeliveryError, match="wrong password"):
            collect_bounces(outbox, reading(place), NOW, **NOBODYS)
