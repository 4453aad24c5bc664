"""Looks at this machine: the database, the disk, the clock, who may read the secrets."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from stat import S_IRWXG, S_IRWXO

from digest.config.schema import Config
from digest.doctor.findings import Finding, bad, good, note
from digest.doctor.tools import Tools
from digest.errors import StateError
from digest.state.database import Database, open_database
from digest.state.dumping import INSTALL
from digest.state.glance import file_of
from digest.state.runs import last_runs
from digest.state.status import integrity_problem

LEAST_BYTES = 200_000_000  # a run's write-ahead log and a copy of a small database
EASY_BYTES = 1_000_000_000
CLOCK_SLACK = timedelta(minutes=10)
OTHERS = S_IRWXG | S_IRWXO
LET_WRITE = "let the user who runs this write (chown, chmod):"


def check_machine(config: Config, tools: Tools) -> Iterator[Finding]:
    """Yield what is found on this machine, without any network."""
    yield from check_database(config, tools)
    yield check_disk(config, tools)
    yield check_clock(config, tools)
    yield from check_secrets(config)
    yield from check_folder(config)


def check_database(config: Config, tools: Tools) -> Iterator[Finding]:
    """Open the database and look whether it is whole."""
    path = file_of(config.state)
    if path is not None and not path.exists():
        yield check_new_place(path)
        return
    try:
        with closing(open_database(config.state, create=False)) as database:
            problem = integrity_problem(database)
            yield check_runs(database, tools)
    except StateError as error:
        yield bad("database", str(error), way_out(path))
        return
    barred = next(unwritable(path), None) if path is not None else None
    if barred is not None:
        yield bad("database", f"{barred} is not writable", f"{LET_WRITE} {barred}")
    elif problem:
        advice = "stop the daemon, then `digest restore` the newest backup"
        yield bad("database", f"is damaged: {problem}", advice)
    else:
        yield good("database", f"opens and is whole ({path or 'on its server'})")
    if path is None and shutil.which("pg_dump") is None:
        yield note("backup", "pg_dump is not installed; `digest backup` needs it", INSTALL)


def unwritable(path: Path) -> Iterator[Path]:
    """Yield what this user may not write of an SQLite file and what lies beside it."""
    for file in (path, *(Path(f"{path}{ending}") for ending in ("-wal", "-shm"))):
        try:
            file.open("r+b").close()
        except FileNotFoundError:
            continue
        except OSError:
            yield file
    if not may_write(path.parent):
        yield path.parent


def check_folder(config: Config) -> Iterator[Finding]:
    """Look whether letters can be written into their folder."""
    folder = config.delivery.folder
    if folder is None:
        return
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if may_write(place):
        yield good("letters", f"can be written into {folder}")
    else:
        yield bad("letters", f"{place} is not writable", f"{LET_WRITE} {place}")


def check_new_place(path: Path) -> Finding:
    """Look whether a database could be made where there is none yet."""
    folder = next(parent for parent in path.parents if parent.exists())
    if folder.is_dir() and may_write(folder):
        return note("database", f"{path} does not exist yet", "`digest run` makes it")
    advice = f"let this user write there (chown, chmod), or name another `state:` than {path}"
    return bad("database", f"cannot be made: {folder} is not writable", advice)


def check_runs(database: Database, tools: Tools) -> Finding:
    """Look whether the newest run lies in the past."""
    runs = last_runs(database, 1)
    if runs and runs[0].started > tools.now + CLOCK_SLACK:
        return bad(
            "clock",
            f"the last run began in the future ({runs[0].started:%Y-%m-%d %H:%M} UTC)",
            "set the clock (`timedatectl set-ntp true`); the editions made since stay made",
        )
    return good(
        "runs", f"the last one began {runs[0].started:%Y-%m-%d %H:%M} UTC" if runs else "none"
    )


def way_out(path: Path | None) -> str:
    """Say what to do about a database that cannot be opened."""
    if path is None:
        return "look whether its server runs and whether `state:` in digest.yaml names it rightly"
    barred = next(unwritable(path), None)
    if barred is not None:
        return f"{LET_WRITE} {barred}"
    advice = "where it is damaged, `digest restore` puts a backup in its place"
    return f"look whether the disk is full and the file is readable; {advice}"


def check_disk(config: Config, tools: Tools) -> Finding:
    """Look for room where the database, or else the configuration, lies."""
    place = file_of(config.state) or config.path
    folder = next(parent for parent in place.parents if parent.exists())
    free = tools.free_bytes(folder)
    told = f"{free / 1e9:.1f} GB free in {folder}"
    advice = "make room, or lower `keep_days`; a full disk stops runs but loses no letter"
    if free < LEAST_BYTES:
        return bad("disk", told, advice)
    return good("disk", told) if free >= EASY_BYTES else note("disk", told, advice)


def check_clock(config: Config, tools: Tools) -> Finding:
    """Look whether the clock stands before files that are already there."""
    newest = max(path.stat().st_mtime for path in (config.path, Path(__file__)))
    if newest > tools.now.timestamp() + CLOCK_SLACK.total_seconds():
        told = f"it is {tools.now:%Y-%m-%d %H:%M} UTC here, before {config.path.name} was written"
        return bad("clock", told, "set the clock (`timedatectl set-ntp true`)")
    return good("clock", f"{tools.now:%Y-%m-%d %H:%M} UTC")


def check_secrets(config: Config) -> Iterator[Finding]:
    """Look whether others on this machine may read what should be secret."""
    delivery = config.delivery
    files = [relay.password_file for relay in delivery.smtp]
    files += [delivery.dkim.key_file if delivery.dkim else None, delivery.bounce_password_file]
    for path in dict.fromkeys(path for path in files if path is not None):
        if path.stat().st_mode & OTHERS:
            yield bad("secrets", f"others may read {path}", f"chmod 600 {path}")
        else:
            yield good("secrets", f"{path} is for its owner alone")
    database = file_of(config.state)
    if database is not None and database.exists() and database.stat().st_mode & S_IRWXO:
        yield note("secrets", f"everybody may read {database}", f"chmod o= {database}")


def may_write(folder: Path) -> bool:
    """Tell whether a file can be made in a folder, by making one."""
    probe = folder / ".digest-doctor"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True
