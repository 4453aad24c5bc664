"""`digest subscribers`: who gets a letter; edits the YAML, comments kept, and the database."""

import os
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from digest.cli.output import print_json, print_table
from digest.cli.people import (
    find_one,
    next_letters,
    read_everybody,
    suppressed,
    tell_suppressed,
    with_everybody,
)
from digest.cli.session import a_day, json_option, open_state, read_config, usual_options, utc_now
from digest.config import find_config
from digest.config.fields import DAYS
from digest.config.schema import Config
from digest.errors import ConfigError, StateError
from digest.models import Subscriber
from digest.state.roll import emails_of, person_of, read_roll

MOST_IN_YAML = 2_000  # people of one imported table; more are nobody's reading


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
@usual_options
@json_option
def show(config_path: Path | None, as_json: bool) -> None:
    """Show who gets a letter, when and about what.

    \b
    Examples:
      digest subscribers list
      digest subscribers list --json
    """
    config, now = read_config(config_path), utc_now()
    written = len(config.subscribers)  # they come first
    everybody = with_everybody(config)
    reasons = suppressed(everybody, emails_of(everybody.subscribers), now)
    people = [
        (person, moment, reasons.get(person.email), "YAML" if at < written else "database")
        for at, (person, moment) in enumerate(next_letters(everybody, now))
    ]
    if as_json:
        rows = [(as_row(one, moment, why), home) for one, moment, why, home in people]
        print_json([{**row, "lives": home.lower()} for row, home in rows])
        return
    headings = ("Address", "Name", "Days", "At", "Next (UTC)", "Interests", "Lives in")
    rows_of_cells = [(*cells(one, when, why, now), home) for one, when, why, home in people]
    print_table(headings, rows_of_cells)


def as_row(person: Subscriber, moment: datetime | None, reason: str | None) -> dict[str, Any]:
    """Return one subscriber as JSON shows them.

    Args:
        moment: of the next letter; None: paused for good.
        reason: why the address is suppressed; None: it is not.
    """
    moment = None if reason else moment
    return {
        "email": person.email,
        "name": person.name,
        "days": [DAYS[day] for day in sorted(person.days)],
        "send_at": f"{person.send_at:%H:%M}",
        "timezone": person.timezone,
        "papers": person.papers,
        "paused_until": person.paused_until,
        "next": moment,
        "suppressed": reason,
        "interests": [interest.name for interest in person.interests],
    }


def cells(
    person: Subscriber, moment: datetime | None, reason: str | None, now: datetime
) -> tuple[str, ...]:
    """Return one subscriber as a table shows them."""
    names = " ".join(DAYS[day].title() for day in sorted(person.days))
    days = "daily" if len(person.days) == len(DAYS) else names
    upcoming = f"{moment:%Y-%m-%d %H:%M}" if moment else "paused"
    if moment == now:
        upcoming = "by the next run"
    if reason:
        upcoming = f"suppressed: {reason}"
    at = f"{person.send_at:%H:%M} {person.timezone}"
    topics = ", ".join(interest.name for interest in person.interests)
    return person.email, person.name, days, at, upcoming, topics


@command.command("add")
@click.argument("email")
@usual_options
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
    """Add one subscriber to the first subscribers file.

    \b
    Examples:
      digest subscribers add ada@example.org --name Ada --keyword "KV cache"
      digest subscribers add ben@example.org --like arxiv:2205.14135 --like arxiv:1706.03762
      digest subscribers add cleo@example.org --group students
    """
    from digest.config.edit import add_subscribers

    interests: list[dict[str, Any]] = [{"keywords": [keyword]} for keyword in keywords]
    if liked:
        interests.append({"name": "Papers like these", "like": list(liked)})
    entry = {"email": email, "name": name, "group": group, "interests": interests}
    entry = {key: value for key, value in entry.items() if value}
    try:
        path = add_subscribers(where(config_path), os.environ, [entry])
    except ConfigError as error:
        lacking = "has no interests" in str(error)
        wish = " --keyword, --like or --group says what they look for" if lacking else f"\n{error}"
        raise click.UsageError(f"{email} was not added:{wish}") from error
    click.echo(f"added {email} to {path}")
    if why := suppressed(read_config(config_path), [email], utc_now()).get(email):
        again = f"`digest unsuppress {email}`, with their consent, lets letters come"
        click.echo(f"but no letter goes there: suppressed ({why}); {again}", err=True)


@command.command("pause")
@click.argument("name")
@usual_options
@click.option(
    "--until",
    type=a_day,
    metavar="YYYY-MM-DD",
    help="The local date of the next letter; else until resumed.",
)
def pause(name: str, config_path: Path | None, until: date | None) -> None:
    """Stop one subscriber's letters for a while.

    \b
    Examples:
      digest subscribers pause ada                       until `resume`
      digest subscribers pause ada --until 2026-12-24    the next letter comes that day
    """
    from digest.config.edit import pause_subscriber

    if until and until <= utc_now().date():
        raise click.UsageError(f"{until} is over; name a day to come.")
    config = read_config(config_path)
    person = find_one(with_everybody(config), name)
    if stands_in(config, person):
        place = str(pause_subscriber(where(config_path), os.environ, person.email, until))
    else:
        place = rewrite(config, replace(person, paused_until=until or date.max))
    click.echo(f"paused {person.email} {f'until {until}' if until else 'until resumed'} in {place}")
    tell_run_under_way(config, person)


