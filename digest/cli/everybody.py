"""Joins the subscribers of the YAML with those who live in the database."""

from pathlib import Path

from digest.cli.session import read_config
from digest.config.schema import Config
from digest.models import Subscriber
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
    known = addresses(config)
    return [person for person in read_roll(config.state) if person.email.casefold() in known]


def addresses(config: Config) -> set[str]:
    """Return the addresses of a configuration, casefolded."""
    return {email.casefold() for email in emails_of(config.subscribers)}
