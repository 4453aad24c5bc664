"""What the tests of the state share."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest.state.database import open_database
from digest.state.outbox import Outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An empty outbox."""
    with closing(open_database(f"sqlite:///{tmp_path}/digest.db")) as database:
        yield Outbox(database)
