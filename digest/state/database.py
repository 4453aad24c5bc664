"""Opens the database, brings it to the present shape and lends transactions.

SQLite runs in WAL mode with synchronous=FULL: what a transaction returned from is on the disk.
A write transaction takes the write lock at its start (BEGIN IMMEDIATE), so that it never fails
half-way because another process wrote in between.
"""

import fcntl
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from digest.errors import LockedError, StateError, os_reason
from digest.state.advice import hide_password, state_error
from digest.state.glance import HEAD, file_of
from digest.state.schema import facts

BUSY_TIMEOUT_SECONDS = 30
LOCK_LOOKS, LOCK_PAUSE_SECONDS = 3, 0.02
# `secure_delete`: what is forgotten is overwritten, which not every build of SQLite does by itself
PRAGMAS = ("secure_delete=ON", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
BATCH_VALUES = 500  # named in one statement
RUN_LOCK = 0x646967657374  # "digest", the key of PostgreSQL's advisory lock
TRY_LOCK = "select pg_try_advisory_lock(:key)"
UNLOCK = "select pg_advisory_unlock(:key)"
# The connection that holds the lock says nothing for hours. Before PostgreSQL 14 nothing ends it.
STAY = "select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'"
PROPOSE = "insert into facts (key, value) values (:key, :value) on conflict do nothing"
NO_DRIVER = "its driver is not installed; `pip install 'psycopg[binary]'` brings it"
REMEMBER = (
    "insert into facts (key, value) values (:key, :value) "
    "on conflict (key) do update set value = excluded.value"
)

log = logging.getLogger(__name__)

Value = TypeVar("Value")


class Database:
    """One database, SQLite or PostgreSQL; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        url = engine.url  # the name is an SQLite file, or the server's address
        self.is_file = engine.dialect.name == "sqlite"
        self.name = url.database or "" if self.is_file else hide_password(url)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Lend a write transaction: committed at the end, rolled back on any error.

        Raises:
            StateError: the database could not be read or written.
        """
        with self._lend(writes=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a read transaction: one consistent view, never waiting for a writer on SQLite.

        Raises:
            StateError: the database could not be read.
        """
        with self._lend() as connection:
            yield connection

    @contextmanager
    def _lend(self, **options: Any) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection.execution_options(**options)
        except SQLAlchemyError as error:
            raise state_error(self.name, error) from error

    def fact(self, key: str) -> str:
        """Return a remembered fact about the installation, or ""."""
        with self.read() as connection:
            return connection.scalar(select(facts.c.value).where(facts.c.key == key)) or ""

    def remember(self, key: str, value: str) -> None:
        """Keep a fact about the installation."""
        with self.begin() as connection:
            connection.execute(text(REMEMBER), {"key": key, "value": value})

    def secret(self) -> bytes:
        """Return the installation's 32 random bytes, made at the first call.

        Message-IDs, delivery ids and unsubscribe tokens hang on it; `digest backup` carries it.
        """
        known = self.fact("secret")
        if not known:  # two machines may ask an empty database at once: the first answer stays
            with self.begin() as connection:
                fresh = {"key": "secret", "value": secrets.token_hex(32)}
                connection.execute(text(PROPOSE), fresh)
            known = self.fact("secret")
        return bytes.fromhex(known)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the right to run; the system frees it when the process dies.

        Raises:
            LockedError: another run on the same database holds it.
        """
        return lock_file(Path(self.name)) if self.is_file else self._lock_server()

    @contextmanager
    def _lock_server(self) -> Iterator[None]:
        # Without a transaction, which would hold back the server's cleaning as long as the run.
        with self._lend(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(STAY))
            if not patiently(lambda: connection.scalar(text(TRY_LOCK), {"key": RUN_LOCK})):
                raise LockedError(self.name, "another run is under way; it will finish")
            try:
                yield
            finally:
                self._unlock_server(connection)

    def _unlock_server(self, connection: Connection) -> None:
        try:
            connection.execute(text(UNLOCK), {"key": RUN_LOCK})
        except SQLAlchemyError as error:  # with its connection the lock is gone, too
            log.warning("lock event=lost reason=%s", state_error(self.name, error))

    @property
    def is_locked(self) -> bool:
        """Whether a run is under way; True where this user may not look."""
        try:
            if self.is_file:  # shared: others may look, too; a file that is not there is not made
                with Path(f"{self.name}.lock").open() as file:
                    return not flock(file, fcntl.LOCK_SH)
            with self._lock_server():
                return False
        except FileNotFoundError:
            return False
        except (LockedError, OSError):
            return True

    def forked(self) -> None:
        """Forget the connections of the process that this one was forked from."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def patiently(take: Callable[[], bool | None]) -> bool:
    """Take a lock; whoever only looks whether it is taken holds it for no longer than a moment."""
    for _ in range(LOCK_LOOKS):
        if take():
            return True
        time.sleep(LOCK_PAUSE_SECONDS)
    return False


@contextmanager
def lock_file(database: Path) -> Iterator[None]:
    """Hold the right to run on an SQLite file, or to replace it.

    Raises:
        LockedError: a run on it is under way.
    """
    with Path(f"{database}.lock").open("w") as file:
        if not patiently(lambda: flock(file, fcntl.LOCK_EX)):
            raise LockedError(str(database), "another run is under way; it will finish")
        yield


def flock(file: IO[str], kind: int) -> bool:
    """Lock a file, if nobody else has."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def batches(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Yield the values in groups that fit into one statement."""
    for start in range(0, len(values), BATCH_VALUES):
        yield values[start : start + BATCH_VALUES]


def open_database(url: str, *, create: bool = True) -> Database:
    """Open the database named by an SQLAlchemy URL, migrated to the present shape.

    Args:
        url: `sqlite:////absolute/path.db` or `postgresql+psycopg://user@host/name`.
        create: make an SQLite file where there is none; else its absence is an error. Tables are
            made in any case.

    Raises:
        StateError: it cannot be opened, is no database, or a newer version wrote it.
    """
    database = Database(make_engine(url, create=create))
    try:
        from_version = present_version(database)
        if from_version != HEAD:
            from digest.state.migrating import migrate  # alembic costs a tenth of a second

            migrate(database, from_version, HEAD)
    except BaseException:
        database.close()
        raise
    return database


def existing_database(url: str) -> Database | None:
    """Open the database unless it is an SQLite file that was never made."""
    path = file_of(url)
    return None if path and not path.exists() else open_database(url, create=False)


def open_as_it_is(url: str) -> Database:
    """Open a database whatever version of the program wrote it, for what each version has alike.

    Raises:
        StateError: there is none.
    """
    return Database(make_engine(url, create=False))


def make_engine(url: str, *, create: bool) -> Engine:
    """Return an engine whose transactions behave as this module's docstring says."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            from digest.state.postgres import make_server_engine  # whose driver is an extra

            return make_server_engine(parsed)
        path = Path(parsed.database or "")
        prepare_file(path, create=create)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    except ArgumentError as error:
        raise StateError(hide_password(url), f"cannot be used: {error}") from error
    except ImportError as error:
        raise StateError(hide_password(url), f"{NO_DRIVER} ({error})") from error
    event.listen(engine, "connect", prepare_connection)
    event.listen(engine, "begin", begin_transaction)
    return engine


def prepare_file(path: Path, *, create: bool) -> None:
    """Make the folder of a new database, or say that there is none."""
    if path.is_file():
        return
    if not create:
        raise StateError(str(path), "does not exist yet; `digest run` makes it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # it holds addresses; SQLite gives its other files the same mode
    except OSError as error:
        raise StateError(str(path), f"cannot be made: {os_reason(error)}") from error


def prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
    """Set a fresh SQLite connection up; SQLAlchemy's hook `connect`."""
    connection.isolation_level = None  # we say BEGIN ourselves
    try:
        with closing(connection.cursor()) as cursor:
            for pragma in PRAGMAS:
                set_pragma(cursor, pragma)
    except BaseException:
        connection.close()  # nobody else knows it yet
        raise


def set_pragma(cursor: sqlite3.Cursor, pragma: str) -> None:
    """Set one property of a connection; SQLite itself does not wait to make a new file a WAL one,
    as where a daemon and cron begin at the same time."""
    end = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(LOCK_PAUSE_SECONDS)
        else:
            return


def begin_transaction(connection: Connection) -> None:
    """Begin on SQLite with or without the write lock; SQLAlchemy's hook `begin`."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def present_version(database: Database) -> str:
    """Return the migration the database stands at; "" for an empty one."""
    with database.read() as connection:
        if not database.engine.dialect.has_table(connection, "alembic_version"):
            return ""
        return connection.scalar(text("select version_num from alembic_version")) or ""
