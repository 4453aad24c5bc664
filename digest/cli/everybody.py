"""Joins the subscribers of the YAML with those who live in the database."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import click

from digest.cli.session import read_config
from digest.config.schema import Config
from digest.models import Subscriber
from digest.schedule import due_editions
from digest.state.roll import emails_of, read_roll


def read_everybody(path: Path | None) -> Config:
    """Load the configuration with everybody in it.

    Raises:
        ConfigError: as for `read_config`.
        StateError: the database cannot be read.
    """
    return with_everybody(read_config(path))


def with_everybody(config: Config) -> Config:
    """Return the configuration with the people of its database after those of the YAML.

    Where an address stands in both, in any case of letters, the YAML wins.

    Raises:
        StateError: the database cannot be read.
    """
    kept = read_roll(config.state)
    if not kept:
        return config
    return config.model_copy(update={"subscribers": kept.after(config.subscribers)})


def told_twice(config: Config) -> list[Subscriber]:
    """Return whoever stands in the YAML, as `config` was read from it, and in the database too."""
    known = {email.casefold() for email in emails_of(config.subscribers)}
    return [person for person in read_roll(config.state) if person.email.casefold() in known]


def suppressed(config: Config, emails: Iterable[str], now: datetime) -> dict[str, str]:
    """Return address -> why it gets no letters, of those that get none; {} without a database.

    Raises:
        StateError: it cannot be read.
    """
    from digest.state.database import existing_database
    from digest.state.suppression import Suppressions

    database = existing_database(config.state)
    if database is None:
        return {}
    with closing(database):
        return Suppressions(database).active(list(emails), now)


def tell_suppressed(config: Config, people: Sequence[Subscriber], now: datetime) -> set[str]:
    """Say which of these people get no letter, and why; return their addresses.

    Raises:
        StateError: the database cannot be read.
    """
    silenced = suppressed(config, emails_of(people), now)
    for email, reason in silenced.items():
        click.echo(f"{email} gets no letter: suppressed ({reason})", err=True)
    return set(silenced)


def due_addresses(config: Config, now: datetime) -> set[str]:
    """Return who gets a letter by the next run, whenever it comes; looks only.

    Raises:
        StateError: the database cannot be read.
    """
    from digest.state.calendar import last_dates
    from digest.state.database import existing_database

    lasts: dict[str, date] = {}
    if (database := existing_database(config.state)) is not None:
        with closing(database):
            lasts = last_dates(database, list(emails_of(config.subscribers)))
    lateness = config.delivery.max_lateness
    due = due_editions(config.subscribers, now, last_dates=lasts, max_lateness=lateness)
    return {one.subscriber.email for one in due}
