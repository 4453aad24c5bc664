"""Finds where this machine notes which letters are on the wire (`digest.state.journal`)."""

import os
from hashlib import sha256
from pathlib import Path

from digest.state.database import Database


def journal_base(database: Database, spool: Path) -> Path | None:
    """Return the path beside which the journals of this machine's processes lie.

    That is the SQLite file; for a database on a server, which several machines may share, a file
    in the machine's own folder, named after the database. None: nothing can be written there.
    Letters that were on the wire when a process died are then settled when their lease runs out.

    Args:
        spool: this machine's own folder.
    """
    if database.is_file:
        return Path(f"{database.name}.wire")
    try:
        spool.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    name = sha256(database.name.encode()).hexdigest()[:12]
    return spool / f"digest-{name}.wire" if os.access(spool, os.W_OK) else None
