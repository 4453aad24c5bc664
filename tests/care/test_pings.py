"""A dead man's switch hears how each run began and ended."""

import pytest

from digest.care.pings import ping, ping_target
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


@pytest.mark.parametrize("status", [200, 404, 500])
def test_the_answer_is_told(scene: Scene, status: int) -> None:
    """Success is an answer below 400."""
    scene.web.documents["/ping/abc"] = Answer(b"", status)
    assert ping(f"{scene.web.url}/ping/abc") is (status < 400)


def test_a_service_that_is_away() -> None:
    """Nobody listening is no error of ours."""
    assert ping("http://127.0.0.1:9/abc") is False


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
