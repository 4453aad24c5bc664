"""Writes files whole: a reader, a crash or a power cut sees the old one or the new one."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace a file's content, on the disk when this returns.

    A symbolic link stays a link and its target is replaced. The owner stays too, where root writes.

    Args:
        mode: None: that of the file before; a new one's is what the process is used to.

    Raises:
        OSError: it cannot be written; nothing is left beside it.
    """
    target = path.resolve()
    fresh = target.with_name(f".{secrets.token_hex(8)}.new")
    before = target.stat() if target.exists() else None
    if mode is None and before is not None:
        mode = before.st_mode & 0o7777

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o666 if mode is None else mode)  # never open to more than that

    try:
        with open(fresh, "xb", opener=opener) as file:  # a Path's knows no opener
            if before is not None:
                keep_owner(fresh, before)
            if mode is not None:
                fresh.chmod(mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(target.parent)


def url_path(path: Path) -> str:
    """Spell a path as it stands in a URL, where ? begins the query."""
    return str(path).replace("%", "%25").replace("?", "%3F")


def keep_owner(path: Path, before: os.stat_result) -> None:
    """Give a new file to the owner of the one before, where this user may give files away."""
    if hasattr(os, "chown"):  # not on Windows
        with suppress(OSError):  # not allowed; or a drive that knows no owners, or not this one
            os.chown(path, before.st_uid, before.st_gid)


def sync_folder(folder: Path) -> None:
    """Make a rename durable, where folders can be opened (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
