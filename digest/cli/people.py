"""Finds the subscribers a person means by a name on the command line."""

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

import click

from digest.config.addresses import as_kept
from digest.config.schema import Config
from digest.models import Subscriber


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
