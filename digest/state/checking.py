"""Looks whether the database is whole; reads only."""

from sqlalchemy import text

from digest.state.database import Database


def integrity_problem(database: Database) -> str:
    """Return what is damaged, "" where nothing is or where the server looks after it itself."""
    if not database.is_file:
        return ""
    with database.read() as connection:
        found = str(connection.scalar(text("pragma quick_check(1)")))
    return "" if found == "ok" else found
