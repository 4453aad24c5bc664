"""The folder as a door: letters as files, with a list that says whose they are."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.config.schema import Delivery
from digest.delivery.folder import Folder
from digest.errors import DeliveryError
from digest.models import Letter, Outcome
from digest.rendering.shelf import feed_file, render_shelf
from digest.resources import resource_dir
from digest.state.outbox import Outbox
from tests.delivery.conftest import NOW, deliver, edition_for, letter_of, outcomes


def test_the_folder(outbox: Outbox, tmp_path: Path) -> None:
    """Each letter lies there as .eml and .html and in the list, once, however often written."""
    outbox.freeze([edition_for(e, i) for i, e in enumerate(["a@b.org", "../x@b.org"])], NOW)
    settings = Delivery(folder=tmp_path / "out")
    report = deliver(outbox, settings=settings)
    assert outcomes(report) == {"failed": 1, "sent": 1}, "a path is no address"
    folder = Folder(tmp_path / "out")
    folder.write_letter(letter_of(edition_for("a@b.org", 0)))
    [entry] = folder.entries()
    assert (folder.path / entry.eml).read_bytes() == letter_of(edition_for("a@b.org", 0)).message
    assert (folder.path / entry.html).read_text() == "<p>"
    assert entry.made_at == NOW
    folder.write_page("index.html", "<ul>")
    assert (folder.path / "index.html").read_text() == "<ul>"
    with pytest.raises(DeliveryError, match="no name for a page"):
        folder.write_page("../index.html", "")
    (folder.path / entry.eml).unlink()
    assert folder.entries() == ()


def test_letters_in_a_folder_are_private(tmp_path: Path) -> None:
    """Other users of the machine read nobody's letters, unless whoever runs it lets them."""
    folder = Folder(tmp_path / "out")
    folder.write_letter(letter_of(edition_for("a@b.org", 0)))
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.path.chmod(0o755)
    folder.write_page("index.html", "<ul>")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o755


def test_a_letter_lies_under_its_readers_day(tmp_path: Path) -> None:
    """Half past seven in Tokyo is the evening before in UTC; the letter names the morning."""
    message = b"Date: Mon, 23 Nov 2026 07:30:00 +0900\r\n\r\n"
    folder = Folder(tmp_path)
    folder.write_letter(Letter("abc", "ada@example.org", "", "Papers", (message,)))
    [entry] = folder.entries()
    assert entry.eml.startswith("2026-11-23-")
    assert entry.made_at == datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    page = render_shelf([entry], name="Papers", folders=[resource_dir("templates")])["index.html"]
    assert "Monday, 23 November 2026" in page


def test_the_longest_address_has_a_place_in_the_folder(outbox: Outbox, tmp_path: Path) -> None:
    """A file's name has less room than an address (RFC 5321 4.5.3.1.3)."""
    longest = "@".join(("a" * 64, ".".join(("b" * 60, "c" * 60, "d" * 60, "org"))))
    outbox.freeze([edition_for(longest, 1), edition_for("ada@example.org", 2)], NOW)
    report = deliver(outbox, settings=Delivery(folder=tmp_path))
    assert outcomes(report) == {"sent": 2}
    assert {entry.email for entry in Folder(tmp_path).entries()} == {longest, "ada@example.org"}
    assert len(feed_file(longest)) < 255


def test_a_folder_that_cannot_be_written(outbox: Outbox, tmp_path: Path) -> None:
    """A file in the folder's place is an error; every letter stays planned."""
    (tmp_path / "out").write_text("a file")
    outbox.freeze([edition_for("a@b.org")], NOW)
    report = deliver(outbox, settings=Delivery(folder=tmp_path / "out"))
    assert "check `delivery: folder:`" in str(report.error)
    assert outbox.counts() == {Outcome.PLANNED: 1}


def test_a_line_that_was_cut_short_swallows_no_letter(tmp_path: Path) -> None:
    """The letters after a full disk are listed, and forgotten with their files."""
    folder = Folder(tmp_path)
    (tmp_path / "letters.jsonl").write_text('{"id": "id000001", "email": "a@')
    folder.write_letter(letter_of(edition_for("a@b.org")))
    assert [entry.id for entry in folder.entries()] == ["id000001"]
    assert folder.forget("a@b.org") == 1
