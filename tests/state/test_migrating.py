"""An older database is brought to the present shape by itself, after a copy was put aside."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import StateError
from digest.state.database import Database, open_database, present_version
from digest.state.migrating import MIGRATIONS, migrate

NEXT = '''"""A shape of the future."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a column, and do what else a test asks for."""
    op.add_column("papers", sa.Column("read_at", sa.Float))
    {further}
'''


def migrations(folder: Path, further: str = "pass") -> Path:
    """Return a folder of migrations with one more than is shipped."""
    target = folder / "migrations"
    shutil.copytree(MIGRATIONS, target, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "versions" / "0003_next.py").write_text(NEXT.format(further=further), "utf-8")
    return target


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database of the present shape that remembers something."""
    found = open_database(f"sqlite:///{tmp_path}/digest.db")
    found.remember("colour", "green")
    return found


def columns(path: Path) -> list[str]:
    """Return the columns of the table of papers."""
    connection = sqlite3.connect(path)
    rows = connection.execute("pragma table_info(papers)").fetchall()
    connection.close()
    return [row[1] for row in rows]


def test_a_migration_runs_after_a_copy(database: Database, tmp_path: Path) -> None:
    """The new column is there, what was known still is, and the old file lies beside."""
    migrate(database, "0002", "0003", migrations(tmp_path))
    assert present_version(database) == "0003"
    assert database.fact("colour") == "green"
    database.close()
    assert "read_at" in columns(tmp_path / "digest.db")
    copy = tmp_path / "digest.db.before-0003"
    assert "read_at" not in columns(copy)
    old = open_database(f"sqlite:///{copy}")
    assert old.fact("colour") == "green"
    old.close()


def test_a_migration_that_fails_changes_nothing(database: Database, tmp_path: Path) -> None:
    """Half a migration is rolled back, with a sentence."""
    broken = migrations(tmp_path, 'op.execute("insert into nowhere values (1)")')
    with pytest.raises(StateError, match="nowhere"):
        migrate(database, "0002", "0003", broken)
    assert present_version(database) == "0002"
    assert database.fact("colour") == "green"
    database.close()
    assert "read_at" not in columns(tmp_path / "digest.db")


def test_a_version_that_is_not_ours(database: Database, tmp_path: Path) -> None:
    """A shape from the future is not touched, and no copy is made."""
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0004'"))
    with pytest.raises(StateError, match="newer version"):
        migrate(database, "0004", "0002")
    assert list(tmp_path.glob("*.before-*")) == []
    database.close()
