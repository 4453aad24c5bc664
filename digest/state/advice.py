"""Turns what a database's driver says into a sentence with a way out."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from digest.errors import AwayError, StateError

SECRETS = ("password", "sslpassword")  # options of a URL
LET_WRITE = "let this user write the file and its folder (chown, chmod)"
SQLITE = {
    "database or disk is full": "the disk is full; make room, then run again: nothing was lost",
    "unable to open database file": f"cannot be opened; {LET_WRITE}",
    "attempt to write a readonly database": f"is read-only; {LET_WRITE}",
    "database is locked": "another process keeps it locked; see which one with `lsof`",
    "file is not a database": "is no SQLite database; restore a backup or name another file",
    "disk I/O error": "the disk answered with an error; check its health and free space",
}
UNREACHABLE = "the PostgreSQL server cannot be reached; is it running, and is its address right?"
ENDED = "the server ended the connection; run again: nothing was lost"
CROWDED = "the server has too many connections; run again later"
AWAY = {
    "the database system is": "the server is only starting, or stops; run again in a minute",
    "too many clients": CROWDED,
    "too many connections": CROWDED,  # for this user, or this database
    "connection slots are reserved": CROWDED,  # what is left is for superusers
    "Connection refused": UNREACHABLE,
    "No such file or directory": UNREACHABLE,
    "failed to resolve host": UNREACHABLE,
    "timeout expired": UNREACHABLE,
    "Network is unreachable": UNREACHABLE,
    "No route to host": UNREACHABLE,
    # Also a proxy's word, such as Docker's, whose server is not up yet.
    "closed the connection": ENDED,
    "terminating connection": ENDED,
}
POSTGRES = {
    "password authentication failed": "the server does not take this user's password",
    "no password supplied": "the server wants a password; write postgresql://USER:PASSWORD@...",
    "no pg_hba.conf entry": "the server's pg_hba.conf does not let this user in from here",
    "FATAL: role": "the server has no such user; `createuser USER` makes one",
    "FATAL: database": "the server has no such database; `createdb --owner USER NAME` makes one",
    "permission denied for schema": "this user may make no tables; `createdb --owner` lets them",
    "in a read-only transaction": "the server takes no changes; name one that is no standby",
    "No space left on device": "the server's disk is full; make room, then run again",
    "invalid connection option": "`state:` in digest.yaml has an option that libpq does not know",
}


def state_error(name: str, error: SQLAlchemyError) -> StateError:
    """Turn the driver's words into a sentence with a way out."""
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    if advice := sqlite_advice(cause):
        return StateError(name, advice)
    for sign, advice in AWAY.items():
        if sign in cause:
            return AwayError(name, f"{advice} ({cause})")
    for sign, advice in POSTGRES.items():
        if sign in cause:
            return StateError(name, f"{advice} ({cause})")
    return StateError(name, cause)


def sqlite_advice(cause: object) -> str:
    """Return the way out of what SQLite says; empty: none is known."""
    return next((advice for sign, advice in SQLITE.items() if sign in str(cause)), "")


def hide_password(url: str | URL) -> str:
    """Return the URL fit for a message."""
    try:
        shown = make_url(url).difference_update_query(SECRETS).render_as_string()
    except (ArgumentError, ValueError):
        return str(url).split("@")[-1].partition("?")[0]
    return shown.replace("postgresql+psycopg://", "postgresql://")
