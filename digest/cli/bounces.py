"""`digest bounces`: reads what came back and suppresses addresses that do not exist."""

from contextlib import closing
from pathlib import Path

import click

from digest.cli.output import print_json
from digest.cli.people import read_everybody
from digest.cli.session import json_option, open_state, usual_options, utc_now


@click.command("bounces")
@usual_options
@json_option
def command(config_path: Path | None, as_json: bool) -> None:
    """Read the bounce mailbox: hard bounces and complaints are suppressed, soft ones counted.

    So is who asks by mail for no more letters. `digest run` and `digest serve` do it before each
    pass. What was not understood is flagged in the mailbox and kept.

    \b
    Examples:
      digest bounces
      digest bounces --json
    """
    from digest.care.around import read_bounces

    config = read_everybody(config_path)
    if not config.delivery.bounce_mailbox:
        advice = (
            "write `bounce_mailbox: imaps://me@imap.example.org/INBOX`, or the path of a Maildir"
        )
        raise click.UsageError(f"No mailbox is configured; {advice}, below `delivery:`.")
    with closing(open_state(config, create=False)) as database:
        report = read_bounces(config, database, utc_now())
    counts = {str(kind): count for kind, count in report.counts.items()}
    suppressed = [entry.email for entry in report.suppressed]
    if as_json:
        print_json({"counts": counts, "suppressed": suppressed, "kept": report.kept})
        return
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    click.echo(told or "Nothing came back.")
    for address in suppressed:
        click.echo(f"suppressed {address}")
    if report.kept:
        click.echo(f"{report.kept} not understood, or about nobody known: flagged in the mailbox")
