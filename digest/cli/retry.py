"""`digest retry`: failed, deferred or uncertain letters again."""

from contextlib import closing
from functools import partial
from pathlib import Path

import click

from digest.cli.output import NOTHING_DONE, print_json
from digest.cli.people import find_one, read_everybody
from digest.cli.session import json_option, open_state, usual_options, utc_now
from digest.models import Outcome

HELD = "the address is suppressed; `digest suppress` shows why, `digest unsuppress` lifts it"


@click.command("retry")
@click.argument("name", required=False)
@usual_options
@json_option
@click.option("--failed", is_flag=True, help="Letters that were refused or that expired.")
@click.option("--deferred", is_flag=True, help="Letters waiting for their next try: do not wait.")
@click.option("--uncertain", is_flag=True, help="Letters whose fate is unknown: may come twice.")
def command(
    name: str | None,
    config_path: Path | None,
    as_json: bool,
    failed: bool,
    deferred: bool,
    uncertain: bool,
) -> int:
    """Send failed, deferred or uncertain letters again, as they were.

    They are the same bytes as long as templates and version are the same.

    A domain that has refused our letters is tried again, too, and suppressed addresses are not.
    Other letters whose time has come, which `digest run` would send, go out with them.

    \b
    Examples:
      digest retry --failed
      digest retry --uncertain ada@example.org
    """
    asked = {Outcome.FAILED: failed, Outcome.DEFERRED: deferred, Outcome.UNCERTAIN: uncertain}
    outcomes = [outcome for outcome, flag in asked.items() if flag]
    if not outcomes:
        raise click.UsageError("Say which: --failed, --deferred or --uncertain.")
    config = read_everybody(config_path)
    email = find_one(config, name).email if name else None
    with closing(open_state(config, create=False)) as database, database.lock():
        from digest.cli.passing import run_and_tell
        from digest.state.ledger import Ledger
        from digest.state.throttle import open_domains

        ledger = Ledger(database)
        lifetime = config.delivery.max_lateness
        requeue = partial(ledger.requeue, now=utc_now(), email=email, lifetime=lifetime)
        count = sum(map(requeue, outcomes))
        held = sum(ledger.count(outcome, email=email) for outcome in outcomes)
        if held:
            click.echo(f"{held} not sent: {HELD}", err=True)
        if not count:
            planned = ledger.count(Outcome.PLANNED)
            hint = f" {planned} planned: `digest run` sends them." if planned else ""
            click.echo(f"There are no{' other' if held else ''} such letters.{hint}", err=True)
            if as_json:
                print_json(NOTHING_DONE)
            return 0
        open_domains(database)
        told = {"as_json": as_json, "collect": False, "by_hand": True}
        return run_and_tell(config, database, (), utc_now, **told)
