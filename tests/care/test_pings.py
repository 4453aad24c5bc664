"""A dead man's switch hears how each run began and ended."""

import pytest

from digest.care.pings import ping_about, ping_target
from digest.config import load_config
from tests.scene import Answer, Scene


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A journal and three readers, with pings."""
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"ping_url: {scene.web.url}/ping/abc\n")
    return scene


def pings(scene: Scene) -> list[str]:
    """Return the addresses that were pinged, in order."""
    return [path for path in scene.web.requests if path.startswith("/ping")]


def test_a_run_that_goes_well(scene: Scene) -> None:
    """It begins and succeeds; where nobody is due it succeeds at once."""
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert pings(scene) == ["/ping/abc/start", "/ping/abc", "/ping/abc"]


def test_a_run_that_fails(scene: Scene) -> None:
    """A broken source is a failure, and so is the exit code."""
    scene.web.documents["/Journal"] = Answer(b"oops", 404)
    assert scene.call("run", "--date", "2026-11-23").code == 3
    assert pings(scene) == ["/ping/abc/start", "/ping/abc/fail"]


@pytest.mark.parametrize(
    ("status", "told"), [(200, ""), (404, "event=refused"), (500, "event=refused")]
)
def test_the_answer_is_told(
    scene: Scene, caplog: pytest.LogCaptureFixture, status: int, told: str
) -> None:
    """Success is an answer below 400."""
    scene.web.documents["/ping/abc"] = Answer(b"", status)
    ping_about(load_config(scene.config, {}))
    assert (told in caplog.text, bool(caplog.text)) == (True, bool(told))
    assert pings(scene) == ["/ping/abc"]


def test_a_service_that_is_away(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listening is no error of ours; what is told of it holds no password."""
    away = "http://me:secret@127.0.0.1:9"
    text = scene.config.read_text("utf-8").replace(f"{scene.web.url}/ping", away)
    scene.config.write_text(text, "utf-8")
    ping_about(load_config(scene.config, {}))
    assert "event=unanswered host=127.0.0.1:9" in caplog.text


@pytest.mark.parametrize(
    ("url", "word", "target"),
    [
        ("https://hc-ping.com/abc", "", "https://hc-ping.com/abc"),
        ("https://hc-ping.com/abc/", "start", "https://hc-ping.com/abc/start"),
        ("https://hc-ping.com/abc", "fail", "https://hc-ping.com/abc/fail"),
        ("https://up.example.org/push?status=up", "", "https://up.example.org/push?status=up"),
        ("https://up.example.org/push?status=up", "fail", ""),
        ("", "start", ""),
    ],
)
def test_where_it_asks(url: str, word: str, target: str) -> None:
    """The word is the last part of the path; an address with a query hears of success only."""
    assert ping_target(url, word) == target
