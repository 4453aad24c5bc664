"""Mails that come back, in the forms that the world sends: reports, complaints, answers."""

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
VACATION = (
    b"From: ada@example.org\nTo: b+id000001@example.org\nAuto-Submitted: auto-replied\n\nOut."
)
PERSON = b"From: ada@example.org\nTo: b+id000001@example.org\nSubject: Undeliverable ideas\n\nHi!"

TOKEN = b"1." + b"Ab-_" * 8
LEAVING = b"From: me@example.org\nTo: b@example.org\nSubject: unsubscribe " + TOKEN + b"\n\nBye."
