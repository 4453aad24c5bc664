"""`digest init`: writes a first configuration for one person."""

from functools import partial
from pathlib import Path
from shlex import quote
from zoneinfo import available_timezones

import click
from tzlocal import get_localzone_name

from digest.config.addresses import check_sender
from digest.config.finding import NAME
from digest.config.init import Answers, split_topics, starting_paths, write_starting_files
from digest.config.topics import DEFAULT_CLASSES, classes_for

LOOKED_IN = (Path("config"), Path())  # by every command
prompt = partial(click.prompt, prompt_suffix=" ")  # our questions bring their own mark


@click.command("init")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("config"),
    show_default=True,
    help="Where digest.yaml and subscribers.yaml are written.",
)
@click.option("--email", help="Where the letter goes.")
@click.option("--name", help="How the letter greets you.")
@click.option("--topics", help="What you look for, separated by commas.")
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults for what is not given.")
def command(
    folder: Path, email: str | None, name: str | None, topics: str | None, yes: bool
) -> None:
    """Write a commented configuration, asking three questions or none.

    \b
    Examples:
      digest init
      digest init --yes --email ada@example.org --topics "KV cache, protein design"
    """
    starting_paths(folder)  # before anything is asked
    given = (email, name, topics)
    answers = fill_in(*given) if yes else ask(*given)
    for path in write_starting_files(folder, answers):
        click.echo(f"wrote {path}")
    called = "digest" if folder in LOOKED_IN else f"digest -c {quote(str(folder / NAME))}"
    sources = "Papers come from arXiv and Hugging Face; other sources go"
    if not classes_for(answers.topics):
        sources = f"No arXiv class known here fits, so {DEFAULT_CLASSES[0]} stands there; yours go"
    preview, run = f"{called} preview {answers.email} --open", f"{called} run"
    click.echo(f"""
Next:
  {preview}    see today's letter, nothing is sent
  {run.ljust(len(preview))}    collect, rank and deliver
{sources} below `sources:` in {folder}/{NAME}.
Letters go to {folder / "outbox"} as files until you name a mail server in {folder}/digest.yaml.""")


def fill_in(email: str | None, name: str | None, topics: str | None) -> Answers:
    """Return the answers given, defaults for the others."""
    plain = Answers()
    return Answers(
        email=email or plain.email,
        name=name or plain.name,
        topics=split_topics(topics or "") or plain.topics,
        timezone=local_timezone(),
    )


def ask(email: str | None, name: str | None, topics: str | None) -> Answers:
    """Ask for what was not given on the command line."""
    plain = Answers()
    return fill_in(
        email or prompt("Where should the letter go (e-mail address)?", value_proc=an_address),
        name if name is not None else prompt("Your name?", default="", show_default=False),
        topics
        or prompt(
            "What do you look for? Topics, separated by commas", default=", ".join(plain.topics)
        ),
    )


def an_address(text: str) -> str:
    """Take an answer as an address; a wrong one is asked for again."""
    try:
        return check_sender(text.strip())  # letters come from there, too
    except ValueError as error:
        raise click.UsageError(f"{text!r} {error}") from error


def local_timezone() -> str:
    """Return this machine's time zone, UTC where the system does not say."""
    name = get_localzone_name()
    return name if name in available_timezones() else "UTC"
