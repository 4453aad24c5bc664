"""`digest forget`: what is known of one address, shown and erased."""

import json
import os
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from digest.cli.session import open_state, read_config, usual_options
from digest.config.addresses import as_kept
from digest.errors import StateError, os_reason
from digest.state.roll import person_of


@click.command("forget")
@click.argument("address")
@usual_options
@click.option("--export", type=click.Path(path_type=Path), help="Write what is known here first.")
@click.option("--keep-suppression", is_flag=True, help="Stay unable to write to this address.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    address: str, config_path: Path | None, export: Path | None, keep_suppression: bool, yes: bool
) -> None:
    """Erase an address from the subscribers file, the database and the folder of letters.

    Letters, replies, papers they were told of, bounces and the suppression all go. Backups made
    before still hold them, and so does a folder that letters went into before it was changed.

    \b
    Examples:
      digest forget ada@example.org
      digest forget ada@example.org --export ada.json --yes
      digest forget spam@example.org --keep-suppression
    """
    from digest.pipeline.shelving import count_letters, forget_letters
    from digest.rendering.filters import plural
    from digest.state.erasing import erase, known_rows

    config, address = read_config(config_path), as_kept(address)
    if "@" not in address:
        raise click.UsageError(f"{address!r} is no address; `digest subscribers list` shows them.")
    person = person_of(config.subscribers, address)
    with closing(open_state(config, create=False)) as database:
        known = known_rows(database, address)
        if export is not None:
            write_export(export, {"subscriber": asdict(person) if person else None, **known})
        if not person and not known and not count_letters(config, address):
            click.echo(f"Nothing is known of {address}.", err=True)
            return
        if not yes:
            click.confirm(f"Erase {address} for good?", abort=True)
        kept = frozenset({"suppressions"}) if keep_suppression else frozenset[str]()
        with database.lock():
            if person:
                from digest.config.edit import remove_subscriber

                remove_subscriber(config.path, os.environ, address)
            count = erase(database, address, keep=kept)
            where = "the subscribers file and " if person else ""
            click.echo(f"erased {address} from {where}{count} rows of the database")
            if letters := forget_letters(config, address):
                told = f"{letters} {plural('letter', letters)}"
                click.echo(f"erased {told} from {config.delivery.folder}")


def str_or_list(value: object) -> object:
    """Return what JSON has no form for: days as a list, dates and times as text."""
    return sorted(value) if isinstance(value, frozenset) else str(value)


def write_export(path: Path, known: dict[str, object]) -> None:
    """Write what is known as JSON, for its owner alone to read.

    Raises:
        StateError: the file cannot be written.
    """
    try:
        if path.exists() and path.stat().st_size and not path.read_bytes().startswith(b"{"):
            raise StateError(str(path), "exists and is no export; name another file")
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            json.dump(known, file, ensure_ascii=False, indent=2, default=str_or_list)
    except OSError as error:
        raise StateError(str(path), f"cannot be written: {os_reason(error)}") from error
