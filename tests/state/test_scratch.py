"""A scratch copy holds what the original holds and gives nothing back."""

from pathlib import Path

from digest.state.database import open_database
from digest.state.scratch import scratch_database


def test_a_copy_gives_nothing_back(tmp_path: Path) -> None:
    """What is written to the copy stays there."""
    url = f"sqlite:///{tmp_path}/digest.db"
    original = open_database(url)
    secret = original.secret()
    with scratch_database(url) as copy:
        assert copy.secret() == secret
        copy.remember("tried", "yes")
    assert original.fact("tried") == ""
    original.close()


def test_where_there_is_no_database_none_is_made(tmp_path: Path) -> None:
    """A preview before the first run works and leaves no file."""
    with scratch_database(f"sqlite:///{tmp_path}/digest.db") as copy:
        assert copy.fact("secret") == ""
    assert list(tmp_path.iterdir()) == []
