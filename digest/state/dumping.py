"""Copies a database on a PostgreSQL server away and back, by the server's own tools.

`pg_dump` sees one moment, whatever is written meanwhile. A restore is one transaction of `psql`:
it happens whole or not at all. Only the tables of this program are touched, so that it may share
a database with others. The password goes through the environment, where `ps` does not show it.
"""

import os
import shutil
import subprocess
from pathlib import Path

from digest.errors import StateError
from digest.state.database import Database
from digest.state.schema import metadata

TABLES = ("alembic_version", *metadata.tables)
INSTALL = "install PostgreSQL's client programs (Debian: apt-get install postgresql-client)"
MISMATCH = "server version mismatch"
PATIENCE = "set lock_timeout = '30s'"  # for somebody who still reads
# A dump names its schema. In another one than ours nobody would find what was put back.
FOUND = """reset search_path; do $$ begin
    if to_regclass('alembic_version') is null then
        raise exception 'the backup is of tables in a schema that this search_path does not have';
    end if;
end $$"""


def dump(database: Database, target: Path) -> None:
    """Write this program's tables into a file, in the custom format of pg_dump.

    Raises:
        StateError: there is no pg_dump or it is too old, or the file cannot be written.
    """
    tables = [f"--table={name}" for name in TABLES]
    plain = ("--format=custom", "--encoding=UTF8", "--no-owner", "--no-privileges")
    ask_server(database, "pg_dump", *plain, f"--file={target}", *tables)


def undump(database: Database, source: Path, script: Path) -> None:
    """Put a dump in the place of the tables that are there, in one transaction.

    Args:
        script: a file that may be written meanwhile; it holds everything in the clear.

    Raises:
        StateError: it could not be; nothing has changed then.
    """
    plain = ("--no-owner", "--no-privileges", "--exit-on-error")
    run_tool(database, "pg_restore", *plain, f"--file={script}", str(source))
    drop = f"drop table if exists {', '.join(TABLES)}"
    quiet = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    commands = ("--command", PATIENCE, "--command", drop, f"--file={script}", "--command", FOUND)
    ask_server(database, "psql", *quiet, "--output=/dev/null", *commands)


def dumped_version(database: Database, source: Path) -> str:
    """Return the migration at which a dump was made.

    Raises:
        StateError: it is no dump of this program's tables, or it is damaged.
    """
    run_tool(database, "pg_restore", f"--file={os.devnull}", str(source))  # reads all of it
    only = ("--data-only", "--table=alembic_version", "--file=-")
    lines = run_tool(database, "pg_restore", *only, str(source)).splitlines()
    copies = [at for at, line in enumerate(lines) if line.startswith("COPY ")]
    if not copies:
        raise StateError(str(source), "is no backup of this program's database")
    return lines[copies[0] + 1]


def ask_server(database: Database, name: str, *arguments: str) -> None:
    """Run one of the programs that speak to the server."""
    from digest.state.postgres import address_of  # whose driver is an extra

    where, password = address_of(database.engine)
    run_tool(database, name, *arguments, f"--dbname={where}", password=password)


def run_tool(database: Database, name: str, *arguments: str, password: str = "") -> str:
    """Run one of PostgreSQL's programs and return what it prints.

    Raises:
        StateError: it is not there, is older than the server, or failed.
    """
    program = shutil.which(name)
    if program is None:
        raise StateError(database.name, f"{name} is not installed; {INSTALL}")
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    called = subprocess.run(  # noqa: S603  # the program of that name, without a shell
        [program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if called.returncode == 0:
        return called.stdout
    told = " ".join(called.stderr.split())
    if MISMATCH in told:
        told = f"{name} is older than the server; {INSTALL} of the server's version ({told})"
    raise StateError(database.name, told)
