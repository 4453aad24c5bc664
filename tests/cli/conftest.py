"""What most tests of commands begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.test_run import PEOPLE, all_titles, feed
from tests.scene import Scene, open_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A journal and three readers; nobody has had a letter yet."""
    with open_scene(tmp_path) as found:
        found.add_feed("Journal", feed(23, all_titles(23)))
        found.write(PEOPLE)
        yield found
