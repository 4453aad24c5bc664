"""`digest bounces` at the prompt, and what a run makes of what came back."""

import mailbox
from email import message_from_bytes
from email.policy import default
from urllib.parse import parse_qs, urlsplit

from tests.scene import PEOPLE, Answer, Scene, all_titles, feed

BOUNCE = """\
From: MAILER-DAEMON@example.org
To: {to}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

It could not be delivered.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {email}
Action: failed
Status: 5.1.1
--x
Content-Type: message/rfc822

Message-ID: {name}

Good morning.
--x--
"""


def bounce_of(scene: Scene, email: str) -> bytes:
    """Return a report that returns the last letter to that address."""
    name = scene.mail()[email]["Message-ID"]
    return BOUNCE.format(to="digest@example.org", email=email, name=name).encode()


def with_mailbox(scene: Scene, *more: str) -> mailbox.Maildir:
    """Give the installation a Maildir of what comes back, and more lines below `delivery:`."""
    smtp = f"  smtp: {{host: 127.0.0.1, port: {scene.smtp.port}, tls: none}}"
    scene.delivery = "\n".join(("delivery:", smtp, "  bounce_mailbox: bounces", *more))
    scene.write(PEOPLE)
    return mailbox.Maildir(scene.folder / "bounces", create=True)


def test_bounces_are_read(scene: Scene) -> None:
    """A hard bounce of a letter of ours suppresses its address; a run reads the mailbox too."""
    box = with_mailbox(scene)
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert "Nothing came back." in scene.call("bounces").out
    forged = bounce_of(scene, "ben@example.org").replace(b"Message-ID: <", b"Message-ID: <0")
    box.add(forged)
    told = scene.call("bounces", "--json").json
    assert told == {"counts": {"unknown": 1}, "suppressed": [], "kept": 1}
    assert "bounce_address" in scene.call("check").out
    box.add(bounce_of(scene, "ben@example.org"))
    told = scene.call("bounces", "--json").json
    assert told == {"counts": {"hard": 1}, "suppressed": ["ben@example.org"], "kept": 0}
    [letter] = scene.call("history", "ben@example.org", "--json").json["letters"]
    assert [came["kind"] for came in letter["returns"]] == ["hard"]
    assert "came back (hard)" in scene.call("history", "ben@example.org").out
    assert "came back" not in scene.call("history", "ada@example.org").out
    box.add(bounce_of(scene, "cleo@example.org"))
    letter_count = len(scene.smtp.messages)
    scene.web.documents["/Journal"] = Answer(feed(24, all_titles(24)))
    scene.call("run", "--date", "2026-11-24")
    entries = scene.call("suppress", "--json").json
    assert [entry["email"] for entry in entries] == ["ben@example.org", "cleo@example.org"]
    late = [message.recipient for message in scene.smtp.messages[letter_count:]]
    assert late == ["ada@example.org"]  # what came back was read before the letters went out


def test_unsubscribing_by_mail(scene: Scene) -> None:
    """The mail that a letter's unsubscribe link begins is enough, whoever sends it."""
    box = with_mailbox(scene, "  bounce_address: back@example.org")
    scene.web.documents["/Journal"] = Answer(feed(24, all_titles(24)))
    assert scene.call("run", "--date", "2026-11-24").code == 0
    letter = next(one for one in scene.smtp.messages[::-1] if one.recipient == "ada@example.org")
    header = message_from_bytes(letter.content, policy=default)["List-Unsubscribe"]
    link = urlsplit(str(header).strip("<>"))
    assert (link.scheme, link.path) == ("mailto", "back@example.org")
    [subject] = parse_qs(link.query)["subject"]
    box.add(f"From: ada@elsewhere.org\nTo: back@example.org\nSubject: {subject}\n\n".encode())
    assert "note:" not in scene.call("check").out
    told = scene.call("bounces")
    assert told.out == "1 unsubscribe\nsuppressed ada@example.org\n"
    [entry] = scene.call("suppress", "--json").json
    assert (entry["email"], entry["reason"]) == ("ada@example.org", "unsubscribed")


def test_no_mailbox(scene: Scene) -> None:
    """Where none is configured, the command says which key to set."""
    called = scene.call("bounces")
    assert called.code == 2
    assert "bounce_mailbox" in called.err
