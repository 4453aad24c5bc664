"""A run on a copy of the database: everything happens, nothing is sent or remembered."""

from collections.abc import Callable, Sequence
from datetime import datetime

from digest.cli.letters import print_run
from digest.cli.passing import complaints, exit_code, tell_complaints
from digest.cli.people import tell_suppressed
from digest.cli.progress import show_progress
from digest.cli.run import who_is_due
from digest.cli.session import on_terminal
from digest.config.schema import Config
from digest.models import Subscriber
from digest.pipeline.run import Run, run_once
from digest.state.scratch import scratch_database


def rehearse(
    config: Config,
    people: Sequence[Subscriber],
    clock: Callable[[], datetime],
    *,
    as_json: bool,
    at_once: bool,
) -> int:
    """Show who would get what, and what would go wrong; return the exit code."""
    if silenced := tell_suppressed(config, people, clock()):
        people = [person for person in people if person.email not in silenced]
    with scratch_database(config.state) as database:
        with show_progress(on_terminal() and not as_json) as progress:
            run = Run(config, database, clock, on_source=progress.source)
            due = who_is_due(database, config, people, clock(), at_once=at_once)
            report = run_once(run, due, deliver=False)
        print_run(run, report, complaints(report), as_json=as_json)
        tell_complaints(report)
        return exit_code(report)
