"""`digest preview`: today's letter as files, nothing sent or remembered."""

import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import say_wrong
from digest.cli.people import chosen_subscribers, read_everybody, tell_suppressed
from digest.cli.run import who_is_due
from digest.cli.session import clock_on, day_option, on_terminal, usual_options
from digest.config.schema import Config
from digest.errors import TemplateError
from digest.models import Edition, Subscriber
from digest.schedule import local_date

if TYPE_CHECKING:
    from digest.pipeline.run import Run

FRESH = timedelta(hours=6)  # papers collected so lately are not asked for again
LOOK_SECONDS = 0.5
PREVIEW_SECRET = bytes(32)  # links of a preview lead nowhere


@click.command("preview")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@usual_options
@click.option("--all", "everybody", is_flag=True, help="Every subscriber's letter.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
@click.option("--watch", is_flag=True, help="Make it again whenever a template changes.")
@day_option
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the files are written; else a new folder among the temporary files.",
)
def command(
    names: tuple[str, ...],
    config_path: Path | None,
    everybody: bool,
    open_browser: bool,
    watch: bool,
    day: date | None,
    folder: Path | None,
) -> None:
    """Write today's letter as files and a page that shows it at phone and desktop width.

    \b
    Examples:
      digest preview ada --open
      digest preview --all --folder letters/
      digest preview ada --open --watch     while you edit templates
    """
    config = read_everybody(config_path)
    if not (names or everybody) and len(config.subscribers) > 1:
        raise click.UsageError("Whose letter? Give a name or address, or --all.")
    people = chosen_subscribers(config, names)
    folder = (folder or Path(tempfile.mkdtemp(prefix="digest-preview-"))).absolute()
    clock = clock_on(day)
    tell_suppressed(config, people, clock())
    editions = list(todays_editions(config, people, clock))
    page = show_gallery(config, editions, folder, live=watch)
    click.echo(str(page))
    if open_browser:
        webbrowser.open(page.as_uri())
    if watch:
        watch_templates(config, editions, folder)


def todays_editions(
    config: Config, people: Sequence[Subscriber], clock: Callable[[], datetime]
) -> Iterator[Edition]:
    """Yield each person's letter of today: the one made already, or the one that would be made."""
    from digest.cli.progress import show_progress
    from digest.pipeline.run import Run
    from digest.state.scratch import scratch_database

    with scratch_database(config.state) as database:
        with show_progress(on_terminal()) as progress:
            run = Run(config, database, clock, on_source=progress.source)
            make_editions(run, people)
        outbox = run.outbox
        for person in people:
            today = local_date(person, clock())
            found = outbox.history(email=person.email, day=today, limit=1)
            edition = outbox.edition(found[0].id) if found else None
            if edition is None:
                click.echo(f"{person.email}: no letter today; a source is missing", err=True)
            else:
                yield edition


def make_editions(run: "Run", people: Sequence[Subscriber]) -> None:
    """Make the editions that are not there yet, on papers at most six hours old, and complain."""
    from digest.cli.passing import complaints
    from digest.pipeline.run import run_once

    now = run.clock()
    awake = [replace(person, paused_until=None) for person in people]  # a look is no letter
    due = who_is_due(run.database, run.config, awake, now, at_once=True)
    for line in complaints(run_once(run, due, collect=is_stale(run, now), deliver=False)):
        say_wrong(line)


def is_stale(run: "Run", now: datetime) -> bool:
    """Tell whether the sources are to be read again: long ago, or one of them not with success."""
    from digest.state.calendar import collected_at
    from digest.state.memories import SourceBook

    collected = collected_at(run.database)
    if collected is None or now - collected > FRESH:
        return True
    successes = {one.name: one.last_success for one in SourceBook(run.database).health()}
    lasts = (successes.get(source.name) for source in run.config.sources)
    return any(last is None or now - last > FRESH for last in lasts)


def show_gallery(
    config: Config, editions: Sequence[Edition], folder: Path, *, live: bool = False
) -> Path:
    """Write the letters and their page into the folder; return the page.

    Raises:
        TemplateError: a template is missing or malformed.
    """
    from digest.pipeline.printing import open_press, template_folders
    from digest.rendering.gallery import render_gallery

    press = open_press(config, PREVIEW_SECRET)
    letters = [press.compose(edition) for edition in editions]
    files = render_gallery(letters, folders=template_folders(config), live=live)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "index.html"


def watch_templates(config: Config, editions: Sequence[Edition], folder: Path) -> None:
    """Write the gallery again whenever a template has changed, until Ctrl-C."""
    click.echo("Watching the templates; Ctrl-C ends.", err=True)
    seen = last_change(config)
    while True:
        time.sleep(LOOK_SECONDS)
        if (now := last_change(config)) == seen:
            continue
        seen = now
        try:
            show_gallery(config, editions, folder, live=True)
        except TemplateError as error:
            say_wrong(str(error))


def last_change(config: Config) -> float:
    """Return when a template was last changed, in Unix seconds."""
    from digest.pipeline.printing import template_folders

    files = (path for folder in template_folders(config) for path in folder.rglob("*"))
    return max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)
