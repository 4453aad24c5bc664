"""Ranks a day's papers for some readers; with `scene.open_scene` the door of the room."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from digest.models import Interest, Paper, Pick, Section, Subscriber
from digest.ranking.choosing import DUPLICATE
from digest.ranking.exploring import (
    BEYOND,
    beyond_reason,
    explored,
    explored_places,
    trending_picks,
)
from digest.ranking.proposing import Proposal, propose
from digest.ranking.readers import Reader
from digest.ranking.reasons import signal_reasons
from digest.ranking.scene import Scene

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What ranking proposes for one reader's letter."""

    sections: tuple[Section, ...] = ()  # in the order of the interests; exploration last
    trending: tuple[Pick, ...] = ()  # only where the day is thin
    problem: str = ""  # a sentence where an interest could not be ranked


def rank_block(scene: Scene, readers: Sequence[Reader]) -> list[Ranking]:
    """Rank for some readers at once; if that breaks, for each alone, so that only one suffers.

    Returns:
        One ranking per reader, in their order. A reader whose profile breaks gets an empty one
        with the problem said.
    """
    try:
        return _letters(scene, readers)
    # One broken profile must not cost the others their letter.
    except Exception:  # noqa: BLE001
        if len(readers) > 1:
            return [ranking for reader in readers for ranking in rank_block(scene, [reader])]
        return [_without_broken(scene, readers[0])]


def _without_broken(scene: Scene, reader: Reader) -> Ranking:
    """Rank the interests that can be ranked and name the others."""
    interests = reader.subscriber.interests
    if len(interests) < 2:
        log.exception("event=ranking_failed")
        names = "".join(f" “{interest.name}”" for interest in interests)
        return Ranking(problem=f"The interest{names} could not be ranked; see the log.")
    alone = [rank_block(scene, [_with_interests(reader, (i,))])[0] for i in interests]
    sound = tuple(i for i, letter in zip(interests, alone, strict=True) if not letter.problem)
    problem = " ".join(letter.problem for letter in alone if letter.problem)
    if not sound or len(sound) == len(interests):
        return Ranking(problem=problem or "This profile could not be ranked; see the log.")
    return replace(rank_block(scene, [_with_interests(reader, sound)])[0], problem=problem)


def _with_interests(reader: Reader, interests: tuple[Interest, ...]) -> Reader:
    return replace(reader, subscriber=replace(reader.subscriber, interests=interests))


def _letters(scene: Scene, readers: Sequence[Reader]) -> list[Ranking]:
    """Rank; places for which nothing was found beyond the topics go back to the interests."""
    letters = list(map(partial(_letter, scene), readers, propose(scene, readers)))
    asking = [_asking_more(scene, *pair) for pair in zip(readers, letters, strict=True)]
    if short := [reader for reader in asking if reader]:
        again = iter(_letters(scene, short))
        letters = [next(again) if asking[i] else letter for i, letter in enumerate(letters)]
    return letters


def _asking_more(scene: Scene, reader: Reader, letter: Ranking) -> Reader | None:
    """Return a reader whose interests filled their places as one who explores what was found."""
    subscriber = reader.subscriber
    places = explored_places(subscriber, scene.horizon.date)
    picks = [pick for section in letter.sections for pick in section.picks]
    beyond = sum(not pick.interest for pick in picks)
    if beyond == places or len(picks) - beyond < subscriber.papers - places:
        return None
    return replace(reader, subscriber=replace(subscriber, explore=beyond / subscriber.papers))


def _letter(scene: Scene, reader: Reader, proposal: Proposal) -> Ranking:
    """Return one reader's letter: what is proposed, what is beyond it, what others like."""
    subscriber, found, sections = reader.subscriber, proposal.found, proposal.sections
    if not subscriber.interests or len(found) < subscriber.least_papers:
        return Ranking(trending=_trending(scene, reader, proposal.avoided))
    beyond: list[int] = []
    if explored_places(subscriber, scene.horizon.date):
        best = proposal.best.copy()
        best[list(proposal.avoided)] = -np.inf
        best[(scene.alike[[row for _, row, _ in found]] >= DUPLICATE).any(axis=0)] = -np.inf
        threshold = scene.options.threshold
        beyond = explored(scene.horizon, subscriber, best, threshold, scene.alike)
        if beyond:
            more = [_beyond(subscriber, scene.papers[row], float(best[row])) for row in beyond]
            sections = (*sections, Section(BEYOND, tuple(more)))
    if len(found) >= subscriber.papers / 2:
        return Ranking(sections)
    used = proposal.avoided.union(beyond, [row for _, row, _ in found])
    return Ranking(sections, _trending(scene, reader, used))


def _trending(scene: Scene, reader: Reader, used: frozenset[int]) -> tuple[Pick, ...]:
    return trending_picks(scene.horizon, used.union(scene.rows_of(reader.known)))


def _beyond(subscriber: Subscriber, paper: Paper, score: float) -> Pick:
    return Pick(paper, "", score, (beyond_reason(paper, subscriber), *signal_reasons(paper)))
