"""Keeps what ranking remembers of the archive from day to day, as bytes it alone understands."""

from sqlalchemy import delete, insert, select

from digest.state.database import Database
from digest.state.schema import vectors


def load_vectors(database: Database, name: str, version: str) -> bytes | None:
    """Return what was kept under that name, or None where nothing of that version was."""
    question = select(vectors.c.body).where(vectors.c.name == name, vectors.c.version == version)
    with database.read() as connection:
        return connection.scalar(question)


def save_vectors(database: Database, name: str, version: str, body: bytes) -> None:
    """Keep the bytes under that name in place of any other version."""
    with database.begin() as connection:
        connection.execute(delete(vectors).where(vectors.c.name == name))
        connection.execute(insert(vectors).values(name=name, version=version, body=body))
