"""A PostgreSQL server of the tests' own: a fresh cluster that listens on a Unix socket alone.

It never runs as root, which PostgreSQL refuses: the tests of a root borrow the user `postgres`
that Debian's package makes.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

DEBIAN = "/usr/lib/postgresql"
INSTALL = "PostgreSQL is not installed: apt-get install postgresql"
START_SECONDS = 30.0
# A cluster that lives for a minute need not outlive a power cut.
HASTE = ("-c", "fsync=off", "-c", "full_page_writes=off")
QUIET = ("-c", "autovacuum=off", "-c", "log_min_messages=fatal")


@dataclass
class Server:
    """A server under way."""

    socket: Path  # the folder of its socket
    process: subprocess.Popen[bytes]

    def url(self, name: str = "postgres") -> str:
        """Return the SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://digest@/{name}?host={self.socket}"

    def new_database(self, encoding: str = "UTF8") -> str:
        """Make an empty database; return its URL."""
        name = f"digest_{secrets.token_hex(4)}"
        self.do(f"create database {name} template template0 encoding '{encoding}'")
        return self.url(name)

    def do(self, *statements: str) -> None:
        """Execute statements that concern the whole server."""
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def ask_password_of(self, user: str) -> None:
        """Let a user in by password alone; everybody else needs none."""
        rules = self.socket / "data" / "pg_hba.conf"
        rules.write_text(f"local all {user} password\n{rules.read_text()}")
        self.do("select pg_reload_conf()")


def program(name: str) -> str | None:
    """Find one of PostgreSQL's programs; Debian keeps them out of the way, by version."""
    versions = sorted(Path(DEBIAN).glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*map(str, versions), os.environ["PATH"]]))


def unprivileged() -> dict[str, Any]:
    """Return whose process the server is to be."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


@contextmanager
def run_server() -> Iterator[Server]:
    """Make a cluster, run its server, and remove both at the end."""
    folder = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    owner = unprivileged()
    if owner:
        shutil.chown(folder, owner["user"], owner["group"])
    data = folder / "data"
    initdb, postgres = program("initdb"), program("postgres")
    assert initdb, INSTALL
    assert postgres, INSTALL
    options = ("--no-sync", "--auth=trust", "--username=digest", "--encoding=UTF8", "--locale=C")
    made = [initdb, *options, "--pgdata", str(data)]
    try:
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner)
        sockets = ("-c", "listen_addresses=", "-k", str(folder))
        command = [postgres, "-D", str(data), *sockets, *HASTE, *QUIET]
        with subprocess.Popen(command, cwd=folder, **owner) as process:
            server = Server(folder, process)
            try:
                wait_for(server)
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)  # at once: nothing in it is needed again
    finally:
        shutil.rmtree(folder)


def wait_for(server: Server) -> None:
    """Wait until the server takes connections."""
    ready = program("pg_isready")
    assert ready, INSTALL
    deadline = time.monotonic() + START_SECONDS
    command = [ready, "-q", "-h", str(server.socket)]
    while subprocess.run(command, check=False).returncode != 0:
        assert server.process.poll() is None, "PostgreSQL ended instead of starting"
        assert time.monotonic() < deadline, "PostgreSQL did not start"
        time.sleep(0.05)
