"""The letters as files: what has changed shows in the difference."""

import os
from pathlib import Path

import pytest

from digest.rendering.press import Press

from .conftest import read
from .editions import CATCH_UP, DAILY, EMPTY, SCRIPTS, WELCOME

GOLDEN = Path(__file__).parent.parent / "golden"
LETTERS = {
    "letter": DAILY,
    "empty": EMPTY,
    "welcome": WELCOME,
    "catch-up": CATCH_UP,
    "scripts": SCRIPTS,
}


@pytest.mark.parametrize("name", LETTERS)
def test_letters_are_the_golden_ones(press: Press, name: str) -> None:
    """Each letter is byte for byte the one that somebody looked at."""
    message = press.compose(LETTERS[name]).message
    _, html, text = read(message)
    made = {".eml": message, ".html": html.encode(), ".txt": text.encode()}
    for suffix, content in made.items():
        path = GOLDEN / f"{name}{suffix}"
        if os.environ.get("DIGEST_WRITE_GOLDEN"):
            path.write_bytes(content)
        assert path.read_bytes() == content, f"{path}: run `make golden` and look at what changed"
