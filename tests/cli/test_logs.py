"""The log as JSON says what the log as text says."""

import json
import logging
import subprocess
import sys
from pathlib import Path

from digest.cli.logs import JsonLines


def line(message: str, *values: object) -> dict[str, str]:
    """Return what is written for one message."""
    record = logging.LogRecord("digest.relay", logging.INFO, "", 1, message, values, None)
    written: dict[str, str] = json.loads(JsonLines().format(record))
    return written


def test_pairs_become_fields() -> None:
    """A value may hold spaces, and the last one may hold anything but a further pair."""
    row = line("relay event=back_off host=%s reason=%s", "mail:25", "421 4.3.2 later, please")
    assert row["subject"] == "relay"
    assert (row["event"], row["host"]) == ("back_off", "mail:25")
    assert row["reason"] == "421 4.3.2 later, please"
    assert (row["level"], row["logger"]) == ("info", "digest.relay")


def test_a_quoted_value_may_hold_pairs() -> None:
    """As a relay's reply does; what would write over a line of a terminal is spelled out."""
    reply = "2.0.0 ok: queued as=AB size=12 \r\x1b[2J it's"
    row = line("letter event=sent code=%d reply=%r", 250, reply)
    assert set(row) == {"at", "level", "logger", "subject", "event", "code", "reply"}
    assert (row["code"], row["reply"]) == ("250", repr(reply)[1:-1])


def test_a_plain_sentence() -> None:
    """What has no pairs is a subject; quotes and line ends stay within the line."""
    assert line('something "odd"\nhappened')["subject"] == 'something "odd"\nhappened'


def test_no_field_overwrites_ours() -> None:
    """A stranger's text cannot change the level of a line."""
    assert line("source reason=%s", "x level=error at=never")["level"] == "info"


def test_the_configuration_turns_it_on(tmp_path: Path) -> None:
    """With `log: json` every line on stderr is an object."""
    (tmp_path / "feed.xml").write_text("no feed at all", "utf-8")
    (tmp_path / "digest.yaml").write_text(
        "log: json\nsources: [{file: feed.xml}]\nsubscribers: [people.yaml]\n", "utf-8"
    )
    (tmp_path / "people.yaml").write_text("subscribers: []\n", "utf-8")
    command = [sys.executable, "-m", "digest", "run", "-v", "-c", str(tmp_path / "digest.yaml")]
    called = subprocess.run(command, capture_output=True, text=True)
    rows = [json.loads(line) for line in called.stderr.splitlines()]
    assert [row["name"] for row in rows if row["subject"] == "source"] == ["feed.xml"]
    assert [row["reason"] for row in rows if row["subject"] == "complaint"] == [
        "source feed.xml failed: it is no feed"
    ]
