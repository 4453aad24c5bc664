"""Changes subscribers in their YAML files: comments kept, tried out first, replaced atomically."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from digest.config import entries
from digest.config.loading import collector_paused, load_register
from digest.config.reading import decoded
from digest.config.subscribers import Place
from digest.errors import ConfigError, os_reason
from digest.files import write_whole

Environment = Mapping[str, str]


@contextmanager
def alone(config: Path) -> Iterator[None]:
    """Wait until no other command edits these files: each changes what the one before has left."""
    folder = os.open(config.resolve().parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a drive on which no folder can be locked
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def add_subscribers(config: Path, environ: Environment, new: Sequence[Mapping[str, Any]]) -> Path:
    """Add subscribers to the end of the first subscribers file, all or none; returns that file.

    Args:
        config: The path of digest.yaml.
        environ: Where `${VAR}` is looked up.
        new: The keys of each entry in YAML, such as {"email": ..., "interests": [...]}.

    Raises:
        ConfigError: The files are wrong already, or would be afterwards; nothing was written.
    """
    with alone(config):
        register = load_register(config, environ)[1]
        if not register.files:
            message = "there is no subscribers file to add to; name one under subscribers"
            raise ConfigError.of(config, message)
        path = register.files[0]
        return edited(config, environ, path, lambda text: entries.with_entries(text, new))


def remove_subscriber(config: Path, environ: Environment, email: str) -> Path:
    """Take one subscriber out; returns the file they stood in.

    Raises:
        ConfigError: Nobody has this address, or the files are wrong.
    """
    with alone(config):
        path, number, _ = place_of(config, environ, email)
        return edited(config, environ, path, lambda text: entries.without_entry(text, number))


def pause_subscriber(
    config: Path, environ: Environment, email: str, until: date | None = None
) -> Path:
    """Stop the letters of one subscriber until a local date, or until resumed; returns the file.

    Raises:
        ConfigError: Nobody has this address, or the files are wrong.
    """
    values: dict[str, str | None] = {"paused": "true", "paused_until": None}
    if until:
        values = {"paused": None, "paused_until": until.isoformat()}
    return set_values(config, environ, email, values)


def resume_subscriber(config: Path, environ: Environment, email: str) -> Path:
    """Let the letters of one subscriber come again, also where their group is paused.

    Raises:
        ConfigError: Nobody has this address, or the files are wrong.
    """
    path = set_values(config, environ, email, {"paused": None, "paused_until": None})
    settings, _ = load_register(config, environ)
    folded = email.casefold()
    person = next(s for s in settings.subscribers if s.email.casefold() == folded)
    if person.paused_until is not None:
        set_values(config, environ, email, {"paused": "false"})
    return path


def set_values(
    config: Path, environ: Environment, email: str, values: Mapping[str, str | None]
) -> Path:
    """Set keys of one subscriber's entry, or take them out where the value is None."""
    with alone(config):
        path, number, _ = place_of(config, environ, email)
        return edited(config, environ, path, lambda text: entries.with_values(text, number, values))


def place_of(config: Path, environ: Environment, email: str) -> Place:
    """Return where a subscriber stands, by their address as it is kept, in any case."""
    place = load_register(config, environ)[1].places.get(email.casefold())
    if place is None:  # another command has just taken them out
        raise ConfigError.of(config, f"there is no subscriber {email}")
    return place


def edited(config: Path, environ: Environment, path: Path, change: Callable[[str], str]) -> Path:
    """Change one file, after the whole configuration was read with the change in place."""
    before = decoded(path.read_bytes())
    try:
        with collector_paused():
            after = change(before)
    except entries.Uneditable as error:
        raise ConfigError.of(path, f"cannot be edited by a command: {error}") from None
    if after != before:
        load_register(config, environ, {path.resolve(): after})
        try:
            write_whole(path, after.encode())
        except OSError as error:  # it names the new file, of which nobody knows
            said = f"cannot be written, as a new one is made in {path.resolve().parent}"
            raise ConfigError.of(path, f"{said}: {os_reason(error)}") from error
    return path
