"""The database opens, migrates, locks and speaks in sentences."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from digest.errors import LockedError, StateError
from digest.state.database import LOCK_PAUSE_SECONDS, open_database, prepare_connection
from digest.state.schema import metadata


def url_of(folder: Path) -> str:
    """Return the URL of a database in that folder."""
    return f"sqlite:///{folder}/var/digest.db"


def test_a_new_database_has_every_table(tmp_path: Path) -> None:
    """The migrations make just the tables and columns of the schema."""
    database = open_database(url_of(tmp_path))
    found = inspect(database.engine)
    for table in metadata.sorted_tables:
        columns = {column["name"] for column in found.get_columns(table.name)}
        assert columns == set(table.columns.keys())
    assert set(found.get_table_names()) == {*metadata.tables, "alembic_version"}
    database.close()


def test_the_secret_stays(tmp_path: Path) -> None:
    """The installation's secret is made once and is the same ever after."""
    first = open_database(url_of(tmp_path))
    secret = first.secret()
    first.close()
    again = open_database(url_of(tmp_path))
    assert again.secret() == secret
    assert len(secret) == 32
    again.close()


def test_a_look_at_the_lock_refuses_nobody(tmp_path: Path) -> None:
    """Whoever asks while somebody looks waits for a moment, and gets it."""
    one, two = open_database(url_of(tmp_path)), open_database(url_of(tmp_path))
    looking, looked = threading.Event(), threading.Event()

    def look() -> None:
        with one.lock():
            looking.set()
            looked.wait(LOCK_PAUSE_SECONDS / 2)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait()
    with two.lock():
        assert one.is_locked
    assert not one.is_locked
    thread.join()
    one.close()
    two.close()


def test_two_runs_do_not_meet(tmp_path: Path) -> None:
    """The second to ask for the lock is refused, and gets it when the first is done."""
    one, two = open_database(url_of(tmp_path)), open_database(url_of(tmp_path))
    with one.lock(), pytest.raises(LockedError, match="another run is under way"), two.lock():
        pass
    with two.lock():
        pass
    one.close()
    two.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A shape this program does not know is left alone, with a sentence."""
    database = open_database(url_of(tmp_path))
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    database.close()
    with pytest.raises(StateError, match=r"written by a newer version .* update morning-papers"):
        open_database(url_of(tmp_path))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """Foreign bytes are never overwritten."""
    path = tmp_path / "var" / "digest.db"
    path.parent.mkdir()
    path.write_bytes(b"these are my notes, not a database" * 100)
    with pytest.raises(StateError, match="is no SQLite database"):
        open_database(url_of(tmp_path))
    assert path.read_bytes().startswith(b"these are my notes")


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """What a transaction wrote before an error is gone."""
    database = open_database(url_of(tmp_path))
    with pytest.raises(StateError), database.begin() as connection:
        connection.execute(text("insert into facts values ('a', 'b')"))
        connection.execute(text("insert into facts values ('a', 'c')"))
    assert database.fact("a") == ""
    database.close()


def test_missing_database(tmp_path: Path) -> None:
    """A command that only reads does not make a database."""
    with pytest.raises(StateError, match="does not exist yet"):
        open_database(url_of(tmp_path), create=False)
    assert not (tmp_path / "var").exists()


def test_a_folder_that_takes_no_database() -> None:
    """Whoever may not write there, as nobody may in /sys, is told what to do."""
    with pytest.raises(StateError, match=r"/sys/digest\.db: cannot be made: [^;]+; (let|mount)"):
        open_database("sqlite:////sys/digest.db")


def test_only_its_owner_reads_the_database(tmp_path: Path) -> None:
    """Addresses and the secret are nobody else's, whatever the umask is."""
    open_database(url_of(tmp_path)).close()
    assert (tmp_path / "var" / "digest.db").stat().st_mode & 0o077 == 0


def test_what_is_deleted_is_overwritten() -> None:
    """Also where SQLite was built to leave deleted rows in the file."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("pragma secure_delete=off")
        prepare_connection(connection, None)
        assert connection.execute("pragma secure_delete").fetchone() == (1,)


def test_several_processes_begin_on_a_new_file(tmp_path: Path) -> None:
    """SQLite makes no WAL file of one that somebody writes, and does not wait for them either."""
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin immediate")
        timer = threading.Timer(0.2, other.execute, ["commit"])
        timer.start()
        open_database(f"sqlite:///{path}").close()
        timer.join()
