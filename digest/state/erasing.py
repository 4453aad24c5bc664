"""Shows and erases what is known of one address (GDPR, articles 15 and 17)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from digest.state.database import Database
from digest.state.freezing import NAME_CHARACTERS, Frozen
from digest.state.letter_rows import found_snapshots
from digest.state.schema import attempts, bodies, letters, metadata, snapshots

Rows = list[dict[str, Any]]


def known_rows(database: Database, email: str) -> dict[str, Rows]:
    """Return every row that holds the address, in any case of letters, by table.

    The attempts at the address's letters come with them, and what the letters were made of.
    """
    found: dict[str, Rows] = {}
    with database.read() as connection:
        for table in personal_tables():
            same = same_address(connection, table, email)
            rows = connection.execute(select(table).where(same))
            found[table.name] = [dict(row) for row in rows.mappings()]
        same = same_address(connection, letters, email)
        mine = select(letters.c.id).where(same)
        rows = connection.execute(select(attempts).where(attempts.c.letter.in_(mine)))
        found[attempts.name] = [dict(row) for row in rows.mappings()]
        query = select(bodies).join(letters).where(same)
        found[bodies.name] = [dict(row) for row in connection.execute(query).mappings()]
        shared = found_snapshots(
            connection, shared_names(row["body"] for row in found[bodies.name])
        )
        found[snapshots.name] = [{"hash": name, "body": body} for name, body in shared]
    return {name: rows for name, rows in found.items() if rows}


def erase(database: Database, email: str, *, keep: frozenset[str] = frozenset()) -> int:
    """Delete every row that `known_rows` shows; return how many, bodies (which go along) aside.

    What others were told in the same words stays, without a trace of whom else.

    Args:
        keep: tables that are left alone, such as `suppressions`, so that the address cannot be
            written to again by mistake.
    """
    count = 0
    with database.begin() as connection:
        mine = select(letters.c.id).where(same_address(connection, letters, email))
        told = select(bodies.c.body).join(letters).where(letters.c.id.in_(mine))
        shared = shared_names(connection.scalars(told))
        count += connection.execute(delete(attempts).where(attempts.c.letter.in_(mine))).rowcount
        for table in personal_tables():
            if table.name not in keep:
                where = same_address(connection, table, email)
                count += connection.execute(delete(table).where(where)).rowcount
        if shared:
            forgotten = list(shared - names_in_use(connection))
            connection.execute(delete(snapshots).where(snapshots.c.hash.in_(forgotten)))
    return count


def names_in_use(connection: Connection) -> set[str]:
    """Return the snapshots that bodies tell in the words of: `[..., "name"]`."""
    body = bodies.c.body
    name = func.substr(body, func.length(body) - NAME_CHARACTERS - 1, NAME_CHARACTERS)
    return set(connection.scalars(select(name).where(body.endswith('"]')).distinct()))


def shared_names(found: Iterable[str]) -> set[str]:
    """Return the snapshots of what some bodies tell in the words of others."""
    names = set[str]()
    for body in found:
        with suppress(ValueError, TypeError):
            names.add(Frozen(body).shared)
    return names - {""}


def personal_tables() -> Iterator[Table]:
    """Yield every table whose rows belong to an address."""
    return (table for table in metadata.sorted_tables if "email" in table.c)


def same_address(connection: Connection, table: Table, email: str) -> ColumnElement[bool]:
    """Return the condition that a row is the address's, however it was written.

    Python folds the case: SQLite's lower() knows none but ASCII's.
    """
    spellings = connection.scalars(select(table.c.email).distinct())
    same = [one for one in spellings if one.casefold() == email.casefold()]
    return table.c.email.in_(same)
