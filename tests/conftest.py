"""What tests of several rooms share."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import CodeType

import jinja2
import pytest
from hypothesis import HealthCheck, settings

from digest.state import database as databases
from digest.state import migrating
from digest.state.database import Database, open_database
from digest.state.outbox import Outbox
from tests.postgres import INSTALL, Server, program, run_server
from tests.scene import PEOPLE, Scene, all_titles, feed, open_scene
from tests.system import missing

# The tests start the program hundreds of times: as installed, with its bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A machine that is busy with others breaks no property.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server; the test is skipped where it is not installed."""
    if program("initdb") is None:
        missing(INSTALL)
    with run_server() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _ready_made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make new SQLite files as copies of one that was migrated: the tests make hundreds of them."""
    made = tmp_path_factory.mktemp("made") / "new.db"
    open_database(f"sqlite:///{made}").close()
    migrate = migrating.migrate

    def copy(database: Database, from_version: str, head: str) -> None:
        if from_version or not database.is_file:
            migrate(database, from_version, head)
            return
        with closing(sqlite3.connect(made)) as old, closing(sqlite3.connect(database.name)) as new:
            new.execute("pragma synchronous=off")
            old.backup(new)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrating, "migrate", copy)
        yield


@pytest.fixture(scope="session", autouse=True)
def _unsynced() -> Iterator[None]:
    """Let no SQLite file wait for the disk: no machine crashes in here."""
    pragmas = [pragma for pragma in databases.PRAGMAS if "synchronous" not in pragma]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(databases, "PRAGMAS", ("synchronous=OFF", *pragmas))
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Compile each text of a template once: a third of a run of three readers went into that."""
    compile_anew, known = jinja2.Environment.compile, dict[tuple[object, ...], CodeType]()

    def compile_once(environment: jinja2.Environment, *told: str | None) -> CodeType:
        key = (*told, environment.autoescape, *environment.filters)
        if key not in known:
            known[key] = compile_anew(environment, *told)
        return known[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jinja2.Environment, "compile", compile_once)
        yield


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database of SQLite."""
    with closing(open_database(f"sqlite:///{tmp_path}/digest.db")) as found:
        yield found


@pytest.fixture
def outbox(database: Database) -> Outbox:
    """An empty outbox."""
    return Outbox(database)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A journal with the papers of 23 November, and three readers without a letter yet."""
    with open_scene(tmp_path) as found:
        found.add_feed("Journal", feed(23, all_titles(23)))
        found.write(PEOPLE)
        yield found


@pytest.fixture
def postgres(postgres_server: Server) -> str:
    """The URL of an empty database on it."""
    return postgres_server.new_database()
