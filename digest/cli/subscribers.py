"""`digest subscribers`: who gets a letter; edits the YAML, comments kept."""

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from digest.cli.output import print_json, print_table
from digest.cli.people import find_one
from digest.cli.session import config_option, json_option, read_config, utc_now, verbose_option
from digest.config import find_config
from digest.models import Subscriber
from digest.schedule import next_moment

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PATTERNS = {7: "daily", 0: "never"}
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("subscribers")
def command() -> None:
    """List, add, pause, resume and remove subscribers; the YAML's comments stay.

    \b
    Examples:
      digest subscribers list
      digest subscribers add ada@example.org --name Ada --keyword "KV cache"
      digest subscribers pause ada --until 2026-12-24
    """


@command.command("list")
@config_option
@verbose_option
@json_option
def show(config_path: Path | None, as_json: bool) -> None:
    """Show who gets a letter, when and about what."""
    people = read_config(config_path).subscribers
    now = utc_now()
    if as_json:
        print_json([as_row(person, now) for person in people])
        return
    headings = ("Address", "Name", "Days", "At", "Next (UTC)", "Interests")
    print_table(headings, [cells(person, now) for person in people])


def as_row(person: Subscriber, now: datetime) -> dict[str, Any]:
    """Return one subscriber as JSON shows them."""
    moment = next_moment(person, now)
    return {
        "email": person.email,
        "name": person.name,
        "days": [DAY_NAMES[day].lower() for day in sorted(person.days)],
        "send_at": f"{person.send_at:%H:%M}",
        "timezone": person.timezone,
        "papers": person.papers,
        "paused_until": person.paused_until.isoformat() if person.paused_until else None,
        "next": moment.isoformat() if moment else None,
        "interests": [interest.name for interest in person.interests],
    }


def cells(person: Subscriber, now: datetime) -> tuple[str, ...]:
    """Return one subscriber as a table shows them."""
    row = as_row(person, now)
    days = PATTERNS.get(len(person.days), " ".join(DAY_NAMES[day] for day in sorted(person.days)))
    moment = next_moment(person, now)
    upcoming = f"{moment:%Y-%m-%d %H:%M}" if moment else "paused"
    place = f"{row['send_at']} {person.timezone}"
    return person.email, person.name, days, place, upcoming, ", ".join(row["interests"])


@command.command("add")
@click.argument("email")
@config_option
@verbose_option
@click.option("--name", default="", help="How the letter greets them.")
@click.option("--keyword", "keywords", multiple=True, help="A topic; repeatable.")
@click.option("--like", "liked", multiple=True, help="A paper they liked: id, DOI or title.")
@click.option("--group", default="", help="A group of the YAML whose habits they take.")
def add(
    email: str,
    config_path: Path | None,
    name: str,
    keywords: tuple[str, ...],
    liked: tuple[str, ...],
    group: str,
) -> None:
    """Add one subscriber to the first subscribers file."""
    from digest.config.edit import add_subscriber

    interests: list[dict[str, Any]] = [{"keywords": [keyword]} for keyword in keywords]
    if liked:
        interests.append({"name": "Papers like these", "like": list(liked)})
    entry = {"email": email, "name": name, "group": group, "interests": interests}
    entry = {key: value for key, value in entry.items() if value}
    path = add_subscriber(where(config_path), os.environ, entry)
    click.echo(f"added {email} to {path}")


@command.command("pause")
@click.argument("name")
@config_option
@verbose_option
@click.option("--until", type=DAY, help="The local date of the next letter; else until resumed.")
def pause(name: str, config_path: Path | None, until: datetime | None) -> None:
    """Stop one subscriber's letters for a while."""
    from digest.config.edit import pause_subscriber

    person = find_one(read_config(config_path), name)
    day: date | None = until.date() if until else None
    path = pause_subscriber(where(config_path), os.environ, person.email, day)
    click.echo(f"paused {person.email} {f'until {day}' if day else 'until resumed'} in {path}")


@command.command("resume")
@click.argument("name")
@config_option
@verbose_option
def resume(name: str, config_path: Path | None) -> None:
    """Let a paused subscriber's letters come again."""
    from digest.config.edit import resume_subscriber

    person = find_one(read_config(config_path), name)
    path = resume_subscriber(where(config_path), os.environ, person.email)
    click.echo(f"resumed {person.email} in {path}")


@command.command("remove")
@click.argument("name")
@config_option
@verbose_option
def remove(name: str, config_path: Path | None) -> None:
    """Take one subscriber out of the YAML; letters under way are not sent."""
    from digest.config.edit import remove_subscriber

    person = find_one(read_config(config_path), name)
    path = remove_subscriber(where(config_path), os.environ, person.email)
    click.echo(f"removed {person.email} from {path}")


def where(config_path: Path | None) -> Path:
    """Return the path of digest.yaml."""
    return find_config(config_path, os.environ)


@command.command("import")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@config_option
@verbose_option
def bring_in(table: Path, config_path: Path | None) -> None:
    """Add everybody in a CSV table, all or none: email, name, interests (a; b), ..."""
    from digest.config.csv_files import import_csv

    added, known = import_csv(where(config_path), os.environ, table)
    click.echo(f"added {added}, {known} stood there already")


@command.command("export")
@config_option
@verbose_option
def take_out(config_path: Path | None) -> None:
    """Print everybody as a CSV table that `import` reads."""
    from digest.config.csv_files import csv_text

    click.echo(csv_text(read_config(config_path).subscribers), nl=False)
