"""The letters as files: what has changed shows in the difference."""

import os
import re
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


@pytest.mark.parametrize("name", LETTERS)
def test_a_line_of_links_breaks_well(name: str) -> None:
    """On a phone it is two: none begins or ends with a dot that stood between two links."""
    html = (GOLDEN / f"{name}.html").read_text("utf-8")
    lines = [line for line in re.findall(r"<p [^>]*>(.*?)</p>", html) if "</a>" in line]
    assert lines
    assert not [line for line in lines if "·" in line]
