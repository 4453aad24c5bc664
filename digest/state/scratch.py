"""A copy of the database to try things on: for previews and dry runs, which remember nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select

from digest.state.database import Database, existing_database, open_database
from digest.state.glance import url_of
from digest.state.schema import metadata

COPIED_ROWS = 1_000


@contextmanager
def scratch_database(url: str) -> Iterator[Database]:
    """Lend an SQLite copy of the database at `url` (empty where there is none yet).

    Raises:
        StateError: the database cannot be read.
    """
    with (
        TemporaryDirectory(prefix="digest-") as folder,
        closing(open_database(url_of(Path(folder) / "scratch.db"))) as copy,
    ):
        if (original := existing_database(url)) is not None:
            with closing(original):
                copy_tables(original, copy)
        yield copy


def copy_tables(original: Database, copy: Database) -> None:
    """Copy every row of one consistent view."""
    with original.read() as source, copy.begin() as target:
        for table in metadata.sorted_tables:
            for rows in source.execute(select(table)).mappings().partitions(COPIED_ROWS):
                target.execute(insert(table), [dict(row) for row in rows])
