"""The doctor's test letter takes the way of all letters, and its arrival is looked at."""

import json
import mailbox
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from digest.config import load_config
from digest.demo.inbox import free_port
from digest.doctor.findings import Finding, Health
from digest.doctor.tools import Tools
from digest.doctor.trial import try_letter
from tests.doctor.set_ups import SetUp, sound_set_up
from tests.scene import Scene

TO = "me@example.org"


@pytest.fixture
def sound(scene: Scene) -> SetUp:
    """An installation in which nothing is wrong."""
    return sound_set_up(scene)


def send(sound: SetUp, box: str = "", tools: Tools | None = None) -> list[Finding]:
    """Send the test letter; return what was found."""
    config = load_config(sound.scene.config, {})
    return list(try_letter(config, TO, box, tools or sound.tools))


def test_a_real_letter(sound: SetUp) -> None:
    """It has both parts, the unsubscribe header and the signature, as every letter."""
    [finding] = send(sound)
    assert finding.health is Health.GOOD
    [message] = sound.scene.smtp.messages
    assert message.recipient == TO
    letter = message_from_bytes(message.content)
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert letter["DKIM-Signature"]
    assert letter["List-Unsubscribe"].startswith("<")


def test_a_relay_that_refuses(sound: SetUp) -> None:
    """The letter is not called sent, and the reason is told."""
    text = sound.scene.config.read_text("utf-8")
    text = text.replace(f"port: {sound.scene.smtp.port}", f"port: {free_port()}")
    sound.scene.config.write_text(text, "utf-8")
    [finding] = send(sound)
    assert finding.health is Health.BAD
    assert "cannot be reached" in finding.text


def deliver_on_sleep(sound: SetUp, box: mailbox.Maildir, header: str) -> Tools:
    """Return tools whose first nap lets the letter arrive, with a header on top."""

    def sleep(_seconds: float) -> None:
        if sound.scene.smtp.messages:
            box.add(header.encode() + sound.scene.smtp.messages.pop().content)

    return replace(sound.tools, sleep=sleep)


@pytest.mark.parametrize(
    ("header", "bad"),
    [
        ("", []),
        ("Authentication-Results: mx.example.org; spf=pass; dkim=pass; dmarc=pass\r\n", []),
        (
            "Authentication-Results: mx.example.org; spf=pass; dkim=fail (bad); dmarc=fail\r\n",
            ["DKIM: fail", "DMARC: fail"],
        ),
    ],
)
def test_what_arrives_is_judged(sound: SetUp, tmp_path: Path, header: str, bad: list[str]) -> None:
    """The receiver's verdicts are read from the letter as it came."""
    box = mailbox.Maildir(tmp_path / "inbox", create=True)
    found = send(sound, str(tmp_path / "inbox"), deliver_on_sleep(sound, box, header))
    assert [one.text for one in found if one.health is Health.BAD] == bad
    assert any("List-Unsubscribe came through" in one.text for one in found)


def test_nothing_arrives(sound: SetUp, tmp_path: Path) -> None:
    """After two minutes the doctor stops waiting."""
    mailbox.Maildir(tmp_path / "inbox", create=True)
    found = send(sound, str(tmp_path / "inbox"))
    assert found[-1].health is Health.BAD
    assert "nothing came within 2 minutes" in found[-1].text


def test_the_command(sound: SetUp) -> None:
    """`digest doctor` prints each line with its cure, and its exit code tells bad from good."""
    called = sound.scene.call("doctor", "--offline")
    assert called.code == 0, called.out
    assert "✓ database: opens and is whole" in called.out
    (sound.scene.folder / "var" / "digest.db").write_bytes(b"shopping list\n" * 100)
    called = sound.scene.call("doctor", "--offline")
    assert called.code == 3
    assert "✗ database: " in called.out
    assert "`digest restore`" in called.out
    rows = json.loads(sound.scene.call("doctor", "--offline", "--json").out)
    assert {row["subject"] for row in rows if row["health"] == "bad"} == {"database"}
    sound.scene.config.write_text("sources: []\n", "utf-8")
    called = sound.scene.call("doctor")
    assert called.code == 2
    assert "✗ configuration: " in called.out
