"""Makes an engine for a PostgreSQL server; the only file that knows its driver."""

from typing import Any

from psycopg.abc import Buffer
from psycopg.types.string import StrDumper
from sqlalchemy import URL, Engine, create_engine, event

CONNECT_SECONDS = 10  # per address of the server
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
    waits = {"connect_timeout": url.query.get("connect_timeout", CONNECT_SECONDS)}
    engine = create_engine(url, pool_pre_ping=True, connect_args=waits)
    event.listen(engine, "connect", prepare_connection)
    return engine


def prepare_connection(connection: Any, _record: object) -> None:
    """Set a fresh connection up; SQLAlchemy's hook `connect`."""
    connection.adapters.register_dumper(str, TextDumper)
