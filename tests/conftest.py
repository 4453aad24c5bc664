"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest

from tests.postgres import INSTALL, Server, program, run_server
from tests.system import missing


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server; the test is skipped where it is not installed."""
    if program("initdb") is None:
        missing(INSTALL)
    with run_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Server) -> str:
    """The URL of an empty database on it."""
    return postgres_server.new_database()
