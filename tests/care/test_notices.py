"""The operator hears once of what stays broken, by the way the letters take."""

import pytest

from digest.demo.inbox import free_port
from tests.scene import PEOPLE, Answer, Scene, all_titles, feed

OPERATOR = "ops@example.org"


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A journal, a source that is broken, three readers and an operator who is told after two."""
    scene.add_feed("Broken", b"oops", status=404)
    scene.write(PEOPLE, operator=OPERATOR)
    with scene.config.open("a", encoding="utf-8") as file:
        file.write("operator_after: 2\n")
    return scene


def told(scene: Scene) -> list[str]:
    """Return the texts that the operator was sent."""
    return [
        message.content.decode().replace("=\r\n", "")
        for message in scene.smtp.messages
        if message.recipient == OPERATOR
    ]


def run(scene: Scene, day: int) -> None:
    """Make the run of a day in November."""
    scene.call("run", "--date", f"2026-11-{day}")


def test_a_source_that_stays_broken(scene: Scene) -> None:
    """Told after the second run, not before and not again; after a success it counts anew."""
    run(scene, 23)
    assert told(scene) == []
    run(scene, 24)
    [text] = told(scene)
    assert "source Broken failed in 2 runs" in text
    assert "Auto-Submitted: auto-generated" in text
    run(scene, 25)
    assert len(told(scene)) == 1
    scene.web.documents["/Broken"] = Answer(feed(26, all_titles(26)))
    run(scene, 26)
    scene.web.documents["/Broken"] = Answer(b"oops", 404)
    run(scene, 27)
    run(scene, 28)
    assert len(told(scene)) == 2


def test_a_relay_that_stays_broken(scene: Scene) -> None:
    """The mail comes when the relay works again, and says from when to when it did not."""
    scene.web.documents["/Broken"] = Answer(feed(23, all_titles(23)))
    right = scene.config.read_text("utf-8")
    scene.config.write_text(right.replace(str(scene.smtp.port), str(free_port())), "utf-8")
    for _ in range(3):
        assert scene.call("run", "--date", "2026-11-23").code == 3
    scene.config.write_text(right, "utf-8")
    run(scene, 23)
    [text] = told(scene)
    assert "letters could not be handed over (3 runs)" in text
    run(scene, 24)
    assert len(told(scene)) == 1


def test_one_bad_run_is_no_news(scene: Scene) -> None:
    """A relay that was away for one run is not worth a mail."""
    scene.web.documents["/Broken"] = Answer(feed(23, all_titles(23)))
    right = scene.config.read_text("utf-8")
    scene.config.write_text(right.replace(str(scene.smtp.port), str(free_port())), "utf-8")
    run(scene, 23)
    scene.config.write_text(right, "utf-8")
    run(scene, 23)
    assert told(scene) == []


def test_a_folder_is_no_way_to_the_operator(scene: Scene) -> None:
    """Where letters are files nobody is written to; the exit code and the status tell."""
    scene.delivery = "delivery: {folder: outbox}"
    scene.write(PEOPLE, operator=OPERATOR)
    for day in (23, 24, 25, 26):
        run(scene, day)
    assert not any("ops@" in path.name for path in (scene.folder / "outbox").rglob("*"))
