"""What a mail that came back says is read from its structure."""

import pytest

from digest.delivery.bounces.notices import Kind, read_notice
from tests.delivery.notices import LEAVING, PERSON, TOKEN, VACATION, complaint, dsn


def behind_alias(action: str, status: str) -> bytes:
    """Return a report on two members of an alias, one of whom is gone."""
    other = f"\nFinal-Recipient: rfc822; other@example.org\nAction: {action}\nStatus: {status}\n"
    end = "\n--x\nContent-Type: text/rfc"
    return dsn().replace(end.encode(), f"{other}{end}".encode())


IN_UTF8 = (  # RFC 6533: how a letter to an address outside ASCII comes back
    dsn(recipient="jörg@example.org")
    .replace(b"message/delivery-status", b"message/global-delivery-status")
    .replace(b"text/rfc822-headers", b"message/global-headers")
    .replace(b"rfc822; ", b"utf-8; ")
)
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

NOTICES = [
    (dsn(), Kind.HARD),
    (dsn(status="5.0.0"), Kind.HARD),
    (dsn(status="5.1.10", diagnosis="smtp; 556 null MX"), Kind.HARD),
    (dsn(status="5.2.2", diagnosis="smtp; 552 full"), Kind.SOFT),
    (dsn(status="4.4.7", diagnosis="x; expired"), Kind.SOFT),
    (dsn(status="5.7.1", diagnosis="smtp; 550 5.7.1 blocked"), Kind.POLICY),
    (dsn(status="5.1.8", diagnosis="smtp; 550 sender"), Kind.POLICY),
    (dsn(status="5.3.4", diagnosis="smtp; 552 5.3.4 message too large"), Kind.POLICY),
    (dsn(status="5.6.0", diagnosis="smtp; 554 5.6.0 content"), Kind.POLICY),
    (dsn(status="5.1.0", diagnosis="smtp; 550 5.1.0 <b@example.org>: sender"), Kind.SOFT),
    (dsn(status="5.0.0", diagnosis="smtp; 5.1.0 - Unknown address error 550-'hm'"), Kind.SOFT),
    (dsn(status="5.1.1", diagnosis="smtp; 5.1.1 - Bad 550-'5.7.1 blocked'"), Kind.POLICY),
    (dsn(diagnosis="smtp; 550 5.1.1 gone (amavisd-new-2.10.1)"), Kind.HARD),
    (dsn(diagnosis="smtp; 550 5.1.1 gone since 5.10.26"), Kind.HARD),
    (dsn(diagnosis="smtp; 550 5.1.1 gone (after 250 2.6.0 queued)"), Kind.HARD),
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
    (b"X-Failed-Recipients: ada@example.org\n" + VACATION, Kind.UNKNOWN),
    (VACATION.replace(b"ada@example.org", b"GMX <mailer-daemon@gmx.net>"), Kind.UNKNOWN),
    (VACATION.replace(b"ada@example.org", b"MAILER-DAEMON (Mail Delivery)"), Kind.UNKNOWN),
    (VACATION.replace(b"ada@example.org", b"postmaster <ada@example.org>"), Kind.AUTOMATIC),
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
    (dsn(status="5.1.2", diagnosis="smtp; 550 no such host"), Kind.HARD),
    (dsn(status="5.1.3", diagnosis="smtp; 553 syntax"), Kind.HARD),
    (dsn(status="5.1.6", diagnosis="smtp; 551 moved"), Kind.HARD),
    (dsn(status="5.1.4", diagnosis="smtp; 550 ambiguous"), Kind.SOFT),
    (dsn(status="5.1.7", diagnosis="smtp; 553 sender"), Kind.POLICY),
    (dsn(status="5.2.3", diagnosis="smtp; 552 longer than the box takes"), Kind.POLICY),
    (dsn(action="Failed"), Kind.HARD),
    (dsn(action="pending"), Kind.UNKNOWN),
    (complaint(kind="Abuse "), Kind.COMPLAINT),
    (b"Auto-Submitted: No\n" + PERSON, Kind.UNKNOWN),
    (b"X-Autoreply: yes\n" + PERSON, Kind.AUTOMATIC),
    (b"X-Autorespond: yes\n" + PERSON, Kind.AUTOMATIC),
    (LEAVING.replace(b"unsubscribe ", b"=?x-none?q?Re:?= unsubscribe "), Kind.UNSUBSCRIBE),
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


def test_a_diagnosis_does_not_steer_the_terminal() -> None:
    """Whoever has a letter can send its report; `digest history` shows what that says."""
    assert read_notice(dsn(diagnosis="smtp; \x1b[2Jgone"), "b@example.org").detail.isprintable()


def test_a_report_is_no_formula() -> None:
    """A spreadsheet that opens what is exported reckons nothing that a stranger wrote."""
    notice = read_notice(dsn(status='=HYPERLINK("http://x.example","5.1.1")'), "b@example.org")
    assert notice.detail.startswith("HYPERLINK")
