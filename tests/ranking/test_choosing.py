"""Letters are chosen by quota, best interest, difference and threshold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ranking.choosing import (
    SPARE_CANDIDATES,
    Rules,
    _candidates,
    choose,
    count_doubles,
    share_places,
)

RULES = Rules(threshold=1.0, diversity=0.1)


@pytest.mark.parametrize(
    ("places", "weights", "expected"),
    [
        (10, [1, 1], [5, 5]),
        (10, [2, 1], [7, 3]),
        (10, [8, 1, 1], [8, 1, 1]),
        (10, [98, 1, 1], [8, 1, 1]),
        (0, [1], [0]),
        (5, [], []),
    ],
)
def test_places_are_shared_by_weight(
    places: int, weights: list[float], expected: list[int]
) -> None:
    """Every interest gets one place where there are enough, the rest goes by weight."""
    assert share_places(places, tuple(weights)) == tuple(expected)


@pytest.mark.parametrize(
    ("weights", "turns"), [([1] * 6, [50] * 6), ([2, 1, 1, 1], [120, 60, 60, 60])]
)
def test_interests_without_a_place_have_their_turn(weights: list[int], turns: list[int]) -> None:
    """Of more interests than places the last ones never came."""
    days = [share_places(3, tuple(weights), (day + 0.5) / 100) for day in range(100)]
    assert [sum(shares) for shares in zip(*days, strict=True)] == turns


@given(
    st.integers(0, 50),
    st.lists(st.floats(0.01, 100), min_size=1, max_size=12),
    st.floats(0, 1, exclude_max=True),
)
def test_all_places_are_given(places: int, weights: list[float], chance: float) -> None:
    """Quotas add up to the letter."""
    shares = share_places(places, tuple(weights), chance)
    assert sum(shares) == places
    assert min(shares) >= 0


def _choose(scores: list[list[float]], quotas: list[int], alike: np.ndarray | None = None) -> list:
    table = np.array([scores], np.float32)
    same = np.eye(table.shape[2], dtype=np.float32) if alike is None else alike
    rules = replace(RULES, doubles=count_doubles(same))
    chosen = choose(table, np.array([quotas]), same, rules)
    return [
        (paper, interest)
        for paper, interest in zip(
            chosen.papers[0].tolist(), chosen.interests[0].tolist(), strict=True
        )
        if paper >= 0
    ]


def test_a_quota_keeps_room_for_the_weaker_interest() -> None:
    """Five papers of nine deviations do not push out another topic's two."""
    strong, weak = [9, 9, 9, 9, 0, 0], [0, 0, 0, 0, 2, 2]
    assert sorted(_choose([strong, weak], [2, 2])) == [(0, 0), (1, 0), (4, 1), (5, 1)]


def test_empty_places_go_to_the_other_interest() -> None:
    """What one interest cannot fill, another may."""
    assert len(_choose([[9, 8, 7, 6], [0, 0, 0, 0]], [2, 2])) == 4


def test_a_paper_belongs_to_the_interest_it_suits_best() -> None:
    """A paper is never chosen twice."""
    assert _choose([[3, 2], [4, 1]], [1, 1]) == [(0, 1), (1, 0)]


def test_a_paper_that_suits_several_alike_belongs_to_the_first() -> None:
    """Equal scores leave a paper to the interest that is named first, whatever the quota."""
    chosen = _choose([[2, 2, 2], [2, 2, 3], [2, 2, 3]], [1, 1, 1])
    assert sorted(chosen) == [(0, 0), (1, 0), (2, 1)]


def test_the_best_of_many_papers_are_found() -> None:
    """Of more papers than are looked at closely, the best of each interest's own are chosen."""
    random = np.random.default_rng(0)
    scores = random.normal(0, 1, (2, 300)).astype(np.float32)
    chosen = sorted(_choose(scores.tolist(), [3, 3]))
    own = [np.where(scores[i] > scores[1 - i], scores[i], -9) for i in range(2)]
    assert chosen == sorted((int(p), i) for i in range(2) for p in np.argsort(-own[i])[:3])


def test_of_papers_that_are_all_equal_few_are_candidates() -> None:
    """As for an interest that names a category and nothing else; the first of the pool stay."""
    scores = np.full((3, 2, 500), 2.0, np.float32)
    scores[0, 1] = np.linspace(0, 4, 500)
    candidates, _owners, values = _candidates(scores, 10 + SPARE_CANDIDATES, 1.0)
    assert candidates.shape == values.shape == (3, 2 * (10 + SPARE_CANDIDATES))
    chosen = choose(scores, np.full((3, 2), 5), np.eye(500, dtype=np.float32), Rules(1.0, 0.1))
    assert chosen.papers[1].tolist() == list(range(10))


def test_nothing_under_the_threshold() -> None:
    """A weak day gives a short letter."""
    assert _choose([[0.9, 0.5, 1.5]], [3]) == [(2, 0)]


def test_near_duplicates_appear_once() -> None:
    """Of two papers that say the same the better is taken."""
    alike = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]], np.float32)
    assert _choose([[5, 4.9, 2]], [3], alike) == [(0, 0), (2, 0)]


def test_barred_papers_are_never_chosen() -> None:
    """Minus infinity bars a paper whatever the quota."""
    assert _choose([[-np.inf, 2.0]], [2]) == [(1, 0)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 40), st.integers(1, 12))
def test_whatever_the_scores(seed: int, interests: int, papers: int, places: int) -> None:
    """No paper twice, none under the threshold, never more than the letter holds."""
    random = np.random.default_rng(seed)
    scores = random.normal(1, 2, (3, interests, papers)).astype(np.float32)
    quotas = np.array([share_places(places, (1.0,) * interests)] * 3)
    alike = np.eye(papers, dtype=np.float32)
    chosen = choose(scores, quotas, alike, Rules(1.0, 0.5))
    for reader in range(3):
        found = [paper for paper in chosen.papers[reader].tolist() if paper >= 0]
        assert (
            len(found)
            == len(set(found))
            == min(places, int((scores[reader].max(axis=0) >= 1).sum()))
        )
        for paper in found:
            assert scores[reader, :, paper].max() >= 1


def test_many_duplicates_leave_no_letter_short() -> None:
    """Of thirty papers that say nearly the same one is chosen, and others fill the letter."""
    scores = [[3.0 - i / 100 for i in range(60)]]
    alike = np.eye(60, dtype=np.float32)
    alike[:30, :30] = 0.9
    found = [paper for paper, _ in _choose(scores, [10], alike)]
    assert found == [0, *range(30, 39)]
