"""Remembers, between two commits, which letters went on the wire and what was answered.

Commits of outcomes are grouped, so a killed process would forget letters that the relay has
already accepted. Each such fact is therefore first written into a small memory-mapped file: a
copy of some bytes into the page cache, which outlives the process (though not a power cut). The
file has two halves: one collects while the receipts of the other are being committed.
"""

import fcntl
import glob
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from hashlib import sha256
from operator import attrgetter
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from digest.errors import StateError, os_reason
from digest.models import Receipt
from digest.state.database import Database

HALF_BYTES = 1 << 20
HEADER_BYTES = 64
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RECEIPT: TypeAdapter[Receipt] = TypeAdapter(Receipt)
FIELDS = tuple(field.name for field in fields(Receipt))
VALUES = attrgetter(*FIELDS)  # by hand: a third of the time that pydantic takes for a dataclass


@dataclass(slots=True)
class Testimony:
    """What a dead process left behind."""

    begun: set[str] = field(default_factory=set)  # ids whose DATA was under way
    receipts: dict[str, Receipt] = field(default_factory=dict)
    complete: bool = False  # the machine has not restarted since: what is not in it did not happen


class Journal:
    """One process's file; locked while the process lives."""

    def __init__(self, path: Path) -> None:
        """Make the file and take the room it needs on the disk.

        Raises:
            StateError: there is no room, or the folder is not writable.
        """
        self.path = path
        try:
            path.touch(mode=0o600)  # the ids in it make a bounce believed
            self._file = path.open("w+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.posix_fallocate(self._file.fileno(), 0, HEADER_BYTES + 2 * HALF_BYTES)
        except OSError as error:
            reason = f"the journal of letters under way cannot be made: {os_reason(error)}"
            raise StateError(str(path), reason) from error
        self._map = mmap.mmap(self._file.fileno(), HEADER_BYTES + 2 * HALF_BYTES)
        boot = boot_id().encode()
        self._map[: len(boot)] = boot
        self._half, self._used = 0, [0, 0]
        self._open: set[str] = set()

    def begin(self, letter_id: str) -> None:
        """Note that the letter's content is about to go out."""
        self._open.add(letter_id)
        self._append(b"+" + letter_id.encode() + b"\n")

    def finish(self, receipt: Receipt) -> None:
        """Note what became of a letter."""
        self._open.discard(receipt.id)
        self._append(b"=" + to_json(dict(zip(FIELDS, VALUES(receipt), strict=True))) + b"\n")

    def forgo(self, letter_id: str) -> None:
        """Take a letter off the wire that the relay did not take and that waits for another try."""
        self._open.discard(letter_id)

    def turn(self) -> int:
        """Let the other half collect; return the half whose receipts are now to be committed.

        The other half has been cleared: a run whose commit failed commits nothing more.
        """
        full, self._half = self._half, 1 - self._half
        for letter_id in self._open:
            self._append(b"+" + letter_id.encode() + b"\n")
        return full

    def clear(self, half: int) -> None:
        """Forget a half whose receipts have been committed."""
        start = HEADER_BYTES + half * HALF_BYTES
        self._map[start : start + self._used[half]] = bytes(self._used[half])
        self._used[half] = 0

    def close(self) -> None:
        """Remove the file: everything in it has been committed."""
        self._map.close()
        self.path.unlink(missing_ok=True)
        self._file.close()

    def abandon(self) -> None:
        """Leave the file to the next run: not everything in it could be committed."""
        self._map.close()
        self._file.close()

    def _append(self, line: bytes) -> None:
        used = self._used[self._half]
        if used + len(line) > HALF_BYTES:
            raise StateError(str(self.path), "the journal is full; outcomes cannot be committed")
        start = HEADER_BYTES + self._half * HALF_BYTES + used
        self._map[start : start + len(line)] = line
        self._used[self._half] = used + len(line)


def boot_id() -> str:
    """Return a name of the machine's present uptime; "" where the system has none."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def journal_base(database: Database, spool: Path | None) -> Path | None:
    """Return the path beside which the journals of this machine's processes lie.

    That is the SQLite file; for a database on a server, which several machines may share, a file
    in the machine's own folder, named after the database. None: nothing can be written there.
    Letters that were on the wire when a process died are then settled when their lease runs out.

    Args:
        spool: this machine's own folder; None: it has none.
    """
    if database.is_file:
        return Path(f"{database.name}.wire")
    if spool is None:
        return None
    try:
        spool.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    name = sha256(database.name.encode()).hexdigest()[:12]
    return spool / f"digest-{name}.wire" if os.access(spool, os.W_OK) else None


def orphans(base: Path) -> Iterator[tuple[Path, Testimony]]:
    """Yield the journals that dead processes left beside `base`, holding each one's lock."""
    for path in sorted(base.parent.glob(f"{glob.escape(base.name)}.*")):
        with path.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # its process is alive
            yield path, read_testimony(file.read())


def read_testimony(content: bytes) -> Testimony:
    """Return what a journal says; a line cut short by the crash counts as not written."""
    boot = content[:HEADER_BYTES].rstrip(b"\0").decode("ascii", "replace")
    testimony = Testimony(complete=bool(boot) and boot == boot_id())
    for half in (0, 1):
        start = HEADER_BYTES + half * HALF_BYTES
        for line in content[start : start + HALF_BYTES].rstrip(b"\0").split(b"\n"):
            read_line(line, testimony)
    return testimony


def read_line(line: bytes, testimony: Testimony) -> None:
    """Add one line of a journal to the testimony."""
    if line.startswith(b"+"):
        testimony.begun.add(line[1:].decode("ascii", "replace"))
    elif line.startswith(b"="):
        try:
            receipt = RECEIPT.validate_json(line[1:])
        except ValidationError:
            return
        testimony.receipts[receipt.id] = receipt
