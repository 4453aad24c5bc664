"""`digest doctor`: looks over everything that a run needs, and says how to mend it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from digest.cli import EXIT_FAILED, EXIT_USAGE
from digest.cli.output import BAD, GOOD, LEFT_OUT, ODD, console, print_json
from digest.cli.people import with_everybody
from digest.cli.session import json_option, open_state, read_config, usual_options, utc_now
from digest.cli.suppress import check_is_address
from digest.config.schema import Config
from digest.doctor.findings import Finding, Health, bad
from digest.doctor.tools import Tools
from digest.errors import ConfigError, StateError
from digest.state.glance import file_of

MARKS = {Health.GOOD: GOOD, Health.NOTE: ODD, Health.BAD: BAD, Health.SKIPPED: LEFT_OUT}
CONFIG_ADVICE = "`digest check` shows it again; config/digest.example.yaml is right"


@click.command("doctor")
@usual_options
@json_option
@click.option("--offline", is_flag=True, help="Look at this machine only.")
@click.option("--send-to", metavar="ADDRESS", help="Send a real test letter there.")
@click.option(
    "--arrives-in",
    default="",
    metavar="MAILBOX",
    help="And wait for it: a Maildir, or imaps://user@host/INBOX with `bounce_password`.",
)
def command(
    config_path: Path | None, as_json: bool, offline: bool, send_to: str | None, arrives_in: str
) -> int:
    """Look over configuration, database, disk, clock, every source, the relay and the DNS.

    Each line says what was looked at, how it is and, where something is wrong, how to mend it.

    \b
    Examples:
      digest doctor
      digest doctor --offline                 no network
      digest doctor --send-to me@example.org  and a real letter, as subscribers get it

    Exit codes: 0 nothing is bad, 2 wrong configuration, 3 something is bad.
    """
    if send_to is not None:  # also where a script's variable was empty
        check_is_address(send_to)
    try:
        config = read_config(config_path)
    except ConfigError as error:
        tell([bad("configuration", str(one), CONFIG_ADVICE) for one in error.problems], as_json)
        return EXIT_USAGE
    found = tell(findings(config, offline, send_to, arrives_in), as_json)
    return EXIT_FAILED if any(one.health is Health.BAD for one in found) else 0


def findings(
    config: Config, offline: bool, send_to: str | None, arrives_in: str
) -> Iterator[Finding]:
    """Yield everything that was found."""
    from digest.doctor.examining import examine
    from digest.doctor.machine import way_out

    told = None
    try:
        config = with_everybody(config)
    except StateError as error:
        told = bad("database", str(error), way_out(file_of(config.state)))
        yield told
    tools = Tools(utc_now(), offline=offline)
    yield from (found for found in examine(config, tools) if found != told)
    yield from past_troubles(config)
    if send_to:
        from digest.doctor.trial import try_letter

        yield from try_letter(config, send_to, arrives_in, tools)


def past_troubles(config: Config) -> Iterator[Finding]:
    """Yield what `digest status` calls wrong."""
    from digest.care.wording import complaints
    from digest.state.status import read_status

    now = utc_now()
    try:
        with closing(open_state(config, create=False)) as database:
            wrong = complaints(read_status(database, now, config.source_names), now)
    except StateError:
        return  # told already, by the check of the database
    for complaint in wrong:
        mend = "" if "`digest doctor`" in complaint.mend else complaint.mend  # this is it
        yield Finding("history", Health.NOTE, complaint.what, mend)


def tell(found: Iterator[Finding] | list[Finding], as_json: bool) -> list[Finding]:
    """Print findings as they come, or as JSON at the end; return them."""
    kept = []
    for finding in found:
        kept.append(finding)
        if not as_json:
            show(finding)
    if as_json:
        print_json(list(map(asdict, kept)))
    return kept


def show(finding: Finding) -> None:
    """Print one finding for a person."""
    mark, style = MARKS[finding.health]
    out = console()
    out.print(f"{mark} {finding.subject}: {finding.text}", style=style, markup=False)
    if finding.mend:
        out.print(f"    {finding.mend}", markup=False)
