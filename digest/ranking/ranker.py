"""Ranks a day's papers for all readers: the door of the room."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper, Pick, Section, Subscriber
from digest.ranking.choosing import DUPLICATE
from digest.ranking.exploring import (
    BEYOND,
    beyond_reason,
    explored,
    explored_places,
    trending_picks,
)
from digest.ranking.index import Index
from digest.ranking.proposing import Proposal, propose
from digest.ranking.readers import Reader
from digest.ranking.reasons import signal_reasons
from digest.ranking.scene import Scene, open_scene
from digest.ranking.semantic import Meaning

BLOCK_READERS = 500  # bounds memory: a block of 2,000 papers and 5 interests takes about 100 MB

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What ranking proposes for one reader's letter."""

    sections: tuple[Section, ...] = ()  # in the order of the interests; exploration last
    trending: tuple[Pick, ...] = ()  # only where the day is thin
    problem: str = ""  # a sentence where an interest could not be ranked


def rank_papers(
    index: Index,
    pool: Sequence[Paper],
    readers: Sequence[Reader],
    *,
    options: Options,
    now: datetime,
    meaning: Meaning | None = None,
) -> list[Ranking]:
    """Choose each reader's papers from the pool.

    Args:
        index: of the archive; papers of the pool that it lacks are counted first.
        pool: the candidates, without doubles.
        readers: in any number; they are worked on in blocks.
        options: weights and the threshold.
        now: aware; seeds exploration by its UTC date and dates freshness.
        meaning: embeddings, where the installation has them.

    Returns:
        One ranking per reader, in their order. A reader whose profile breaks gets an empty one
        with the problem said; the others are not touched.
    """
    if not pool:
        return [Ranking()] * len(readers)
    scene = open_scene(index, pool, options=options, now=now, meaning=meaning)
    return [ranking for block in _blocks(readers) for ranking in rank_block(scene, block)]


def _blocks(readers: Sequence[Reader]) -> Iterator[Sequence[Reader]]:
    for start in range(0, len(readers), BLOCK_READERS):
        yield readers[start : start + BLOCK_READERS]


def rank_block(scene: Scene, readers: Sequence[Reader]) -> list[Ranking]:
    """Rank for some readers at once; if that breaks, for each alone, so that only one suffers."""
    try:
        return list(map(partial(_letter, scene), readers, propose(scene, readers)))
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


def _letter(scene: Scene, reader: Reader, proposal: Proposal) -> Ranking:
    """Return one reader's letter: what is proposed, what is beyond it, what others like."""
    subscriber, found, sections = reader.subscriber, proposal.found, proposal.sections
    if not subscriber.interests or len(found) < subscriber.least_papers:
        known = scene.rows_of(reader.known)
        return Ranking(trending=trending_picks(scene.horizon, known, proposal.avoided))
    beyond: list[int] = []
    if explored_places(subscriber, scene.horizon.date):
        best = proposal.best.copy()
        best[list(proposal.avoided)] = -np.inf
        best[(scene.alike[[row for _, row, _ in found]] >= DUPLICATE).any(axis=0)] = -np.inf
        threshold = scene.options.threshold
        beyond = explored(scene.horizon, subscriber, best, threshold, scene.alike)
        if beyond:
            found_beyond = ((scene.papers[row], float(best[row])) for row in beyond)
            more = tuple(_beyond(subscriber, *one) for one in found_beyond)
            sections = (*sections, Section(BEYOND, more))
    if len(found) >= subscriber.papers / 2:
        return Ranking(sections)
    used = {*(paper for _, paper, _ in found), *beyond, *proposal.avoided}
    return Ranking(sections, trending_picks(scene.horizon, scene.rows_of(reader.known), used))


def _beyond(subscriber: Subscriber, paper: Paper, score: float) -> Pick:
    return Pick(paper, "", score, (beyond_reason(paper, subscriber), *signal_reasons(paper)))
