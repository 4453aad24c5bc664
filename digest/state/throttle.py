"""Remembers, from run to run, how fast relays and receiving domains want their letters."""

import json
from collections.abc import Mapping

from sqlalchemy import select

from digest.state.database import Database
from digest.state.letter_rows import insert_into
from digest.state.schema import throttles

Memory = dict[str, float]


def load_throttles(database: Database, kind: str) -> dict[str, Memory]:
    """Return name -> numbers of one kind ("relay" or "domain")."""
    prefix = f"{kind}:"
    query = select(throttles.c.name, throttles.c.body).where(throttles.c.name.startswith(prefix))
    with database.read() as connection:
        rows = connection.execute(query)
        return {name.removeprefix(prefix): json.loads(body) for name, body in rows}


def open_domains(database: Database) -> None:
    """Let every receiving domain be tried again now: somebody asks who knows that it takes letters.

    How often it was closed in a row is kept, so that a further refusal closes it for longer.
    """
    known = load_throttles(database, "domain")
    opened = {name: {**memory, "closed_until": 0.0} for name, memory in known.items()}
    save_throttles(database, "domain", opened)


def save_throttles(database: Database, kind: str, memories: Mapping[str, Memory]) -> None:
    """Keep name -> numbers of one kind; others stay as they are."""
    rows = [
        {"name": f"{kind}:{name}", "body": json.dumps(memory)} for name, memory in memories.items()
    ]
    if not rows:
        return
    with database.begin() as connection:
        statement = insert_into(connection.dialect.name, throttles)
        changed = {"body": statement.excluded.body}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_=changed), rows
        )
