"""What comes from beyond a reader's topics takes no place of theirs and shows nothing twice."""

from dataclasses import replace

import pytest

from digest.config.schema import Ranking as Options
from digest.models import Interest
from digest.ranking.exploring import BEYOND
from tests.ranking.papers import NOW, POOL, picks_of, rank, reader_of

SKY = Interest("Sky", keywords=("galaxy",))


@pytest.mark.parametrize(("papers", "least"), [(1, 1), (3, 3), (4, 3)])
def test_no_place_is_taken_that_the_interests_must_fill(papers: int, least: int) -> None:
    """Whoever wants one paper, or a whole letter on topic, gets that each day."""
    reader = reader_of(SKY, explore=0.5, papers=papers, min_papers=least)
    for day in range(1, 9):
        [letter] = rank(reader, now=NOW.replace(day=day))
        assert len(letter.sections[0].picks) >= least
        assert len(picks_of(letter)) == papers


def test_nothing_is_explored_twice() -> None:
    """Of a paper under two identities one is enough."""
    twins = [replace(paper, ids=(f"doi:10.1/{i}",)) for i, paper in enumerate(POOL)]
    reader = reader_of(SKY, explore=0.5, papers=40)
    beyond = rank(reader, pool=[*POOL, *twins])[0].sections[-1].picks
    assert len({pick.paper.title for pick in beyond}) == len(beyond) == 20


def test_what_nearly_equals_a_pick_is_not_outside_the_topics() -> None:
    """Of two versions about the threshold one was on topic and the other beyond it."""
    reader = reader_of(SKY, explore=0.5, papers=40)
    last = rank(reader)[0].sections[0].picks[-1]
    twin = replace(last.paper, ids=("doi:10.1/twin",), abstract=f"{last.paper.abstract} study")
    options = Options(threshold=last.score - 0.001)
    pool = [*POOL, twin]
    [letter] = rank(reader, pool=pool, options=options)
    shown = [pick.paper.title for pick in picks_of(letter)]
    assert shown.count(twin.title) == 1


def test_nobody_is_led_to_papers_without_words() -> None:
    """One without an abstract is not explored; one of stop words, like nothing, only once."""
    bare = [replace(paper, abstract="") for paper in POOL]
    reader = reader_of(SKY, explore=0.5, papers=40)
    assert BEYOND not in [section.title for section in rank(reader, pool=bare)[0].sections]
    mute = replace(POOL[0], ids=("doi:10.1/mute",), title="On it", abstract="It is what it is.")
    beyond = rank(reader, pool=[*POOL, mute])[0].sections[-1].picks
    assert [pick.paper.title for pick in beyond].count(mute.title) == 1


@pytest.mark.parametrize("with_abstract", [0, 2])
def test_places_for_which_nothing_is_beyond_go_to_the_interests(with_abstract: int) -> None:
    """Where feeds have no abstracts, or little off topic, letters came short day after day."""
    bare = [replace(paper, abstract="") for paper in POOL[with_abstract:]]
    [letter] = rank(reader_of(SKY, explore=0.5, papers=8), pool=[*POOL[:with_abstract], *bare])
    beyond = [pick for pick in picks_of(letter) if not pick.interest]
    assert (len(picks_of(letter)), len(beyond)) == (8, with_abstract)
