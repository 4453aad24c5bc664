"""Copies the SQLite database away while it is in use, and brings a copy back.

A copy holds the installation's secret, so it is readable by its owner alone. PostgreSQL has tools
of its own for this, `pg_dump` and `pg_restore`.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from digest.errors import StateError
from digest.state.database import Database, open_database
from digest.state.glance import HEAD
from digest.state.migrating import copy_database

ASIDE = ".before-restore"


def back_up(database: Database, target: Path) -> int:
    """Write a copy, consistent even while a run is under way; return its size in bytes.

    Raises:
        StateError: it is no SQLite database, or the copy cannot be written.
    """
    source = sqlite_file(database)
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        copy_database(source, part)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StateError(str(target), f"the backup cannot be written: {error}") from error
    return target.stat().st_size


def restore(url: str, source: Path) -> Path | None:
    """Put a backup in the place of the database; return where the one from before was put aside.

    An older backup is brought to the present shape. None: there was none before.

    Raises:
        StateError: the backup is damaged, no database of this program or from a newer version; or
            the place cannot be written. The database is then as it was.
        LockedError: a run is under way.
    """
    check_backup(source)
    database = open_database(url)
    target = sqlite_file(database)
    aside = Path(f"{target}{ASIDE}") if database.fact("secret") else None
    try:
        with database.lock():
            if aside is not None:
                back_up(database, aside)
            database.close()
            replace_content(source, target)
            open_database(url).close()
    finally:
        database.close()
    return aside


def check_backup(path: Path) -> None:
    """Refuse a file that could not take the place of the database."""
    if not path.is_file():
        raise StateError(str(path), "does not exist; name a file that `digest backup` wrote")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            [[health]] = connection.execute("pragma integrity_check(1)").fetchall()
            [[version]] = connection.execute("select version_num from alembic_version").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise StateError(str(path), f"is no backup of this program's database: {error}") from error
    if health != "ok":
        raise StateError(str(path), f"is damaged and was not restored: {health}")
    if version > HEAD:
        reason = f"was written by a newer version (its shape is {version}, ours {HEAD})"
        raise StateError(str(path), f"{reason}; update morning-papers")


def replace_content(source: Path, target: Path) -> None:
    """Write a backup into the database's file in one transaction, whoever has it open."""
    try:
        copy_database(source, target)
    except sqlite3.Error as error:
        raise StateError(str(target), f"the backup could not be put back: {error}") from error


def sqlite_file(database: Database) -> Path:
    """Return the database's file.

    Raises:
        StateError: it lies on a server.
    """
    if database.engine.dialect.name != "sqlite":
        advice = "lies on a PostgreSQL server; use pg_dump and pg_restore"
        raise StateError(database.name, advice)
    return Path(database.name)
