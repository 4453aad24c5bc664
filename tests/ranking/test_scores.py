"""What many readers ask for is scored once, block after block, and gives the same letters."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import digest.ranking.scores
from digest.config.schema import Ranking as Options
from digest.models import Interest
from digest.ranking.fitting import fit_interests
from digest.ranking.index import Index
from digest.ranking.ranker import rank_block
from digest.ranking.readers import Reader
from digest.ranking.scene import Scene, open_scene
from digest.ranking.scores import MOST_HELD, score_readers
from tests.ranking.papers import NOW, TOPICS, make_papers, make_subscriber

ARCHIVE, POOL = make_papers(400), make_papers(60, start=400)
INDEX = Index.empty().extended(ARCHIVE)
MENU = [Interest(topic, keywords=tuple(words.split()[:2])) for topic, words in TOPICS.items()]


@pytest.fixture
def scene() -> Scene:
    """A day nobody was ranked for yet."""
    return open_scene(INDEX, POOL, options=Options(), now=NOW)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many wishes were fitted at a time."""
    found: list[int] = []

    def fit(space, wishes):  # type: ignore[no-untyped-def]
        found.append(len(wishes))
        return fit_interests(space, wishes)

    monkeypatch.setattr(digest.ranking.scores, "fit_interests", fit)
    return found


def from_the_menu(number: int) -> Reader:
    """Return a reader of two topics of the menu, under names of their own."""
    first, second = MENU[number % len(MENU)], MENU[(number + 1) % len(MENU)]
    named = Interest(f"mine {number}", keywords=second.keywords)
    return Reader(make_subscriber(first, named))


def odd(number: int) -> Reader:
    """Return a reader who asks for something that nobody else asks for."""
    return Reader(make_subscriber(Interest("odd", keywords=(f"galaxy {number}", "halo"))))


def test_what_the_block_before_asked_for_is_scored_already(scene: Scene, fits: list[int]) -> None:
    """And the letters are those of a day on which nobody else was ranked."""
    readers = [from_the_menu(number) for number in range(12)]
    letters = [rank_block(scene, readers[at : at + 6]) for at in (0, 6)]
    assert fits == [len(MENU)]
    anew = open_scene(INDEX, POOL, options=Options(), now=NOW)
    assert letters[1] == rank_block(anew, readers[6:])


def test_readers_who_get_the_same_section_share_it(scene: Scene) -> None:
    """It is made once, and frozen and set once; whoever was told one of its papers has another."""
    reader = Reader(make_subscriber(MENU[0]))
    first = rank_block(scene, [reader, odd(1)])[0].sections
    again = rank_block(scene, [odd(2), reader])[1].sections
    assert first[0] is again[0]
    gone = first[0].picks[0].paper
    told = rank_block(scene, [replace(reader, told=frozenset(gone.ids))])[0].sections
    assert gone not in [pick.paper for pick in told[0].picks]


def test_papers_told_to_one_are_there_for_the_next(scene: Scene) -> None:
    """What a reader was told is theirs alone, also where the scores are another's, too."""
    reader = from_the_menu(0)
    told = Reader(reader.subscriber, told=frozenset(paper.ids[0] for paper in POOL))
    assert np.isneginf(score_readers(scene, [told]).total).all()
    assert np.isfinite(score_readers(scene, [reader]).total).any()


def test_of_earlier_blocks_few_are_held(scene: Scene, fits: list[int]) -> None:
    """One topic that each block shares does not keep all blocks in memory."""
    for number in range(4 * MOST_HELD):
        score_readers(scene, [from_the_menu(number % 2), odd(number)])
        assert len({id(asked.scored) for asked in scene.asked.values()}) <= MOST_HELD + 1
    assert sum(fits) > len(MENU) + 4 * MOST_HELD


def test_wishes_are_fitted_in_groups(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are fitted at a time bounds the memory; nobody's letter hangs on it."""
    readers = [from_the_menu(0), odd(1), odd(2), from_the_menu(1), odd(3)]
    together = score_readers(scene, readers).total
    monkeypatch.setattr("digest.ranking.scores.FITTED_TOGETHER", 2)
    anew = open_scene(INDEX, POOL, options=Options(), now=NOW)
    assert score_readers(anew, readers).total == pytest.approx(together, abs=1e-5)
    assert len({id(asked.scored) for asked in anew.asked.values()}) > 2


def test_no_score_depends_on_who_is_beside_in_a_block(scene: Scene) -> None:
    """But for rounding: an interest that kept another term scored a paper 0.07 higher."""
    readers = []
    for number in range(40):
        liked = {paper.id: paper for paper in (*ARCHIVE[number::37], *ARCHIVE[number * 3 :][:5])}
        interest = Interest("Liked", like=tuple(liked))
        readers.append(Reader(make_subscriber(interest), liked))

    def anew(some: Sequence[Reader]) -> np.ndarray:
        scene.asked.clear()
        return score_readers(scene, some).total

    scores, turned = anew(readers), anew(readers[::-1])[::-1]
    alone = np.vstack([anew([reader]) for reader in readers])
    np.testing.assert_allclose(scores, turned, atol=1e-5)
    np.testing.assert_allclose(scores, alone, atol=1e-5)
