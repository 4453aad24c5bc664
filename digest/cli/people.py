"""Who gets letters: the people of the YAML and of the database together, found by their names."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path

import click

from digest.cli.session import read_config
from digest.config.addresses import as_kept
from digest.config.schema import Config
from digest.models import Subscriber
from digest.schedule import due_editions, next_moment
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


def find_subscribers(config: Config, wanted: str) -> list[Subscriber]:
    """Return whoever has that address or name; else whose address or name begins with it.

    Raises:
        click.UsageError: nobody has; the message says who was probably meant.
    """
    key = folded(as_kept(wanted))
    for fits in (str.__eq__, str.startswith):
        found = [
            person
            for person in config.subscribers
            if any(fits(word, key) for word in (folded(person.email), folded(person.name)))
        ]
        if found:
            return found
    known = [word for person in config.subscribers for word in (person.email, person.name) if word]
    close = get_close_matches(wanted, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else " `digest subscribers list` shows all."
    raise click.UsageError(f"There is no subscriber {wanted!r}.{hint}")


def folded(word: str) -> str:
    """Return a word without case and accents, for comparing."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def find_one(config: Config, wanted: str) -> Subscriber:
    """Return the one subscriber of that address or name.

    Raises:
        click.UsageError: nobody, or more than one, goes by it.
    """
    found = find_subscribers(config, wanted)
    if len(found) > 1:
        addresses = ", ".join(person.email for person in found)
        raise click.UsageError(f"{wanted!r} may be any of {addresses}; name the address.")
    return found[0]


def chosen_subscribers(config: Config, names: Sequence[str]) -> Sequence[Subscriber]:
    """Return everybody, or only those named, each once."""
    if not names:
        return config.subscribers
    found = [person for name in names for person in find_subscribers(config, name)]
    return tuple(dict.fromkeys(found))


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


def next_letters(config: Config, now: datetime) -> Iterator[tuple[Subscriber, datetime | None]]:
    """Yield everybody with when (UTC) their next letter is due; looks only.

    It is `now` for whoever gets one by the next run, None for whoever has paused for good.

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
    found = due_editions(config.subscribers, now, last_dates=lasts, max_lateness=lateness)
    due = {one.subscriber.email for one in found}
    for person in config.subscribers:
        yield person, now if person.email in due else next_moment(person, now)
