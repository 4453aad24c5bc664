"""On a PostgreSQL server too, what was backed up comes back, and nothing else is touched."""

import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from digest.errors import LockedError, StateError
from digest.state.backup import back_up, restore
from digest.state.database import Database, make_engine, open_database, present_version
from digest.state.dumping import TABLES
from digest.state.glance import HEAD
from digest.state.migrating import migrate
from tests.postgres import Server


@pytest.fixture
def database(postgres: str) -> Iterator[Database]:
    """A database that has a secret and remembers a colour, and a table of somebody else."""
    found = open_database(postgres)
    found.secret()
    found.remember("colour", "green")
    with found.begin() as connection:
        connection.execute(text("create table guests (name text)"))
    yield found
    found.close()


def test_there_and_back(database: Database, postgres: str, tmp_path: Path) -> None:
    """A restored database is what it was, that from before is kept, and guests stay."""
    copy, secret = tmp_path / "copy.dump", database.secret()
    with database.begin() as connection:
        connection.execute(text("insert into facts values ('half', 'done')"))
        assert back_up(database, copy) == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    database.remember("colour", "red")
    with database.begin() as connection:
        connection.execute(text("insert into guests values ('Eve')"))
    aside = restore(postgres, copy)
    assert aside == tmp_path / "copy.dump.before-restore"
    assert (database.fact("colour"), database.fact("half")) == ("green", "")
    assert database.secret() == secret
    with database.begin() as connection:
        assert connection.scalar(text("select name from guests")) == "Eve"
        connection.execute(text("insert into runs (started, summary) values (0, '')"))
    restore(postgres, aside)
    assert database.fact("colour") == "red"
    assert {path.name for path in tmp_path.iterdir()} == {
        "copy.dump", "copy.dump.before-restore", "copy.dump.before-restore.before-restore",
    }  # fmt: skip


def test_the_way_back_from_a_newer_version(
    database: Database, postgres: str, tmp_path: Path
) -> None:
    """Whoever updated and wants the old program again restores with that one, as it says itself."""
    copy = tmp_path / "copy.dump"
    back_up(database, copy)
    database.remember("colour", "red")
    with database.begin() as connection:
        connection.execute(text("alter table papers add column read_at float"))
        connection.execute(text("update alembic_version set version_num = '9999'"))
    assert restore(postgres, copy) == tmp_path / "copy.dump.before-restore"
    assert database.fact("colour") == "green"


def test_an_older_backup(postgres: str, tmp_path: Path) -> None:
    """It is brought to the present shape, though the database had tables that it does not."""
    old = Database(make_engine(postgres, create=True))
    migrate(old, "", "0001")
    old.remember("colour", "green")
    back_up(old, tmp_path / "old.dump")
    open_database(postgres).close()
    restore(postgres, tmp_path / "old.dump")
    assert present_version(old) == HEAD
    assert old.fact("colour") == "green"
    old.close()


def test_a_backup_of_another_schema(database: Database, postgres: str, tmp_path: Path) -> None:
    """It is not put where nobody would find it: what is there stays."""
    copy = tmp_path / "copy.dump"
    back_up(database, copy)
    with database.begin() as connection:
        for name in TABLES:
            connection.execute(text(f"drop table {name} cascade"))
        connection.execute(text("create schema papers"))
    ours = f"{postgres}&options=-csearch_path%3Dpapers"
    with closing(open_database(ours)) as found:
        found.secret()
        found.remember("colour", "red")
        with pytest.raises(StateError, match="a schema that this search_path does not have"):
            restore(ours, copy)
        assert found.fact("colour") == "red"


@pytest.mark.parametrize("place", ["before the host", "option"])
def test_a_password_in_the_url(postgres_server: Server, tmp_path: Path, place: str) -> None:
    """It opens the server to PostgreSQL's own programs, too, and stands in no error."""
    user = f"keyed_{place[0]}"
    postgres_server.do(f"create user {user} superuser password 'pass word'")
    postgres_server.ask_password_of(user)
    url = make_url(postgres_server.new_database()).set(username=user)
    if place == "option":
        url = url.update_query_dict({"password": "pass word"})
    else:
        url = url.set(password="pass word")
    spelled = url.render_as_string(hide_password=False)
    with closing(open_database(spelled)) as found:
        found.remember("colour", "green")
        back_up(found, tmp_path / "copy.dump")
        found.remember("colour", "red")
        restore(spelled, tmp_path / "copy.dump")
        assert found.fact("colour") == "green"
        assert "pass" not in found.name


def test_no_program_is_told_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    """Whoever lists processes sees their arguments; the environment is nobody else's."""
    spy = tmp_path / "pg_dump"
    spy.write_text('#!/bin/sh\necho "[$PGPASSWORD] $*" >&2; exit 1\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        closing(open_database(f"{postgres}&password=hunter2")) as database,
        pytest.raises(StateError) as caught,
    ):
        back_up(database, tmp_path / "copy.dump")
    told = str(caught.value)
    assert "[hunter2] --format=custom" in told
    assert "dbname=digest_" in told
    assert told.count("hunter2") == 1


def test_not_during_a_run(database: Database, postgres: str, tmp_path: Path) -> None:
    """A run under way is not robbed of its tables."""
    back_up(database, tmp_path / "copy.dump")
    database.remember("colour", "red")
    with database.lock(), pytest.raises(LockedError):
        restore(postgres, tmp_path / "copy.dump")
    assert database.fact("colour") == "red"


def test_what_is_no_backup(database: Database, postgres: str, tmp_path: Path) -> None:
    """Foreign, cut, and newer files are refused with a sentence, and nothing changes."""
    copy = tmp_path / "copy.dump"
    copy.write_text("my notes", "utf-8")
    with pytest.raises(StateError, match="does not appear to be a valid archive"):
        restore(postgres, copy)
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    copy.unlink()
    back_up(database, copy)
    with database.begin() as connection:
        connection.execute(text(f"update alembic_version set version_num = '{HEAD}'"))
    with pytest.raises(StateError, match="newer version"):
        restore(postgres, copy)
    copy.write_bytes(copy.read_bytes()[:-2_000])
    with pytest.raises(StateError, match=r"could not|unexpected"):
        restore(postgres, copy)
    assert database.fact("colour") == "green"


def test_without_the_tools(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are missing or older than the server, the sentence says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StateError, match="pg_dump is not installed; install PostgreSQL's client"):
        back_up(database, tmp_path / "copy.dump")
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho aborting because of server version mismatch >&2; exit 1\n")
    old.chmod(0o755)
    with pytest.raises(StateError, match="pg_dump is older than the server; install"):
        back_up(database, tmp_path / "copy.dump")
    assert [path.name for path in tmp_path.iterdir()] == ["pg_dump"]
