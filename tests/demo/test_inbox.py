"""The inbox, spoken to by the standard library's SMTP client."""

from smtplib import SMTP

import pytest

from digest.demo.inbox import HOST, open_inbox

MESSAGE = b"Subject: hello\r\n\r\n.dot\r\n..two\r\n"


def test_messages_arrive_with_their_envelopes() -> None:
    """Each message is kept as sent, dots included, with sender and recipients."""
    with open_inbox() as inbox:
        with SMTP(HOST, inbox.port, timeout=10) as client:
            client.sendmail("digest@example.org", ["ada@example.org"], MESSAGE)
            client.sendmail("a@example.org", ["ines@example.org", "kenji@example.org"], MESSAGE)
        first, second = inbox.received
    assert (first.mail_from, first.recipients) == ("digest@example.org", ("ada@example.org",))
    assert first.message == MESSAGE
    assert (second.mail_from, len(second.recipients)) == ("a@example.org", 2)


def test_an_international_address_is_accepted() -> None:
    """The server offers SMTPUTF8 (RFC 6531) and 8BITMIME."""
    with open_inbox() as inbox:
        with SMTP(HOST, inbox.port, timeout=10) as client:
            client.ehlo()
            assert client.has_extn("smtputf8")
            client.mail("inês@example.org", ["SMTPUTF8", "BODY=8BITMIME"])
            client.rcpt("josé@example.org")
            client.data("Subject: olá\r\n\r\n".encode())
        (only,) = inbox.received
    assert only.mail_from == "inês@example.org"
    assert "olá".encode() in only.message


def test_two_inboxes_do_not_share() -> None:
    """Each has its own port and its own messages."""
    with open_inbox() as one, open_inbox() as other:
        assert one.port != other.port
        with SMTP(HOST, one.port, timeout=10) as client:
            client.sendmail("a@example.org", ["b@example.org"], MESSAGE)
        assert (len(one.received), len(other.received)) == (1, 0)


def test_the_inbox_closes() -> None:
    """After the block nobody listens any more, but the messages stay readable."""
    with open_inbox() as inbox:
        pass
    with pytest.raises(ConnectionError):
        SMTP(HOST, inbox.port, timeout=10)
    assert inbox.received == []
