"""A daemon takes a changed configuration over, and never a wrong one."""

import logging
from pathlib import Path

import pytest

from digest.serving.watching import Watched

DIGEST = "sources:\n  - arxiv: [cs.CL]\nsubscribers: [people/*.yaml]\n"


def person(name: str) -> str:
    """Return a subscribers file with one subscriber."""
    return f"subscribers:\n  - email: {name}@example.org\n    interests: [proteins]\n"


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A configuration with one subscriber."""
    (tmp_path / "digest.yaml").write_text(DIGEST, "utf-8")
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "ada.yaml").write_text(person("ada"), "utf-8")
    return Watched(tmp_path / "digest.yaml", {})


def addresses(watched: Watched) -> list[str]:
    """Return who is configured."""
    return [person.email for person in watched.config.subscribers]


def test_nothing_changed(watched: Watched) -> None:
    """Files that stay the same are not read again."""
    before = watched.config
    assert not watched.refresh()
    assert watched.config is before


def test_a_new_file_counts(watched: Watched) -> None:
    """A file added beside the others is found."""
    (watched.path.parent / "people" / "ben.yaml").write_text(person("ben"), "utf-8")
    assert watched.refresh()
    assert addresses(watched) == ["ada@example.org", "ben@example.org"]


def test_a_file_taken_away_counts(watched: Watched) -> None:
    """Whoever stood in a file that is gone is gone too."""
    (watched.path.parent / "people" / "ben.yaml").write_text(person("ben"), "utf-8")
    (watched.path.parent / "people" / "ada.yaml").unlink()
    assert watched.refresh()
    assert addresses(watched) == ["ben@example.org"]


def test_a_wrong_file_is_told_of_once(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """The old configuration stays, the mistake is told with its line, and only once."""
    path = watched.path.parent / "people" / "ada.yaml"
    path.write_text(person("ada") + "    intrests: [x]\n", "utf-8")
    with caplog.at_level(logging.ERROR):
        assert not watched.refresh()
        assert not watched.refresh()
    assert addresses(watched) == ["ada@example.org"]
    assert len(caplog.records) == 1
    assert f"{path}:4:5" in caplog.text
    path.write_text(person("eve"), "utf-8")
    assert watched.refresh()
    assert addresses(watched) == ["eve@example.org"]


def test_mended_where_nobody_looked_before(watched: Watched) -> None:
    """What mends a refused configuration is found, also in a folder that is new."""
    folder = watched.path.parent / "team"
    watched.path.write_text(DIGEST.replace("[people", "[team/eve.yaml, people"), "utf-8")
    assert not watched.refresh()
    folder.mkdir()
    (folder / "eve.yaml").write_text("subscribers: [\n", "utf-8")
    assert not watched.refresh()
    (folder / "eve.yaml").write_text(person("eve"), "utf-8")
    assert watched.refresh()
    assert addresses(watched) == ["eve@example.org", "ada@example.org"]


def test_what_needs_a_restart(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """What a reload does not take over is told of as long as it differs from the start."""
    site = "site: {base_url: 'https://papers.example.org'}\n"
    pages = "log: json\nmetrics_port: 9464\npages: {port: 8301}\n"
    watched.path.write_text(f"{DIGEST}{site}{pages}", "utf-8")
    assert watched.refresh()
    assert caplog.messages == [
        "config event=needs_restart key=log",
        "config event=needs_restart key=metrics_port",
        "config event=needs_restart key=pages",
    ]
    caplog.clear()
    watched.path.write_text(DIGEST, "utf-8")
    assert watched.refresh()
    assert caplog.messages == []
