"""Every error speaks in a sentence that names its subject."""

import os
from errno import EACCES, EEXIST, ENOENT, ENOSPC, EROFS
from pathlib import Path

import pytest

from digest import errors
from digest.cli import reason_of
from digest.ranking.minilm import ModelError

EXAMPLES = {
    errors.DigestError: ("all broke",),
    errors.ConfigError: ((errors.Problem(Path("a.yaml"), 3, 5, "papers", "must be a number"),),),
    errors.SourceError: ("Nature", "https://example.org/feed", "answered 500 four times"),
    errors.TemplateError: ("letter.mjml", 7, "uses `titel`, which does not exist"),
    errors.DeliveryError: ("smtp.example.org:587", "refused the connection"),
    errors.StateError: ("var/digest.db", "the disk is full"),
    errors.AwayError: ("postgresql://db/digest", "the server is only starting"),
    errors.LockedError: ("var/digest.db", "another run is under way"),
    ModelError: ("models/minilm", "vocab.txt is missing"),
}


def test_a_strangers_words_do_not_steer_the_terminal() -> None:
    """A reason may quote where a server redirects to: escape sequences, turned text, half a
    character."""
    error = errors.SourceError("Nature", "https://example.org", "to \x1b[2Jx\x9b\u202e\ud800é\ny")
    assert error.reason == "to  [2Jx   é y"
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (EACCES, "chown, chmod"),
        (EROFS, "mount it"),
        (ENOSPC, "make room"),
        (EEXIST, "name another"),
        (ENOENT, ""),
    ],
)
def test_what_the_system_refuses_has_a_way_out(number: int, advice: str) -> None:
    """Where there is a usual one; a lock that root made is no riddle then."""
    lock = OSError(number, os.strerror(number), "var/digest.db.lock")
    said = reason_of(lock)
    assert said.startswith(f"var/digest.db.lock: {os.strerror(number)}")
    assert advice in said
    assert (";" in said) == bool(advice)


def subclasses(error: type[Exception]) -> set[type[Exception]]:
    """Return the class and everything beneath it."""
    return {error}.union(*(subclasses(child) for child in error.__subclasses__()))


def test_every_error_names_its_subject() -> None:
    """`str(error)` holds each word that it was made from."""
    assert subclasses(errors.DigestError) == set(EXAMPLES)
    for kind, arguments in EXAMPLES.items():
        message = str(kind(*arguments))
        for argument in arguments:
            subject = "a.yaml:3:5: must be a number" if isinstance(argument, tuple) else argument
            assert str(subject) in message
