"""A young archive's papers are made into vectors once, and are the same as if made each time."""

import subprocess
import sys

import numpy as np
import pytest

from digest.models import Interest, Paper
from digest.ranking.index import Index
from digest.ranking.readers import Reader
from digest.ranking.space import Features, Space, build_space
from tests.ranking.papers import make_papers, make_subscriber, rank

PAPERS = make_papers(90)
WANTED = [PAPERS[at] for at in (7, 3, 80, 3, 0)]
ROWS = np.array([7, 3, 80, 3, 0])


def assert_same(found: Features, wanted: Features) -> None:
    """Both hold the very same numbers."""
    for ours, theirs in ((found.matched, wanted.matched), (found.worded, wanted.worded)):
        assert ours.shape == theirs.shape
        assert (ours != theirs).nnz == 0
    np.testing.assert_array_equal(found.latent, wanted.latent)
    np.testing.assert_array_equal(found.semantic, wanted.semantic)


def test_what_the_sample_holds_is_what_would_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates, examples and stand-ins, in any order and twice."""
    space = build_space(Index.empty().extended(PAPERS))
    quick = space.features(WANTED), space.kept_comparable(ROWS), space.stand_ins(ROWS)
    words = space.window_words
    assert space.sample_is_all
    monkeypatch.setattr(Space, "sample_is_all", False)
    slow = build_space(Index.empty().extended(PAPERS))
    assert_same(quick[0], slow.features(WANTED))
    assert_same(quick[1], slow.kept_comparable(ROWS))
    assert_same(quick[2], slow.stand_ins(ROWS))
    assert (words != slow.window_words).nnz == 0


def test_a_paper_that_the_archive_does_not_hold() -> None:
    """It is made, beside those that are there."""
    space = build_space(Index.empty().extended(PAPERS))
    new = make_papers(1, start=500)
    found = space.features([*new, *WANTED])
    assert found.matched.shape[0] == len(WANTED) + 1
    assert_same(found.rows(np.arange(1, 6)), space.features(WANTED))


def test_a_large_window_is_made_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Into the same numbers as at once."""
    monkeypatch.setattr(Space, "sample_is_all", False)
    whole = build_space(Index.empty().extended(PAPERS))
    words, stand_ins = whole.window_words, whole.all_stand_ins
    monkeypatch.setattr("digest.ranking.space.PLACED_TOGETHER", 4)
    parts = build_space(whole.index)
    assert (parts.window_words != words).nnz == 0
    assert_same(parts.all_stand_ins, stand_ins)
    assert_same(parts.stand_ins(ROWS), stand_ins.rows(ROWS))


def test_a_word_of_old_papers_alone_stands_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive knows it, and no paper of the window can stand in for examples."""
    monkeypatch.setattr("digest.ranking.index.WINDOW_PAPERS", 80)
    old = Paper(("x:1",), "Quokkas of Tasmania")
    index = Index.empty().extended([old, *PAPERS])
    reader = Reader(make_subscriber(Interest("Animals", keywords=("quokkas",))))
    [letter] = rank(reader, pool=WANTED, index=index)
    assert (letter.sections, letter.problem) == ((), "")


def test_scipy_leaves_numpy_as_it_was() -> None:
    """What numpy lists is cut short while SciPy is loaded, and no longer."""
    program = (
        "import numpy; before = numpy.__all__, dir(numpy)\n"
        "from digest.ranking.matrices import sparse\n"
        "assert (numpy.__all__, dir(numpy)) == before\n"
        "assert numpy.ma.masked_array([1]).sum() == 1\n"
        "assert numpy.testing.assert_equal(1, 1) is None\n"
        "assert (sparse.csr_array([[0, 2]]) @ [1, 3]).tolist() == [6]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
