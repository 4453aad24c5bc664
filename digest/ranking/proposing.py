"""Proposes each reader's papers by their interests; readers who ask alike get the same proposal.

Where people choose from a menu of topics most ask alike, and what is proposed to one of them is
proposed to all.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from digest.models import Pick, Section
from digest.ranking.arrays import Array
from digest.ranking.choosing import Chosen, choose, share_places
from digest.ranking.exploring import explored_places, lot
from digest.ranking.readers import Reader, sameness
from digest.ranking.scene import Scene
from digest.ranking.scores import Scores, avoided_rows, is_founded, reasons_for, score_readers

MOST_SECTIONS = 2_000  # kept for readers who will be told the same
FIRST = itemgetter(0)

Found = tuple[int, int, float]  # the interest's place in the profile, the paper's row, its points


class Request(NamedTuple):
    """All by which a proposal is made: where it is equal, the proposal is."""

    asked: tuple[object, ...]  # what each interest asks for
    named: tuple[tuple[str, float], ...]  # its name and weight
    places: int  # in the letter, without those that explore
    known: tuple[int, ...]  # rows of papers that are no news to the reader


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a reader's interests bring.

    Attributes:
        found: interest by interest, the best papers first.
        sections: of the interests for which something was found.
        best: (papers,): what the interest says that suits each best; -inf: no news, or barred.
        avoided: rows of papers that an interest avoids: nor are they chosen beyond the topics.
    """

    found: Sequence[Found] = ()
    sections: tuple[Section, ...] = ()
    best: Array = field(default_factory=lambda: np.empty(0, np.float32))
    avoided: frozenset[int] = frozenset()


def propose(scene: Scene, readers: Sequence[Reader]) -> list[Proposal]:
    """Return each reader's proposal; what the last block was proposed, too, is not made again."""
    requests = [_request(scene, reader) for reader in readers]
    wanted = dict(zip(requests, readers, strict=True))
    found = {request: scene.proposed[request] for request in wanted if request in scene.proposed}
    scene.proposed.clear()  # what nobody wants any more leaves the memory
    new = {request: reader for request, reader in wanted.items() if request not in found}
    if new:
        held = {key for request in requests for key in request.asked}
        scores = score_readers(scene, list(new.values()), held)
        found |= zip(new, _proposed(scene, list(new.values()), scores), strict=True)
    scene.proposed.update(found)
    return [found[request] for request in requests]


def _request(scene: Scene, reader: Reader) -> Request:
    subscriber = reader.subscriber
    return Request(
        tuple([sameness(interest, reader.examples) for interest in subscriber.interests]),
        tuple([(interest.name, interest.weight) for interest in subscriber.interests]),
        _places(scene, reader),
        tuple(sorted(scene.rows_of(reader.known))),
    )


def _places(scene: Scene, reader: Reader) -> int:
    """Return for how many papers of a letter its reader's interests are asked."""
    return reader.subscriber.papers - explored_places(reader.subscriber, scene.horizon.date)


def _proposed(scene: Scene, readers: Sequence[Reader], scores: Scores) -> list[Proposal]:
    rows: list[list[int]] = [[] for _ in readers]
    for row, owner in enumerate(scores.owners):
        rows[owner].append(row)
    alike_sized: defaultdict[int, list[int]] = defaultdict(list)
    for place, mine in enumerate(rows):
        alike_sized[len(mine)].append(place)
    proposals = [Proposal()] * len(readers)
    alike_sized.pop(0, None)
    for places in alike_sized.values():
        theirs = scores.total[np.array([rows[place] for place in places])]
        chosen = _choose_all(scene, [readers[place] for place in places], theirs)
        best = theirs.max(axis=1)
        for i, (place, found) in enumerate(zip(places, _in_order(chosen, theirs), strict=True)):
            asked = [scores.asked[row] for row in rows[place]]
            kept = [one for one in found if is_founded(scene, asked[one[0]], one[1])]
            sections = _sections(scene, scores, rows[place], kept)
            avoided = avoided_rows(scene, [one.wish for one in asked])
            proposals[place] = Proposal(kept, sections, best[i].copy(), avoided)
    return proposals


def _choose_all(scene: Scene, readers: Sequence[Reader], scores: Array) -> Chosen:
    chance = lot(scene.horizon.date) / 2**64
    weights = [tuple([i.weight for i in reader.subscriber.interests]) for reader in readers]
    quotas = [
        share_places(_places(scene, reader), theirs, chance)
        for reader, theirs in zip(readers, weights, strict=True)
    ]
    return choose(scores, np.array(quotas, np.int64), scene.alike, scene.rules)


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
