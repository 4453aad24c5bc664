"""`digest demo`: the whole pipeline on sample papers, without network or account."""

import tempfile
from pathlib import Path

import click

from digest.cli.output import console
from digest.cli.session import json_option, on_terminal, utc_now, verbose_option


@click.command("demo")
@verbose_option
@json_option
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the letters are written; else a new folder among the temporary files.",
)
def command(as_json: bool, folder: Path | None) -> int:
    """Collect, rank and deliver sample papers to three sample subscribers.

    The feeds are served over HTTP and the letters go to a real SMTP server, both on this machine
    alone. The papers are real; their summaries were written for this demo.

    \b
    Examples:
      digest demo
      digest demo --folder letters     keep them in that folder
    """
    from digest.cli.letters import (
        letter_names,
        letter_rows,
        print_letters,
        print_sources,
        source_rows,
    )
    from digest.cli.output import print_json
    from digest.cli.passing import exit_code
    from digest.cli.progress import show_progress
    from digest.demo.play import play

    folder = (folder or Path(tempfile.mkdtemp(prefix="digest-demo-"))).absolute()
    with show_progress(on_terminal() and not as_json) as progress:
        played = play(folder, utc_now, progress.source)
    letters = list(letter_rows(played.run, letter_names(played.report)))
    for letter in letters:
        paths = played.files.get(letter["to"], {})
        letter.update({kind: str(path) for kind, path in paths.items()})
    played.run.database.close()
    if as_json:
        print_json({"sources": source_rows(played.report.sources), "letters": letters})
        return exit_code(played.report)
    console().print("Collected", style="bold")
    print_sources(played.report.sources)
    print_letters(letters)
    click.echo(NEXT.format(count=len(played.files), folder=folder))
    return exit_code(played.report)


NEXT = """
{count} letters were delivered over SMTP and lie in {folder}:
open an .html file in a browser, or an .eml file in a mail program.

Your own, in five minutes:
  digest init        three questions, then a configuration that works
  digest preview     today's letter in the browser, nothing sent
  digest run         collect, rank and deliver: the line for cron"""
