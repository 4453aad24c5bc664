"""Brings an older database to the present shape, after a copy of it was put aside."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import text

from digest.errors import StateError, os_reason
from digest.state.advice import sqlite_advice
from digest.state.database import Database
from digest.state.glance import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = "select version_num from alembic_version"
MIGRATING = 0x6D696772617465  # "migrate", the key of PostgreSQL's advisory lock


def migrate(database: Database, from_version: str, head: str, folder: Path = MIGRATIONS) -> None:
    """Run every migration after `from_version` in one transaction.

    An SQLite file is copied to `<file>.before-<version>` first. On PostgreSQL, where tables are
    changed in transactions too, a migration that fails leaves everything as it was; whoever wants
    the old shape back makes a `digest backup` before the update. Of several machines that start
    at once, one migrates and the others wait.

    Args:
        folder: where the migrations lie.

    Raises:
        StateError: the database was written by a newer version of the program.
    """
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(folder).replace("%", "%%"))
    if from_version and not knows_version(settings, from_version):
        reason = f"was written by a newer version (its shape is {from_version}, ours {head})"
        raise StateError(database.name, f"{reason}; update morning-papers, or restore a backup")
    with database.begin() as connection:  # the others wait from here on
        if not database.is_file:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        elif from_version and connection.scalar(text(VERSION)) != head:
            put_aside(database, head)
        settings.attributes["connection"] = connection
        command.upgrade(settings, head)


def put_aside(database: Database, head: str) -> None:
    """Copy an SQLite file of an older shape.

    Raises:
        StateError: there is no room for it.
    """
    aside = Path(f"{database.name}.before-{head}")
    try:
        with private_file(aside) as part:  # it holds addresses and the links' secret
            copy_database(Path(database.name), part)
            part.replace(aside)
    except (OSError, sqlite3.Error) as error:
        reason = os_reason(error) if isinstance(error, OSError) else sqlite_advice(error) or error
        raise StateError(str(aside), f"the copy cannot be written: {reason}") from error


def knows_version(settings: AlembicConfig, version: str) -> bool:
    """Tell whether a migration of that name ships with this program."""
    try:
        return ScriptDirectory.from_config(settings).get_revision(version) is not None
    except CommandError:
        return False


def copy_database(source: Path, target: Path) -> None:
    """Copy a live SQLite database, consistent even while others write to it."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@contextmanager
def private_file(target: Path) -> Iterator[Path]:
    """Lend an empty file beside a path, for its owner alone; it is gone at the end."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
    finally:
        for ending in ("", "-wal", "-shm", "-journal", f".before-{HEAD}"):
            Path(f"{part}{ending}").unlink(missing_ok=True)
