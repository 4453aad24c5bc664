"""Follows people whose address changed nothing but the case of its letters.

An address is sent to as it is written, and rows bear it as it was written. Where somebody writes
`Ada@` for `ada@`, the rows take the new spelling: it is the same box and the same reader.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, Table, and_, select, update

from digest.state.database import Database
from digest.state.schema import letters, told


def follow_spellings(database: Database, emails: Iterable[str], since: date) -> dict[str, str]:
    """Give rows of the same addresses these spellings; return new -> old of those that changed.

    Args:
        emails: addresses of which no edition is known under this spelling.
        since: whoever had no edition since that day is somebody new.
    """
    wanted = {email.casefold(): email for email in emails}
    if not wanted:
        return {}
    recent = select(letters.c.email).where(letters.c.date >= since.isoformat()).distinct()
    with database.read() as connection:
        known = connection.scalars(recent).all()
    changed = {wanted[old.casefold()]: old for old in known if old.casefold() in wanted}
    if changed:
        with database.begin() as connection:
            for new, old in changed.items():
                rename(connection, letters, ("date", "slot"), old, new)
                rename(connection, told, ("letter",), old, new)
    return changed


def rename(connection: Connection, table: Table, key: tuple[str, ...], old: str, new: str) -> None:
    """Give rows another address, but for those that it has already.

    Args:
        key: what else than the address makes a row one of its kind.
    """
    other = table.alias()
    same = and_(*(other.c[name] == table.c[name] for name in key))
    there = select(other.c.email).where(other.c.email == new, same).exists()
    connection.execute(update(table).where(table.c.email == old, ~there).values(email=new))
