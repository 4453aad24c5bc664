"""Makes an engine for a PostgreSQL server; the only file that knows its driver."""

from typing import Any

from psycopg.abc import Buffer
from psycopg.conninfo import make_conninfo
from psycopg.types.string import StrDumper
from sqlalchemy import URL, Engine, create_engine, event

from digest.errors import StateError
from digest.state.advice import hide_password

CONNECT_SECONDS = 10  # per address of the server
SILENT_SECONDS = 60  # before a connection is probed, lest a firewall forget the one with the lock
ENCODING = "UTF8"
ANOTHER = "`createdb --encoding UTF8 --locale C --template template0 NAME` makes one that will do"
NULL, REPLACEMENT = "\0", "\N{REPLACEMENT CHARACTER}"


class TextDumper(StrDumper):
    """Writes text without the one character that PostgreSQL does not keep.

    It comes from outside: a relay's reply, a bounce, the words of a broken source.
    """

    def dump(self, obj: str) -> Buffer | None:
        """Return the text as the server gets it."""
        return super().dump(obj.replace(NULL, REPLACEMENT))


def make_server_engine(url: URL) -> Engine:
    """Return an engine for a PostgreSQL server; it connects when it is first used."""
    waits = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": SILENT_SECONDS}
    unsaid = {name: value for name, value in waits.items() if name not in url.query}
    told = {**unsaid, "client_encoding": ENCODING}  # whatever $PGCLIENTENCODING or the role says
    engine = create_engine(url, pool_pre_ping=True, connect_args=told)

    def prepare_connection(connection: Any, _record: object) -> None:
        """Set a fresh connection up, or refuse it; SQLAlchemy's hook `connect`."""
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != ENCODING:
            connection.close()  # nobody else knows it yet
            raise StateError(hide_password(url), f"its encoding is {encoding}; {ANOTHER}")
        connection.adapters.register_dumper(str, TextDumper)

    # Before SQLAlchemy's own, which expects text where other encodings give bytes.
    event.listen(engine, "connect", prepare_connection, insert=True)
    return engine


def address_of(engine: Engine) -> tuple[str, str]:
    """Return how PostgreSQL's programs are told of a database, and apart from it the password."""
    _, options = engine.dialect.create_connect_args(engine.url)
    password = options.pop("password", "")
    options.pop("context", None)  # of psycopg's own
    return make_conninfo(**options), str(password)
