"""`digest suppress` and `digest unsuppress`: addresses that get no letters despite the YAML."""

import sys
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.output import print_json, print_table
from digest.cli.session import a_day, json_option, open_state, read_config, usual_options, utc_now
from digest.config.addresses import as_kept
from digest.config.csv_files import text_of

if TYPE_CHECKING:
    from digest.state.suppression import Suppressions

CSV = click.Path(path_type=Path, dir_okay=False)


@click.command("suppress")
@click.argument("addresses", nargs=-1)
@usual_options
@json_option
@click.option("--reason", default="operator", show_default=True, help="Why, for the list.")
@click.option("--until", type=a_day, metavar="YYYY-MM-DD", help="The day (UTC) it ends.")
@click.option("--import", "source", type=CSV, help="Add the addresses of a CSV file.")
@click.option("--export", is_flag=True, help="Print the list as CSV.")
def command(
    addresses: tuple[str, ...],
    config_path: Path | None,
    as_json: bool,
    reason: str,
    until: date | None,
    source: Path | None,
    export: bool,
) -> None:
    """Send no more letters to these addresses; without any, show who gets none and why.

    An unsubscription, a hard bounce or a complaint puts an address here by itself.

    \b
    Examples:
      digest suppress                                  the list
      digest suppress ada@example.org --reason "asked on the phone"
      digest suppress ada@example.org --until 2027-01-31
      digest suppress --import list.csv                with a column `email`
      digest suppress --export > list.csv
    """
    from digest.state.suppression import Suppression, Suppressions

    if until is not None and not addresses:
        raise click.UsageError("--until goes with an address: whose letters stop until then?")
    now, end = utc_now(), datetime.combine(until, time(), UTC) if until else None
    if end is not None and end <= now:
        raise click.UsageError(f"{end:%Y-%m-%d} is over; name a day to come.")
    for address in addresses:
        check_is_address(address)
    kept = [as_kept(address) for address in addresses]
    config = read_config(config_path)
    table = text_of(source) if source is not None else None
    adds = bool(addresses) or table is not None  # who only looks makes no database
    with closing(open_state(config, create=adds)) as database:
        listed = Suppressions(database)
        if table is not None:
            count = listed.import_csv(table, str(source), now, as_kept)
            click.echo(f"added {count} address{'' if count == 1 else 'es'}")
        listed.add([Suppression(one, reason, until=end) for one in kept], now)
        for address in addresses:
            click.echo(f"suppressed {address}")
        if export:
            listed.export_csv(sys.stdout)
        elif not adds:
            show(listed, as_json=as_json)


def check_is_address(text: str) -> None:
    """Refuse what is no address, such as a subscriber's name."""
    from digest.state.suppression import ADDRESS

    if not ADDRESS.fullmatch(text):
        where = "`digest subscribers list` shows everybody's"
        raise click.UsageError(f"{text!r} is no e-mail address; {where}.")


def show(listed: "Suppressions", *, as_json: bool) -> None:
    """Print the list."""
    entries = list(listed.all())
    if as_json:
        print_json(list(map(asdict, entries)))
        return
    if not entries:
        click.echo("Nobody is suppressed.")
        return
    cells = [
        (one.email, one.reason, str(one.at or "")[:10], str(one.until or "")[:10])
        for one in entries
    ]
    print_table(("Address", "Reason", "Since", "Until"), cells)


@click.command("unsuppress")
@click.argument("addresses", nargs=-1, required=True)
@usual_options
def unsuppress_command(addresses: tuple[str, ...], config_path: Path | None) -> None:
    """Let addresses have letters again; only with their owners' consent.

    \b
    Examples:
      digest unsuppress ada@example.org
    """
    from digest.state.suppression import Suppressions

    with closing(open_state(read_config(config_path), create=False)) as database:
        listed = Suppressions(database)
        for address in addresses:
            if "@" not in address:  # whatever is listed may be taken off, also what is refused now
                check_is_address(address)
        for address in addresses:
            known = [listed.remove(one) for one in {address, as_kept(address)}]
            click.echo(
                f"{address} {'may have letters again' if any(known) else 'was not suppressed'}"
            )
