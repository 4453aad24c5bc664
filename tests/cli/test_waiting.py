"""Readers whose letters wait for a broken source: cron neither asks nor complains at every call."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from tests.scene import PEOPLE, Answer, Scene, all_titles, feed, open_scene

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUIET = """\
  - email: quiet@example.org
    explore: 0
    interests: [quantum gravity]
"""


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A sound journal and one that is gone; a reader whom the sound one has nothing for."""
    scene.add_feed("Gone", b"not here", status=404)
    scene.write(PEOPLE + QUIET)
    return scene


def asked(scene: Scene) -> int:
    """Return how often the sound source was asked."""
    return scene.web.requests.count("/Journal")


def test_cron_asks_and_complains_seldom(scene: Scene) -> None:
    """Of a day of calls every quarter of an hour, two an hour ask, and one in twenty hours says."""
    said = []
    for quarter in range(4 * 4):
        with time_machine.travel(NOON + timedelta(minutes=15 * quarter), tick=False):
            called = scene.call("run")
            said.append(called.err)
    assert len(scene.smtp.messages) == 3
    assert asked(scene) == 8
    assert [bool(words) for words in said] == [True] + [False] * 15
    assert "source Gone failed" in said[0]


def test_something_else_is_told_at_once(scene: Scene) -> None:
    """Another complaint is new; so is the same one on the next day."""
    with time_machine.travel(NOON, tick=False):
        assert "Gone failed" in scene.call("run").err
    scene.web.documents["/Gone"] = Answer(b"oh", 403, "text/plain")
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert "Gone failed" in scene.call("run").err
    with time_machine.travel(NOON + timedelta(hours=22), tick=False):
        assert "Gone failed" in scene.call("run").err


def test_who_is_due_besides_is_served(scene: Scene) -> None:
    """A reader whose hour comes meanwhile gets a letter, and a source that is back is read."""
    scene.write(PEOPLE + QUIET + "  - email: late@example.org\n    send_at: '12:10'\n"
                "    interests: [attention]\n")  # fmt: skip
    with time_machine.travel(NOON, tick=False):
        scene.call("run")
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        scene.call("run")
    assert "late@example.org" in {message.recipient for message in scene.smtp.messages}
    scene.web.documents["/Gone"] = Answer(feed(24, ["Quantum gravity in a box"]))
    with time_machine.travel(NOON + timedelta(minutes=45), tick=False):
        assert scene.call("run").code == 0
    assert scene.smtp.messages[-1].recipient == "quiet@example.org"
    with time_machine.travel(NOON + timedelta(minutes=60), tick=False):
        assert "no letter yet" not in scene.call("history", "quiet@example.org").out


def test_history_knows_who_waits(scene: Scene) -> None:
    """Silence is no answer to \"where is my mail?\"; `--now` does not wait."""
    with time_machine.travel(NOON, tick=False):
        scene.call("run")
        told = scene.call("history", "quiet@example.org").out
        assert "no letter yet, since a source is missing" in told
        assert "no letter yet" not in scene.call("history", "ada@example.org").out
        before = asked(scene)
        assert "Gone failed" in scene.call("run", "--now").err  # whoever asks is told
        assert asked(scene) == before + 1


def test_programs_hear_the_same_at_each_call(scene: Scene) -> None:
    """Exit code, JSON and pings do not change while a letter waits; cron hears it once."""
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"ping_url: {scene.web.url}/ping\n")
    for quarter in range(3):
        with time_machine.travel(NOON + timedelta(minutes=15 * quarter), tick=False):
            called = scene.call("run", "--json")
            assert called.code == 3
            assert called.json["waiting"] == ["quiet@example.org"]
            [problem] = called.json["problems"]
            assert "source Gone failed" in problem
    pings = [path for path in scene.web.requests if path.startswith("/ping")]
    assert pings == ["/ping/start", "/ping/fail", "/ping/fail", "/ping/start", "/ping/fail"]


def test_a_relay_that_is_away_is_told_of_once(tmp_path: Path) -> None:
    """Each call tries it again, says so by its exit code, and mails nobody."""
    with open_scene(tmp_path) as scene:
        scene.add_feed("Journal", feed(23, all_titles(23)))
        scene.delivery = "delivery:\n  smtp: {host: 127.0.0.1, port: 1, tls: none}"
        scene.write(PEOPLE)
        said = []
        for hour in (0, 1, 2):
            with time_machine.travel(NOON + timedelta(hours=hour), tick=False):
                called = scene.call("run")
                assert called.code == 3
                said.append(bool(called.err))
        assert said == [True, False, False]
