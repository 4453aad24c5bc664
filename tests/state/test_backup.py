"""What was backed up comes back; what is damaged or foreign does not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import LockedError, StateError
from digest.state.backup import back_up, private_file, restore, sqlite_version
from digest.state.database import Database, open_database
from digest.state.glance import HEAD


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the database lies."""
    return f"sqlite:///{tmp_path}/var/digest.db"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database that has a secret and remembers a colour."""
    found = open_database(url)
    found.secret()
    found.remember("colour", "green")
    yield found
    found.close()


def test_there_and_back(database: Database, url: str, tmp_path: Path) -> None:
    """A restored database is what it was at the backup, and the one from before is put aside."""
    copy = tmp_path / "copy.db"
    secret = database.secret()
    assert back_up(database, copy) == copy.stat().st_size
    database.remember("colour", "red")
    aside = restore(url, copy)
    again = open_database(url)
    assert (again.fact("colour"), again.secret()) == ("green", secret)
    again.close()
    assert aside == tmp_path / "var" / "digest.db.before-restore"
    before = open_database(f"sqlite:///{aside}")
    assert before.fact("colour") == "red"
    before.close()


def test_a_backup_while_somebody_writes(database: Database, tmp_path: Path) -> None:
    """An open transaction neither blocks the copy nor is in it."""
    with database.begin() as connection:
        connection.execute(text("insert into facts values ('half', 'done')"))
        back_up(database, tmp_path / "copy.db")
    copy = open_database(f"sqlite:///{tmp_path}/copy.db")
    assert (copy.fact("colour"), copy.fact("half")) == ("green", "")
    copy.close()


def test_a_backup_is_for_its_owner_alone(database: Database, tmp_path: Path) -> None:
    """It holds the secret that unsubscribe links hang on; an older copy is replaced whole."""
    copy = tmp_path / "copy.db"
    back_up(database, copy)
    copy.chmod(0o644)
    back_up(database, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.read_bytes().startswith(b"SQLite format 3")
    assert not (tmp_path / "copy.db.part").exists()


def test_a_backup_takes_the_place_of_backups_alone(database: Database, tmp_path: Path) -> None:
    """A mistyped target costs neither the configuration nor the database."""
    notes = tmp_path / "digest.yaml"
    notes.write_text("site: {}\n")
    for target, said in ((notes, "is no backup"), (Path(database.name), "is the database itself")):
        with pytest.raises(StateError, match=said):
            back_up(database, target)
    assert notes.read_text() == "site: {}\n"


def test_a_backup_that_cannot_be_written(database: Database, tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(StateError, match=r"nowhere/copy\.db: the backup cannot be written"):
        back_up(database, tmp_path / "nowhere" / "copy.db")


def test_restoring_where_there_was_nothing(database: Database, tmp_path: Path) -> None:
    """A new machine needs no database first."""
    back_up(database, tmp_path / "copy.db")
    url = f"sqlite:///{tmp_path}/new/digest.db"
    assert restore(url, tmp_path / "copy.db") is None
    again = open_database(url)
    assert again.fact("colour") == "green"
    again.close()


def test_restoring_where_a_file_was_taken_away(
    database: Database, url: str, tmp_path: Path
) -> None:
    """What a killed process had not yet moved into it does not get into the backup."""
    back_up(database, tmp_path / "copy.db")
    database.remember("colour", "red")
    place = Path(database.name)
    log = Path(f"{place}-wal").read_bytes()
    database.close()
    place.unlink()
    Path(f"{place}-wal").write_bytes(log)
    assert restore(url, tmp_path / "copy.db") is None
    again = open_database(url)
    assert again.fact("colour") == "green"
    again.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is no backup"), (b"my notes " * 500, "is no backup"), (None, "does not exist")],
)
def test_foreign_files(
    database: Database, url: str, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """Nothing else takes the place of the database."""
    if content is not None:
        (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(StateError, match=said):
        restore(url, tmp_path / "copy.db")
    assert database.fact("colour") == "green"


def test_a_backup_of_the_other_kind_of_database(url: str, tmp_path: Path) -> None:
    """It is no foreign file, and the message says why it does not fit."""
    (tmp_path / "server.dump").write_bytes(b"PGDMP" + bytes(100))
    with pytest.raises(StateError, match="is a copy from a PostgreSQL server"):
        restore(url, tmp_path / "server.dump")
    (tmp_path / "file.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(StateError, match="is a copy from SQLite"):
        restore("postgresql+psycopg://digest@127.0.0.1:1/digest", tmp_path / "file.db")


def test_a_damaged_backup(database: Database, url: str, tmp_path: Path) -> None:
    """A copy with a hole in it is refused."""
    copy = tmp_path / "copy.db"
    with database.begin() as connection:
        for number in range(2_000):
            connection.execute(text(f"insert into facts values ('{number}', '{'x' * 90}')"))
    back_up(database, copy)
    content = bytearray(copy.read_bytes())
    content[-40_000:-20_000] = b"\xff" * 20_000
    copy.write_bytes(content)
    with pytest.raises(StateError, match=r"is damaged|is no backup"):
        restore(url, copy)
    assert database.fact("colour") == "green"
    assert not list(tmp_path.glob("copy.db-*"))


def test_a_backup_of_a_newer_version(database: Database, url: str, tmp_path: Path) -> None:
    """It waits for the newer program."""
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    back_up(database, tmp_path / "copy.db")
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    with pytest.raises(StateError, match="newer version"):
        restore(url, tmp_path / "copy.db")


@pytest.mark.parametrize("ruin", [b"no database" * 2_000, b"SQLite format 3\0" + b"\xff" * 9_000])
def test_a_ruin_is_moved_aside(database: Database, url: str, tmp_path: Path, ruin: bytes) -> None:
    """With what lies beside it, and over no copy from before; undone if the run is under way."""
    copy, path = tmp_path / "copy.db", Path(database.name)
    back_up(database, copy)
    database.close()
    before = path.with_name("digest.db.before-restore")
    before.write_bytes(b"a good copy")
    path.write_bytes(ruin)
    with database.lock(), pytest.raises(LockedError):
        restore(url, copy)
    assert path.read_bytes() == ruin
    Path(f"{path}-wal").write_bytes(b"what was not written back")
    aside = restore(url, copy)
    assert aside == path.with_name("digest.db.before-restore.2")
    assert (before.read_bytes(), aside.read_bytes()) == (b"a good copy", ruin)
    assert Path(f"{aside}-wal").read_bytes() == b"what was not written back"
    again = open_database(url)
    assert again.fact("colour") == "green"
    again.close()
    assert [file.name for file in path.parent.iterdir() if ".part" in file.name] == []


def test_a_restore_can_be_undone(database: Database, url: str, tmp_path: Path) -> None:
    """The copy of before is a backup like any other, and stays what it is."""
    copy = tmp_path / "copy%3F#?.db"
    back_up(database, copy)
    database.remember("colour", "red")
    first = restore(url, copy)
    assert first is not None
    assert restore(url, first) != first
    assert database.fact("colour") == "red"
    assert sqlite_version(first) == HEAD
    with pytest.raises(StateError, match="is the database itself"):
        restore(url, Path(database.name))


def test_a_restore_takes_along_what_the_backup_does_not_know(
    database: Database, url: str, tmp_path: Path
) -> None:
    """It stands in the copy before that takes the place: a kill in between forgets nobody."""
    back_up(database, tmp_path / "copy.db")

    def amend(copy: Database) -> None:
        copy.remember("left", "ada")
        assert database.fact("left") == ""

    restore(url, tmp_path / "copy.db", amend)
    assert database.fact("left") == "ada"


def test_not_during_a_run(database: Database, url: str, tmp_path: Path) -> None:
    """A run under way is not robbed of its database."""
    back_up(database, tmp_path / "copy.db")
    database.remember("colour", "red")
    with database.lock(), pytest.raises(LockedError):
        restore(url, tmp_path / "copy.db")
    assert database.fact("colour") == "red"
    assert not list(tmp_path.glob("copy.db-*"))


def test_nothing_of_a_copy_that_failed_stays(tmp_path: Path) -> None:
    """Neither does what SQLite wrote beside it, such as its journal on a full disk."""
    with private_file(tmp_path / "copy.db") as part:
        for ending in ("-wal", "-shm", "-journal"):
            Path(f"{part}{ending}").touch()
    assert list(tmp_path.iterdir()) == []


def test_root_gives_the_file_to_whom_the_folder_belongs(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service, which runs as somebody else, opens what root has put back."""
    backup, place = tmp_path / "b.db", tmp_path / "new" / "digest.db"
    back_up(database, backup)
    given = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *owner: given.append((path, owner)))
    restore(f"sqlite:///{place}", backup)
    folder = place.parent.stat()
    owners = {owner for _, owner in given}
    assert (len(given), owners) == (2, {(folder.st_uid, folder.st_gid)})
