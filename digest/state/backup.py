"""Copies the database away while it is in use, and brings a copy back.

SQLite copies itself; a PostgreSQL server has tools for it (`digest.state.dumping`). A copy holds
the installation's secret, so it is readable by its owner alone.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from digest.errors import StateError
from digest.state.database import Database, open_database
from digest.state.dumping import dump, dumped_version, undump
from digest.state.glance import HEAD
from digest.state.migrating import copy_database

ASIDE = ".before-restore"
FOREIGN = "is no backup of this program's database"


def back_up(database: Database, target: Path) -> int:
    """Write a copy, consistent even while a run is under way; return its size in bytes.

    Raises:
        StateError: the copy cannot be written.
    """
    try:
        with private_file(target) as part:
            if on_server(database):
                dump(database, part)
            else:
                copy_database(Path(database.name), part)
            part.replace(target)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        advice = "name a folder that exists, is writable and has room"
        raise StateError(
            str(target), f"the backup cannot be written: {reason}; {advice}"
        ) from error
    return target.stat().st_size


def restore(url: str, source: Path) -> Path | None:
    """Put a backup in the place of the database; return where the one from before was put aside.

    An older backup is brought to the present shape. None: there was none before.

    Raises:
        StateError: the backup is damaged, no database of this program or from a newer version; or
            the place cannot be written. The database is then as it was.
        LockedError: a run is under way.
    """
    if not source.is_file():
        raise StateError(str(source), "does not exist; name a file that `digest backup` wrote")
    ruin = None
    if url.startswith("sqlite:"):
        check_version(source, sqlite_version(source))
        ruin = ruin_aside(Path(make_url(url).database or ""))
    with closing(open_database(url)) as database:
        if on_server(database):
            check_version(source, dumped_version(database, source))
        aside = place_aside(database, source) if database.fact("secret") else None
        with database.lock():
            if aside is not None:
                back_up(database, aside)
            replace_content(database, source)
    open_database(url).close()
    return aside or ruin


def ruin_aside(path: Path) -> Path | None:
    """Move a file aside that is no SQLite database; return where it is now, None: it is one."""
    try:
        with closing(
            sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)
        ) as connection:
            connection.execute("pragma schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            return None  # told by whoever opens it
        return path.replace(f"{path}{ASIDE}")
    return None


def place_aside(database: Database, source: Path) -> Path:
    """Return where the present database is kept: beside its file, or beside the backup."""
    return Path(f"{source if on_server(database) else database.name}{ASIDE}")


def replace_content(database: Database, source: Path) -> None:
    """Write a backup over the database in one transaction, whoever has it open."""
    if on_server(database):
        with private_file(source.with_name(f"{source.name}.sql")) as script:
            undump(database, source, script)
        return
    target = Path(database.name)
    database.close()
    try:
        copy_database(source, target)
    except sqlite3.Error as error:
        raise StateError(str(target), f"the backup could not be put back: {error}") from error


def sqlite_version(path: Path) -> str:
    """Return the migration at which a copy was made, after a look whether it is whole.

    Raises:
        StateError: it is no copy, or is damaged.
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
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


@contextmanager
def private_file(target: Path) -> Iterator[Path]:
    """Lend an empty file beside a path, for its owner alone; it is gone at the end."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def on_server(database: Database) -> bool:
    """Tell whether the database lies on a server."""
    return database.engine.dialect.name != "sqlite"
