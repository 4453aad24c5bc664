"""Readers who ask alike get the same proposal, made once; whatever is their own stays theirs."""

from dataclasses import replace

import pytest

import digest.ranking.proposing
from digest.config.schema import Ranking as Options
from digest.models import Interest
from digest.ranking.index import Index
from digest.ranking.proposing import propose
from digest.ranking.ranker import rank_block
from digest.ranking.readers import Reader
from digest.ranking.scene import Scene, open_scene
from digest.ranking.scores import score_readers
from tests.ranking.papers import NOW, TOPICS, make_papers, make_subscriber

POOL = make_papers(60, start=400)
INDEX = Index.empty().extended(make_papers(400))
TOPIC = Interest("Sky", keywords=tuple(TOPICS["galaxy"].split()[:2]))


@pytest.fixture
def scene() -> Scene:
    """A day nobody was ranked for yet."""
    return open_scene(INDEX, POOL, options=Options(), now=NOW)


def reader(email: str, interest: Interest = TOPIC, **fields: object) -> Reader:
    """Return a reader of one topic."""
    subscriber = replace(make_subscriber(interest, **fields), email=email)
    return Reader(subscriber)


def test_it_is_made_once_for_all_who_ask_alike(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for those of the next block, and not for those of the one after an odd one."""
    asked: list[int] = []

    def score(scene, readers, held=()):  # type: ignore[no-untyped-def]
        asked.append(len(readers))
        return score_readers(scene, readers, held)

    monkeypatch.setattr(digest.ranking.proposing, "score_readers", score)
    ada, cleo = reader("ada@example.org"), reader("cleo@example.org")
    first, second = propose(scene, [ada, cleo])
    assert first is second
    assert propose(scene, [cleo])[0] is first
    odd = reader("odd@example.org", Interest("Robots", keywords=("robot",)))
    propose(scene, [odd])
    assert propose(scene, [ada])[0].sections == first.sections
    assert asked == [1, 1, 1]


def test_what_differs_is_proposed_apart(scene: Scene) -> None:
    """A name, a weight, a letter's length, what was told: each makes another proposal."""
    ada = reader("ada@example.org")
    first = propose(scene, [ada])[0]
    gone = first.sections[0].picks[0].paper
    named = replace(TOPIC, name="Stars")
    twice = make_subscriber(TOPIC, replace(TOPIC, name="Again", keywords=("robot",)))
    weighed = make_subscriber(TOPIC, replace(TOPIC, name="Again", keywords=("robot",), weight=5.0))
    others = [
        reader("b@example.org", named),
        reader("c@example.org", papers=2),
        replace(ada, told=frozenset(gone.ids)),
        Reader(twice),
        Reader(weighed),
    ]
    found = propose(scene, [ada, *others])
    assert found[0] is first
    assert len({id(one) for one in found}) == len(found)
    assert found[1].sections[0].title == "Stars"
    assert len(found[2].found) == 2
    assert gone not in [pick.paper for pick in found[3].sections[0].picks]
    assert len(found[5].sections[0].picks) < len(found[4].sections[0].picks)


def test_exploration_stays_each_readers_own(scene: Scene) -> None:
    """Two who ask alike are shown different papers beyond their topics."""
    people = [reader(f"u{n}@example.org", explore=0.5, papers=6) for n in range(12)]
    together = rank_block(scene, people)
    beyond = [letter.sections[-1] for letter in together]
    assert len({tuple(pick.paper.id for pick in section.picks) for section in beyond}) > 1
    alone = [rank_block(open_scene(INDEX, POOL, options=Options(), now=NOW), [one])[0]
             for one in people]  # fmt: skip
    assert together == alone
