"""What the tests of the state share."""

from pathlib import Path

import pytest

from digest.state.database import open_database
from digest.state.outbox import Outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(open_database(f"sqlite:///{tmp_path}/digest.db"))
