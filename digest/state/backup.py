"""Copies the database away while it is in use, and brings a copy back.

SQLite copies itself; a PostgreSQL server has tools for it (`digest.state.dumping`). A copy holds
the installation's secret, so it is readable by its owner alone.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import chain, count
from pathlib import Path
from shutil import copyfile

from digest.errors import StateError
from digest.state.database import (
    Database,
    lock_file,
    open_as_it_is,
    open_database,
    present_version,
)
from digest.state.dumping import dump, dumped_version, undump
from digest.state.glance import HEAD, file_of, url_of
from digest.state.migrating import copy_database, private_file

ASIDE = ".before-restore"
SQLITE_HEAD = b"SQLite format 3\0"
DUMP_HEAD = b"PGDMP"  # of pg_dump's custom format
LOGS = ("-wal", "-shm")  # what SQLite has beside a file in use, or left there by a crash
PRIMARY = 0xFF  # of SQLite's error codes: the kind, without what it adds
FOREIGN = "is no backup of this program's database"


def back_up(database: Database, target: Path) -> int:
    """Write a copy, consistent even while a run is under way; return its size in bytes.

    Raises:
        StateError: the copy cannot be written, or would take the place of something else.
    """
    check_place(database, target)
    try:
        with private_file(target) as part:
            if database.is_file:
                copy_database(Path(database.name), part)
            else:
                dump(database, part)
            part.replace(target)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        advice = "name a folder that exists, is writable and has room"
        raise StateError(
            str(target), f"the backup cannot be written: {reason}; {advice}"
        ) from error
    return target.stat().st_size


def check_place(database: Database, target: Path) -> None:
    """Refuse to write a copy over the database itself, or over what is no copy."""
    if not target.exists():
        return
    if database.is_file and target.samefile(database.name):
        raise StateError(str(target), "is the database itself; name another file")
    with target.open("rb") as file:
        head = file.read(len(SQLITE_HEAD))
    if target.stat().st_size and not head.startswith((SQLITE_HEAD, DUMP_HEAD)):
        raise StateError(str(target), "exists and is no backup; name another file")


def restore(
    url: str, source: Path, amend: Callable[[Database], object] = lambda _backup: None
) -> Path | None:
    """Put a backup in the place of the database; return where the one from before was put aside.

    An older backup is brought to the present shape. None: there was none before.

    Args:
        amend: adds to the backup what it does not know; for SQLite before it takes the place, so
            that no kill and no run comes in between.

    Raises:
        StateError: the backup is damaged, no database of this program or from a newer version; or
            the place cannot be written. The database is then as it was.
        LockedError: a run is under way.
    """
    if not source.is_file():
        raise StateError(str(source), "does not exist; name a file that `digest backup` wrote")
    check_kind(source, DUMP_HEAD if file_of(url) else SQLITE_HEAD)
    if target := file_of(url):
        return restore_file(target, source, amend)
    with closing(open_as_it_is(url)) as database:  # perhaps of a newer version that disappointed
        check_version(source, dumped_version(database, source))
        used = present_version(database) and database.fact("secret")
        aside = place_aside(source) if used else None
        with database.lock():
            if aside is not None:
                back_up(database, aside)
            with private_file(source.with_name(f"{source.name}.sql")) as script:
                undump(database, source, script)
    with closing(open_database(url)) as restored:
        amend(restored)
    return aside


def check_kind(source: Path, other: bytes) -> None:
    """Refuse a copy of the other kind of database, by its first bytes."""
    with source.open("rb") as file:
        if file.read(len(other)) == other:
            kind = "a PostgreSQL server" if other == DUMP_HEAD else "SQLite"
            reason = f"is a copy from {kind}, and `state:` names another kind of database"
            raise StateError(str(source), f"{reason}; the README says what moves")


def restore_file(target: Path, source: Path, amend: Callable[[Database], object]) -> Path | None:
    """Put a backup in the place of an SQLite file; what is no database any more is moved aside."""
    check_version(source, sqlite_version(source))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.samefile(source):
            raise StateError(str(source), "is the database itself; name a backup")
        with lock_file(target), private_file(target) as fresh:
            copy_database(source, fresh)
            with closing(open_database(url_of(fresh))) as copy:
                amend(copy)
            if not target.exists() or not target.stat().st_size:
                for ending in LOGS:  # of a file that somebody took away: read into the copy else
                    Path(f"{target}{ending}").unlink(missing_ok=True)
                put(fresh, target)
                return None
            aside = place_aside(target)
            if kept(target, aside):
                copy_database(fresh, target)  # in one transaction, whoever has it open
            else:
                keep_ruin(target, aside)
                put(fresh, target)
            return aside
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StateError(str(target), f"the backup could not be put back: {reason}") from error


def put(fresh: Path, target: Path) -> None:
    """Give a file its place; root gives it, and the lock beside it, to whom the folder belongs."""
    if os.geteuid() == 0:
        owner = target.parent.stat()
        for path in (fresh, Path(f"{target}.lock")):
            os.chown(path, owner.st_uid, owner.st_gid)
    fresh.replace(target)


def place_aside(target: Path) -> Path:
    """Return where the present database is kept: no copy of before is overwritten."""
    numbers = chain(("",), map(".{}".format, count(2)))
    places = (Path(f"{target}{ASIDE}{number}") for number in numbers)
    return next(place for place in places if not place.exists())


def kept(target: Path, aside: Path) -> bool:
    """Copy the present database aside; False where it is a ruin that nobody can copy."""
    uri = f"{target.absolute().as_uri()}?mode=ro&immutable=1"  # a look changes no file beside it
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("select count(*) from sqlite_master").fetchone()
        with private_file(aside) as part:
            copy_database(target, part)
            part.replace(aside)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & PRIMARY in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return False
        raise
    return True


def keep_ruin(target: Path, aside: Path) -> None:
    """Copy a file that is no database any more, and move what SQLite has beside it.

    It stays until the backup takes its place: a run in between must not find an empty one.
    """
    copyfile(target, aside)
    aside.chmod(0o600)
    for ending in LOGS:
        with suppress(FileNotFoundError):
            Path(f"{target}{ending}").replace(f"{aside}{ending}")


def sqlite_version(path: Path) -> str:
    """Return the migration at which a copy was made, after a look whether it is whole.

    Raises:
        StateError: it is no copy, or is damaged.
    """
    try:
        # A look at a copy leaves nothing beside it; one with a log of its own is read with that.
        alone = "" if Path(f"{path}-wal").exists() else "&immutable=1"
        uri = f"{path.absolute().as_uri()}?mode=ro{alone}"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            [[health]] = connection.execute("pragma integrity_check(1)").fetchall()
            [[version]] = connection.execute("select version_num from alembic_version").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise StateError(str(path), f"{FOREIGN}: {error}") from error
    if health != "ok":
        raise StateError(str(path), f"is damaged and was not restored: {health}")
    return str(version)


def check_version(source: Path, version: str) -> None:
    """Refuse a backup that a newer version of the program made."""
    if version > HEAD:
        reason = f"was written by a newer version (its shape is {version}, ours {HEAD})"
        raise StateError(str(source), f"{reason}; update morning-papers")
