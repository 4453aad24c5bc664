"""The journal tells of what is not committed yet, and of nothing else."""

from pathlib import Path

import pytest

from digest.errors import StateError
from digest.models import Outcome, Receipt
from digest.state.journal import Journal, orphans


def left_by(journal: Journal) -> tuple[set[str], set[str]]:
    """Let the journal's process die; return which letters were begun, and which answered."""
    journal.abandon()
    [(_, testimony)] = orphans(journal.path.with_suffix(""))
    return testimony.begun, set(testimony.receipts)


def test_what_was_committed_is_not_told_again(tmp_path: Path) -> None:
    """A letter put off and committed may be on the wire anew when its process dies."""
    journal = Journal(tmp_path / "j.one")
    journal.begin("a")
    journal.finish(Receipt("a", Outcome.DEFERRED, 451, "later"))
    journal.clear(journal.turn())
    journal.begin("a")
    assert left_by(journal) == ({"a"}, set())


def test_a_letter_given_back_is_not_under_way(tmp_path: Path) -> None:
    """Not once what was noted with it is committed: it would be held as perhaps delivered."""
    journal = Journal(tmp_path / "j.one")
    journal.begin("a")
    journal.begin("b")
    journal.forgo("a")
    journal.clear(journal.turn())
    assert left_by(journal) == ({"b"}, set())


def test_a_full_journal_says_so(tmp_path: Path) -> None:
    """It does not write over what the other half holds."""
    journal = Journal(tmp_path / "j.one")
    journal.begin("a")
    journal.turn()
    with pytest.raises(StateError, match="full"):
        for number in range(4_000):
            journal.finish(Receipt(f"n{number}", Outcome.SENT, 250, "x" * 1_000))
    assert left_by(journal)[0] == {"a"}
