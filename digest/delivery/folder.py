"""Delivers into a folder: each letter as .eml and .html, and a list that programs can read.

Every file appears whole or not at all. Writing a letter twice gives the same file, so that this
door never makes a duplicate.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from os import SEEK_END
from pathlib import Path

from digest.delivery.belt import Belt
from digest.delivery.replies import Action, Verdict
from digest.errors import DeliveryError
from digest.files import write_whole
from digest.models import Letter, ShelfEntry

LIST_NAME = "letters.jsonl"
UNSAFE = re.compile(r"[^A-Za-z0-9@.+_-]+")
ADDRESS_CHARACTERS = 150  # in a file's name, which may have 255 bytes
PAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@.+_-]*")


class Folder:
    """The door to one folder."""

    slots = 1

    def __init__(self, path: Path) -> None:
        self.path = path

    async def work(self, belt: Belt) -> None:
        """Write what is on the belt until it ends.

        Raises:
            DeliveryError: the folder cannot be written.
        """
        while (item := await belt.take()) is not None:
            belt.begin(item)
            try:
                entry = self.write_letter(item.letter)
            except OSError as error:
                belt.give_back(item)
                belt.halt()
                reason = f"cannot be written ({error.strerror}); check `delivery: folder:`"
                raise DeliveryError(str(self.path), reason) from error
            belt.settle(item, Verdict(Action.ACCEPT, 250, f"written to {self.path / entry.eml}"))

    def make(self) -> None:
        """Make the folder, for its owner alone: letters hold addresses and the keys of links.

        One that is there keeps its mode, as where a web server shows it.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_letter(self, letter: Letter) -> ShelfEntry:
        """Write the letter's files and its line in the list."""
        self.make()
        date = date_of(letter.message)
        name = UNSAFE.sub("_", letter.email)[:ADDRESS_CHARACTERS]
        stem = f"{date:%Y-%m-%d}-{name}-{letter.id[:12]}".lstrip(".-")
        entry = ShelfEntry(
            id=letter.id,
            email=letter.email,
            subject=letter.subject,
            made_at=date,
            html=f"{stem}.html",
            eml=f"{stem}.eml",
        )
        write_whole(self.path / entry.eml, letter.message)
        write_whole(self.path / entry.html, letter.html.encode())
        self._add_line(line_of(entry))
        return entry

    def _add_line(self, line: str) -> None:
        """Add a line to the list; not to one that a crash or a full disk has cut short."""
        with (self.path / LIST_NAME).open("a+b") as file:
            if file.tell():
                file.seek(-1, SEEK_END)
                line = line if file.read(1) == b"\n" else f"\n{line}"
            file.write(line.encode())

    def write_page(self, name: str, text: str) -> Path:
        """Write a page (index.html, a feed) that stands beside the letters."""
        if not PAGE_NAME.fullmatch(name):
            raise DeliveryError(str(self.path), f"{name!r} is no name for a page")
        try:
            self.make()
            write_whole(self.path / name, text.encode())
        except OSError as error:
            raise DeliveryError(str(self.path), f"cannot be written ({error.strerror})") from error
        return self.path / name

    def entries(self) -> tuple[ShelfEntry, ...]:
        """Return the letters whose files are still there, newest first, each once."""
        found = {entry.id: entry for entry in self._lines() if (self.path / entry.eml).is_file()}
        return tuple(sorted(found.values(), key=lambda e: (e.made_at, e.email), reverse=True))

    def letters_to(self, email: str) -> list[ShelfEntry]:
        """Return what the list says of an address, in any case of letters."""
        return [one for one in self._lines() if one.email.casefold() == email.casefold()]

    def forget(self, email: str, pages: Iterable[str] = ()) -> int:
        """Remove the letters to an address, in any case of letters; return how many there were.

        Args:
            pages: names of pages that speak of it.

        Raises:
            DeliveryError: the folder cannot be written.
        """
        gone = self.letters_to(email)
        try:
            for name in (*(name for one in gone for name in (one.eml, one.html)), *pages):
                (self.path / name).unlink(missing_ok=True)
            lines = self._texts()
            kept = [line for line in lines if not speaks_of(line, email)]
            if len(kept) < len(lines):
                content = "".join(f"{line}\n" for line in kept)
                place = (self.path / LIST_NAME).resolve()  # it may be a link
                write_whole(place, content.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise DeliveryError(str(self.path), f"cannot be written ({error.strerror})") from error
        return len({one.id for one in gone})

    def _lines(self) -> Iterator[ShelfEntry]:
        return filter(None, map(entry_of, self._texts()))

    def _texts(self) -> list[str]:
        try:
            text = (self.path / LIST_NAME).read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            return []
        return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")


def entry_of(line: str) -> ShelfEntry | None:
    """Return the letter of a line in the list; None where it is damaged or names no file there.

    One that was cut short by a crash is: its letter was written again after it.
    """
    try:
        told = json.loads(line)
        texts = {name: told[name] for name in ("id", "email", "subject", "html", "eml")}
        made_at = datetime.fromisoformat(told["made_at"])
    except (ValueError, TypeError, KeyError):
        return None
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    if not all(PAGE_NAME.fullmatch(texts[name]) for name in ("html", "eml")):
        return None
    return ShelfEntry(**texts, made_at=made_at if made_at.tzinfo else made_at.replace(tzinfo=UTC))


def speaks_of(line: str, email: str) -> bool:
    """Tell whether a line of the list is of a letter to an address, or the rest of such a line."""
    entry = entry_of(line)
    if entry is None:
        return f'"{email}'.casefold() in line.casefold()
    return entry.email.casefold() == email.casefold()


def line_of(entry: ShelfEntry) -> str:
    """Return a letter's line in the list."""
    line = {**asdict(entry), "made_at": entry.made_at.isoformat()}
    return json.dumps(line, ensure_ascii=False) + "\n"


def date_of(message: bytes) -> datetime:
    """Return the letter's Date header by its reader's clock; the epoch where it has none."""
    header = BytesHeaderParser().parsebytes(message)["Date"]
    try:
        date = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return datetime.fromtimestamp(0, UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