@command.command("resume")
@click.argument("name")
@usual_options
def resume(name: str, config_path: Path | None) -> None:
    """Let a paused subscriber's letters come again. Their own page may have paused them.

    \b
    Examples:
      digest subscribers resume ada
    """
    from digest.config.edit import resume_subscriber

    config = read_config(config_path)
    person = find_one(with_everybody(config), name)
    ended = end_own_pause(config, person)
    if person.paused_until is None:
        told = f"resumed {person.email}" if ended else f"{person.email} was not paused"
        click.echo(told)
    else:
        if stands_in(config, person):
            place = str(resume_subscriber(where(config_path), os.environ, person.email))
        else:
            place = rewrite(config, replace(person, paused_until=None))
        click.echo(f"resumed {person.email} in {place}")
    tell_suppressed(config, [person], utc_now())


@command.command("remove")
@click.argument("name")
@usual_options
def remove(name: str, config_path: Path | None) -> None:
    """Take one subscriber out of YAML and database. Letters that wait for a run are not sent.

    What is known of them stays: `digest forget` erases that too.

    \b
    Examples:
      digest subscribers remove ada@example.org
    """
    from digest.config.edit import remove_subscriber

    config = read_config(config_path)
    person = find_one(with_everybody(config), name)
    places = []
    if stands_in(config, person):
        places.append(str(remove_subscriber(where(config_path), os.environ, person.email)))
    places += take_from_database(config, person)  # whose row would count now
    click.echo(f"removed {person.email} from {' and '.join(places)}")
    tell_run_under_way(config, person)


def tell_run_under_way(config: Config, person: Subscriber) -> None:
    """Say that a run which has begun goes by whom it found, and heeds suppressions alone."""
    try:
        with closing(open_state(config, create=False)) as database:
            is_locked = database.is_locked
    except StateError:  # there is none yet, or its fault is for other commands to tell
        return
    if is_locked:
        hint = f"`digest suppress {person.email}` holds it back, if it is not on its way"
        click.echo(f"a run is under way and may still send today's letter; {hint}", err=True)


def stands_in(config: Config, person: Subscriber) -> bool:
    """Tell whether the YAML, as `config` was read from it, names somebody."""
    return person_of(config.subscribers, person.email) is not None


def end_own_pause(config: Config, person: Subscriber) -> bool:
    """End the pause that somebody began by their page; tell whether there was one."""
    from digest.state.suppression import PAUSED, Suppressions

    if suppressed(config, [person.email], utc_now()).get(person.email) != PAUSED:
        return False
    with closing(open_state(config, create=False)) as database:
        return Suppressions(database).remove(person.email)


def rewrite(config: Config, person: Subscriber) -> str:
    """Replace what the database keeps of somebody; return its name."""
    from digest.state.subscribers import change_person

    with closing(open_state(config, create=False)) as database:
        change_person(database, person, utc_now())
        return database.name


def take_from_database(config: Config, person: Subscriber) -> list[str]:
    """Remove somebody from the database; return its name where they were there."""
    wanted = person.email.casefold()
    known = [one.email for one in read_roll(config.state) if one.email.casefold() == wanted]
    if not known:
        return []
    from digest.state.subscribers import remove_person

    with closing(open_state(config, create=False)) as database:
        for email in known:
            remove_person(database, email)
        return [database.name]


def where(config_path: Path | None) -> Path:
    """Return the path of digest.yaml."""
    return find_config(config_path, os.environ)


@command.command("import")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@usual_options
@click.option("--to-database", is_flag=True, help="Keep them in the database, not in the YAML.")
def bring_in(table: Path, config_path: Path | None, to_database: bool) -> None:
    """Add everybody in a CSV table, all or none. Columns: email, name, interests (a; b), ...

    Past some thousands they belong in the database; with the defaults and groups of now.

    \b
    Examples:
      digest subscribers import people.csv
      digest subscribers import people.csv --to-database
    """
    from digest.config.csv_files import people_of_csv
    from digest.config.edit import add_subscribers

    config = read_config(config_path)
    people, entries, known = people_of_csv(config.path, os.environ, table)
    added, count = len(people), len(people) + known
    if to_database:
        from digest.state.subscribers import add_people

        with closing(open_state(config)) as database:
            added = add_people(database, people, utc_now())
    elif count > MOST_IN_YAML:
        reason = f"{table} holds {count:,} people, too many for a file that somebody reads"
        raise click.UsageError(f"{reason}; `--to-database` keeps them in the database.")
    elif entries:
        add_subscribers(config.path, os.environ, entries)
    click.echo(f"added {added}, {count - added} stood there already")


@command.command("export")
@usual_options
def take_out(config_path: Path | None) -> None:
    """Print everybody as a CSV table that `import` reads.

    It holds the keywords of interests; what else they say stays in the YAML.

    \b
    Examples:
      digest subscribers export > people.csv
    """
    from digest.config.csv_files import csv_text, says_more

    people = read_everybody(config_path).subscribers
    click.echo(csv_text(people), nl=False)
    if lost := sum(any(map(says_more, person.interests)) for person in people):
        reason = "likes, authors, weights and the like have no place in a table"
        click.echo(f"note: of {lost} subscribers only keywords were written; {reason}", err=True)
