"""An older database is brought to the present shape by itself, after a copy was put aside."""

import resource
import shutil
import sqlite3
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import StateError
from digest.models import Edition
from digest.state.database import Database, make_engine, open_database, present_version
from digest.state.freezing import Freezer
from digest.state.migrating import MIGRATIONS, migrate
from digest.state.outbox import Outbox

EDITION = Edition(
    id="id7",
    date=date(2026, 3, 2),
    slot="daily",
    email="ada@example.org",
    made_at=datetime(2026, 3, 2, 6, tzinfo=UTC),
)

NEXT = '''"""A shape of the future."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a column, and do what else a test asks for."""
    op.add_column("papers", sa.Column("read_at", sa.Float))
    {further}
'''


def migrations(folder: Path, further: str = "pass") -> Path:
    """Return a folder of migrations with one more than is shipped."""
    target = folder / "migrations"
    shutil.copytree(MIGRATIONS, target, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "versions" / "0006_next.py").write_text(NEXT.format(further=further), "utf-8")
    return target


@pytest.fixture
def database(database: Database) -> Database:
    """A database of the present shape that remembers something."""
    database.remember("colour", "green")
    return database


def columns(path: Path) -> list[str]:
    """Return the columns of the table of papers."""
    connection = sqlite3.connect(path)
    rows = connection.execute("pragma table_info(papers)").fetchall()
    connection.close()
    return [row[1] for row in rows]


def test_a_migration_runs_after_a_copy(database: Database, tmp_path: Path) -> None:
    """The new column is there, what was known still is; the old file, with addresses and secret,
    lies beside for its owner alone."""
    copy = tmp_path / "digest.db.before-0006"
    copy.touch(mode=0o644)  # from an update that did not get through
    migrate(database, "0005", "0006", migrations(tmp_path))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert present_version(database) == "0006"
    assert database.fact("colour") == "green"
    database.close()
    assert "read_at" in columns(tmp_path / "digest.db")
    assert "read_at" not in columns(copy)
    old = open_database(f"sqlite:///{copy}")
    assert old.fact("colour") == "green"
    old.close()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path}/old.db"


def test_letters_of_the_second_shape_keep_their_content(url: str) -> None:
    """What a letter is made of and whom it told of what is found again in the present shape."""
    old = Database(make_engine(url, create=True))
    migrate(old, "", "0002")
    with old.begin() as connection:
        connection.execute(
            text(
                "insert into letters (key, id, date, slot, email, body, outcome, made_at, attempts,"
                " code, text, updated, deadline) values (7, 'id7', '2026-03-02', 'daily',"
                " 'ada@example.org', :body, 'planned', 0, 0, 0, '', 0, 9e9)"
            ),
            {"body": Freezer().freeze(EDITION)},
        )
        for number in (1, 2):
            told = f"'ada@example.org', 'arxiv:2603.0000{number}', 'id7'"
            connection.execute(text(f"insert into told values ({told})"))
    old.close()
    outbox = Outbox(open_database(url))
    assert outbox.edition("id7") == EDITION
    assert outbox.told(["ada@example.org"], date(2026, 3, 2)) == {
        "ada@example.org": frozenset({"arxiv:2603.00001", "arxiv:2603.00002"})
    }
    assert outbox.told(["ada@example.org"], date(2026, 3, 3)) == {}
    outbox.database.close()


def test_a_migration_that_fails_changes_nothing(database: Database, tmp_path: Path) -> None:
    """Half a migration is rolled back, with a sentence."""
    broken = migrations(tmp_path, 'op.execute("insert into nowhere values (1)")')
    with pytest.raises(StateError, match="nowhere"):
        migrate(database, "0005", "0006", broken)
    assert present_version(database) == "0005"
    assert database.fact("colour") == "green"
    database.close()
    assert "read_at" not in columns(tmp_path / "digest.db")


def test_a_version_that_is_not_ours(database: Database, tmp_path: Path) -> None:
    """A shape from the future is not touched, and no copy is made."""
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StateError, match="newer version"):
        migrate(database, "9999", "0005")
    assert list(tmp_path.glob("*.before-*")) == []


def test_who_comes_second_leaves_the_copy_as_it_is(database: Database, tmp_path: Path) -> None:
    """Two commands find the old shape at once: the copy is of before the first one's work."""
    folder = migrations(tmp_path)
    migrate(database, "0005", "0006", folder)
    migrate(database, "0005", "0006", folder)  # which looked before the first one was done
    assert "read_at" not in columns(tmp_path / "digest.db.before-0006")


def test_a_copy_that_cannot_be_made_is_a_sentence(database: Database, tmp_path: Path) -> None:
    """Something stands where the copy belongs: nothing was changed then."""
    (tmp_path / "digest.db.before-0006").mkdir()
    with pytest.raises(StateError, match=r"before-0006: the copy cannot be written: Is a dir"):
        migrate(database, "0005", "0006", migrations(tmp_path))
    assert present_version(database) == "0005"


def test_a_disk_without_room_for_the_copy(database: Database, tmp_path: Path) -> None:
    """What was written until the disk was full is given back, and an earlier copy stays whole."""
    database.remember("song", "la" * 500_000)
    database.close()  # its log is written into the file
    folder, aside = migrations(tmp_path), tmp_path / "digest.db.before-0006"
    aside.write_bytes(b"from before")
    beside = set(tmp_path.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
    try:
        with pytest.raises(StateError, match="before-0006: the copy cannot be written: the disk"):
            migrate(database, "0005", "0006", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    database.close()
    assert set(tmp_path.iterdir()) == beside
    assert aside.read_bytes() == b"from before"
    assert present_version(database) == "0005"
