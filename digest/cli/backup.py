"""`digest backup` and `digest restore`: a copy of the database, and back again."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import open_state, read_config, usual_options, utc_now
from digest.config.schema import Config
from digest.errors import StateError
from digest.state.glance import file_of

if TYPE_CHECKING:
    from digest.state.database import Database
    from digest.state.suppression import Suppression


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@usual_options
def command(target: Path | None, config_path: Path | None) -> None:
    """Copy the database to TARGET, a file or a folder; a run may be under way meanwhile.

    The copy holds the secret that unsubscribe links hang on: keep it where only you can read it.
    A database on a PostgreSQL server is copied by pg_dump, whose file ends in .dump.

    \b
    Examples:
      digest backup                       digest-2026-11-23.db in this folder
      digest backup /backups              the same in that folder
      digest backup /backups/monday.db    into that file, replacing it
    """
    from digest.state.backup import back_up

    config = read_config(config_path)
    ending = "db" if file_of(config.state) else "dump"
    path = file_for(target or Path(), utc_now(), ending)
    with closing(open_state(config, create=False)) as database:
        size = back_up(database, path)
    click.echo(f"{path} ({size / 1e6:.1f} MB)")


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@usual_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_command(source: Path, config_path: Path | None, yes: bool) -> None:
    """Put a backup in the place of the database; what is there now is kept beside it.

    On a PostgreSQL server only the tables of this program are replaced, all or none; what was there
    is kept beside the backup, as another one.

    Letters that went out since the backup are not in it: whoever is due again may get one twice.
    Whoever has unsubscribed, paused or been suppressed since stays so; bounces since then do not
    count.

    \b
    Examples:
      digest restore /backups/digest-2026-11-23.db
      digest restore /backups/monday.db --yes
    """
    from digest.state.backup import restore

    config = read_config(config_path)
    if not yes:
        click.confirm(f"Replace the database by {source}?", abort=True)
    left, new = who_left(config), list["Suppression"]()

    def amend(backup: "Database") -> None:
        new.extend(keep_away(backup, left))

    aside = restore(config.state, source, amend)
    kept = f"; the one from before is {aside}" if aside else ""
    click.echo(f"restored {source}{kept}")
    if new:
        click.echo(f"suppressed since then, and still so: {len(new)}")


def who_left(config: Config) -> list["Suppression"]:
    """Return who wants no letters, by their own word or an operator's, to whom readers write where
    there are no pages; nobody where the database cannot be read.

    One that a newer version wrote can be: a restore is the way back from it.
    """
    from digest.state.database import open_as_it_is
    from digest.state.suppression import BOUNCED, Suppressions

    try:
        with closing(open_as_it_is(config.state)) as database:
            listed = list(Suppressions(database).all())
    except StateError:
        return []
    now, bounced = utc_now(), BOUNCED.values()
    lasting = [one for one in listed if one.until is None or one.until > now]
    return [one for one in lasting if one.reason not in bounced]


def keep_away(backup: "Database", left: list["Suppression"]) -> list["Suppression"]:
    """Suppress those of whom a backup does not know that they have left; return them.

    One who had only paused then would have letters again when the pause is over, and one whose mail
    had come back when the address is mended.
    """
    from digest.state.suppression import Suppressions

    listed = Suppressions(backup)
    known = {one.email: one for one in listed.all()}
    listed.add(left, utc_now())
    return [one for one in listed.all() if known.get(one.email) != one]


def file_for(target: Path, now: datetime, ending: str) -> Path:
    """Return the file to write: in a folder, one named by the day.

    A name without an ending is a folder's, and is made where there is none.
    """
    if not target.suffix and not target.is_file():
        target.mkdir(parents=True, exist_ok=True)
    return target / f"digest-{now:%Y-%m-%d}.{ending}" if target.is_dir() else target
