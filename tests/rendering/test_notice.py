"""A word to the operator is a well-formed letter, signed like the others."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import dkim
import pytest

from digest.models import Letter
from digest.rendering.dkim import dns_record, load_signer, make_key
from digest.rendering.notice import Notice, compose_notice

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SENDER = "Morgenblätter <digest@example.org>"
TEXTS = [
    "All is well.\n",
    "Zeile mit Umlaut: ä, und 論文.\n\n.\n.dots first\nFrom here\n" + "word " * 60 + "\n",
    "trailing space \nand a tab\t\nno line end",
]


def letter_of(text: str, subject: str = "A source is broken", **how: object) -> Letter:
    """Return the letter that says this."""
    notice = Notice("ops@example.org", subject, text)
    return compose_notice(notice, sender=SENDER, secret=b"secret", now=NOW, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_said_arrives(text: str) -> None:
    """The text comes out as it went in; every line of the wire is short and ends in CRLF."""
    letter = letter_of(text)
    parsed = message_from_bytes(letter.message, policy=policy.default)
    assert parsed.get_content().rstrip().split("\r\n") == text.rstrip().split("\n")
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert str(parsed["From"].addresses[0].display_name) == "Morgenblätter"
    assert b"\n" not in letter.message.replace(b"\r\n", b"")
    assert max(map(len, letter.message.split(b"\r\n"))) <= 78


def test_a_hostile_subject_stays_in_its_header() -> None:
    """A reason that a server gave can add no header of its own."""
    subject = "source x failed: 500\r\nBcc: everybody@example.org " + "é" * 90
    parsed = message_from_bytes(letter_of("x", subject).message, policy=policy.default)
    assert parsed["Bcc"] is None
    assert "everybody" in parsed["Subject"]


def test_the_same_words_give_the_same_bytes() -> None:
    """A repeated try is the same letter, with the same Message-ID."""
    assert letter_of(TEXTS[1]) == letter_of(TEXTS[1])


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_signature_holds(tmp_path: Path, kind: str) -> None:
    """dkimpy finds it valid with the record that `digest dkim` prints."""
    (tmp_path / "key.pem").write_bytes(make_key(kind))  # type: ignore[arg-type]
    signer = load_signer("example.org", "one", tmp_path / "key.pem")
    letter = letter_of(TEXTS[1], signer=signer)
    record = dns_record(signer).value.encode()
    assert dkim.verify(letter.message, dnsfunc=lambda *_args, **_options: record)
