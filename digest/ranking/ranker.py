"""Ranks a day's papers for all readers: the door of the room."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import numpy as np

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper, Pick, Section
from digest.ranking.choosing import Chosen, Rules, choose, share_places
from digest.ranking.exploring import BEYOND, OUTSIDE, explored, explored_places, trending_picks
from digest.ranking.index import Index
from digest.ranking.readers import Reader
from digest.ranking.reasons import signal_reasons
from digest.ranking.scene import Scene, open_scene
from digest.ranking.scores import (
    Scores,
    avoided_rows,
    is_founded,
    reasons_for,
    score_readers,
)
from digest.ranking.semantic import Meaning
from digest.ranking.space import Array

MOST_SECTIONS = 2_000  # kept for readers who will be told the same
FIRST = itemgetter(0)
BLOCK_READERS = 500  # bounds memory: a block of 2,000 papers and 5 interests takes about 100 MB

Found = tuple[int, int, float]  # the interest's place in the profile, the paper's row, its points

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
        scores = score_readers(scene, readers)
        return _letters(scene, readers, scores)
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


def _letters(scene: Scene, readers: Sequence[Reader], scores: Scores) -> list[Ranking]:
    rows: list[list[int]] = [[] for _ in readers]
    for row, owner in enumerate(scores.owners):
        rows[owner].append(row)
    alike_sized: defaultdict[int, list[int]] = defaultdict(list)
    for place, mine in enumerate(rows):
        alike_sized[len(mine)].append(place)
    letters = [Ranking()] * len(readers)
    for count, places in alike_sized.items():
        if not count:
            for place in places:
                letters[place] = _unasked(scene, readers[place])
            continue
        theirs = scores.total[np.array([rows[place] for place in places])]
        chosen = _choose_all(scene, [readers[place] for place in places], theirs)
        for i, (place, found) in enumerate(zip(places, _in_order(chosen, theirs), strict=True)):
            kept = _founded(scene, scores, rows[place], found)
            sections = _sections(scene, scores, rows[place], kept)
            avoided = avoided_rows(scene, [scores.asked[row].wish for row in rows[place]])
            letters[place] = _letter(scene, readers[place], theirs[i], sections, kept, avoided)
    return letters


def _founded(
    scene: Scene, scores: Scores, rows: Sequence[int], found: Sequence[Found]
) -> Sequence[Found]:
    """Leave out what has no ground."""
    if not scene.needs_reasons:
        return found
    return [one for one in found if is_founded(scene, scores.asked[rows[one[0]]], one[1])]


def _choose_all(scene: Scene, readers: Sequence[Reader], scores: Array) -> Chosen:
    quotas = [
        share_places(
            s.papers - explored_places(s, scene.horizon.date), tuple(i.weight for i in s.interests)
        )
        for s in (reader.subscriber for reader in readers)
    ]
    rules = Rules(scene.options.threshold, scene.options.diversity)
    return choose(scores, np.array(quotas, np.int64), scene.alike, rules)


def _in_order(chosen: Chosen, scores: Array) -> Iterator[list[Found]]:
    """Yield what each reader gets, interest by interest, the best first; ties as chosen.

    For all at once: an array of a dozen numbers costs numpy as much as one of thousands.

    Args:
        scores: (readers, interests, papers).
    """
    ends = chosen.papers < 0
    everyone = np.arange(len(scores))[:, None]
    points = scores[everyone, chosen.interests, chosen.papers]  # anything where a letter ends
    order = np.lexsort((-points, np.where(ends, scores.shape[1], chosen.interests)))
    lists = [
        np.take_along_axis(values, order, axis=1).tolist()
        for values in (chosen.interests, chosen.papers, points)
    ]
    for size, *reader in zip((~ends).sum(axis=1).tolist(), *lists, strict=True):
        yield list(zip(*reader, strict=True))[:size]


def _letter(
    scene: Scene,
    reader: Reader,
    scores: Array,
    sections: tuple[Section, ...],
    found: Sequence[Found],
    avoided: set[int],
) -> Ranking:
    """Return one reader's letter.

    Args:
        scores: (interests, papers).
        sections: of the interests for which something was found.
        avoided: rows of papers that an interest avoids: nor are they chosen beyond the topics.
    """
    subscriber = reader.subscriber
    if len(found) < subscriber.min_papers:
        return Ranking(trending=trending_picks(scene.horizon, scene.rows_of(reader.told), avoided))
    beyond: list[int] = []
    if explored_places(subscriber, scene.horizon.date):
        best = scores.max(axis=0)
        best[list(avoided)] = -np.inf
        beyond = explored(scene.horizon, subscriber, best, scene.options.threshold)
        if beyond:
            more = tuple(_beyond(scene.papers[row], float(best[row])) for row in beyond)
            sections = (*sections, Section(BEYOND, more))
    if len(found) >= subscriber.papers / 2:
        return Ranking(sections)
    used = {*(paper for _, paper, _ in found), *beyond, *avoided}
    return Ranking(sections, trending_picks(scene.horizon, scene.rows_of(reader.told), used))


def _sections(
    scene: Scene, scores: Scores, rows: Sequence[int], found: Sequence[Found]
) -> tuple[Section, ...]:
    """Return the sections of a reader's interests; equal ones are one and the same.

    Args:
        found: interest by interest.
    """
    sections = []
    for place, some in groupby(found, FIRST):
        points = {paper: value for _, paper, value in some}
        papers = tuple(points)
        asked, name = scores.asked[rows[place]], scores.interests[rows[place]].name
        known = asked.scored.sections
        key = asked.row, name, papers
        if key not in known:
            if len(known) >= MOST_SECTIONS:
                known.clear()
            picks = [
                Pick(scene.papers[paper], name, value, reasons_for(scene, asked, paper))
                for paper, value in points.items()
            ]
            known[key] = Section(name, tuple(picks))
        sections.append(known[key])
    return tuple(sections)


def _beyond(paper: Paper, score: float) -> Pick:
    return Pick(paper, "", score, (OUTSIDE, *signal_reasons(paper)))


def _unasked(scene: Scene, reader: Reader) -> Ranking:
    """Return the letter of a reader for whom nothing was found: what others like."""
    return Ranking(trending=trending_picks(scene.horizon, scene.rows_of(reader.told), set()))
