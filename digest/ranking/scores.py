"""Scores readers' interests; what several ask for is fitted, scored and explained once."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from digest.models import Interest, Paper, Reason, Section
from digest.ranking.arrays import Array
from digest.ranking.day import score_day
from digest.ranking.fitting import Fitted, fit_interests
from digest.ranking.readers import Reader, Wish, read_wish, sameness
from digest.ranking.scene import Scene

FITTED_TOGETHER = 500  # wishes; bounds memory
MOST_HELD = 8  # groups of wishes scored for earlier blocks: one topic in use keeps its whole group

Wanted = dict[object, tuple[Interest, Mapping[str, Paper]]]  # with the papers that it names


@dataclass(frozen=True, slots=True)
class Scored:
    """Some wishes that were fitted together, one row each."""

    wishes: tuple[Wish, ...]
    fitted: Fitted
    points: Array  # (wishes, papers); -inf: barred
    near: Array  # (examples, papers): cosines
    # What was said and made for one reader serves the others: by the wish, the name, the papers.
    reasons: dict[tuple[int, int], tuple[Reason, ...]] = field(default_factory=dict)
    sections: dict[tuple[int, str, tuple[int, ...]], Section] = field(default_factory=dict)


class Asked(NamedTuple):
    """What one interest asks for, and its row among the wishes it was scored with."""

    scored: Scored
    row: int

    @property
    def wish(self) -> Wish:
        """What it asks for."""
        return self.scored.wishes[self.row]


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of some readers' interests, one row per interest."""

    interests: tuple[Interest, ...]
    owners: tuple[int, ...]  # of each interest: the reader's place in the block
    asked: tuple[Asked, ...]
    total: Array  # (interests, papers); -inf: no news, or barred


def score_readers(
    scene: Scene, readers: Sequence[Reader], held: Container[object] = frozenset()
) -> Scores:
    """Score every interest of every reader for every candidate.

    Args:
        held: what others ask for whose scores are to stay in memory, as `sameness` has it.
    """
    named = [(i, place) for place, r in enumerate(readers) for i in r.subscriber.interests]
    asking = [(interest, readers[place].examples) for interest, place in named]
    keys = [sameness(*one) for one in asking]
    wanted = dict(zip(keys, asking, strict=True))
    found = _scored_once(scene, wanted, held)
    asked = tuple(found[key] for key in keys)
    total = _rows(asked, len(scene.papers))
    known = [scene.rows_of(reader.known) for reader in readers]
    for row, (_, place) in enumerate(named):
        if known[place]:
            total[row, known[place]] = -np.inf
    return Scores(tuple(i for i, _ in named), tuple(at for _, at in named), asked, total)


def _scored_once(scene: Scene, wanted: Wanted, held: Container[object]) -> dict[object, Asked]:
    """Score what is wanted, but for what the last block wanted, too: it is scored already.

    Where people choose from a menu of topics that is nearly all of it.
    """
    found = {key: one for key, one in scene.asked.items() if key in wanted or key in held}
    if len({id(one.scored) for one in found.values()}) > MOST_HELD:
        found = {}
    scene.asked.clear()  # before more is scored: what nobody wants any more leaves the memory
    new = [key for key in wanted if key not in found]
    for start in range(0, len(new), FITTED_TOGETHER):
        some = new[start : start + FITTED_TOGETHER]
        scored = _scored(scene, tuple([read_wish(*wanted[key]) for key in some]))
        found |= {key: Asked(scored, row) for row, key in enumerate(some)}
    scene.asked.update(found)
    return found


def _scored(scene: Scene, wishes: tuple[Wish, ...]) -> Scored:
    fitted = fit_interests(scene.space, wishes)
    near = scene.witness.closeness(fitted)
    return Scored(wishes, fitted, _points(scene, wishes, fitted), near)


def _rows(asked: Sequence[Asked], papers: int) -> Array:
    """Return the points of each, shape (asked, papers); nobody else's."""
    total = np.empty((len(asked), papers), np.float32)
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        places[id(one.scored)].append(place)
    for some in places.values():
        total[some] = asked[some[0]].scored.points[[asked[place].row for place in some]]
    return total


def _points(scene: Scene, wishes: Sequence[Wish], fitted: Fitted) -> Array:
    """Return each wish's scores, shape (wishes, papers); -inf: barred."""
    total = score_day(fitted, scene.witness.day)
    total += scene.bonuses.shared
    for row, wish in enumerate(wishes):
        _add_names(scene, wish, total[row])
        _lift_matches(scene, wish, total[row])
        _bar(scene, wish, total[row])
    return total


def _add_names(scene: Scene, wish: Wish, scores: Array) -> None:
    """Add what followed authors and categories are worth."""
    if wish.interest.authors:
        scores[list(scene.bonuses.authored(wish))] += scene.options.signals.authors
    if wish.interest.categories:
        scores[list(scene.bonuses.filed(wish))] += scene.bonuses.category_points(wish)


def _lift_matches(scene: Scene, wish: Wish, scores: Array) -> None:
    """In a young archive, let what says a keyword word for word pass the threshold."""
    if not scene.is_young:
        return
    for phrase in wish.phrases:
        rows = scene.witness.texts.says(phrase.said)
        scores[rows] = np.maximum(scores[rows], scene.options.threshold)


def _bar(scene: Scene, wish: Wish, scores: Array) -> None:
    """Take out what says an avoided phrase.

    An interest of nothing but quoted phrases wants papers that say one of them.
    """
    if wish.strict:
        said = [scene.witness.texts.says(phrase.said) for phrase in wish.phrases]
        silent = np.setdiff1d(np.arange(len(scores)), np.concatenate(said))
        scores[np.setdiff1d(silent, list(scene.bonuses.authored(wish)))] = -np.inf
    avoided = avoided_rows(scene, [wish])
    if avoided:
        scores[list(avoided)] = -np.inf


def avoided_rows(scene: Scene, wishes: Sequence[Wish]) -> frozenset[int]:
    """Return the rows of papers that say an avoided phrase."""
    says = scene.witness.texts.says
    return frozenset(row for w in wishes for phrase in w.avoided for row in says(phrase.said))


def reasons_for(scene: Scene, asked: Asked, paper: int) -> tuple[Reason, ...]:
    """Return why a paper suits a wish, in checkable statements; they are kept for other readers."""
    scored, row = asked
    at = row, paper
    if at not in scored.reasons:
        found = scene.witness.explain_pick(asked.wish, scored.fitted, scored.near, at)
        scored.reasons[at] = found
    return scored.reasons[at]


def is_founded(scene: Scene, asked: Asked, paper: int) -> bool:
    """Tell whether the profile itself gives a reason, where one is needed; upvotes are none."""
    if not scene.needs_reasons:
        return True
    return any(reason.kind != "signal" for reason in reasons_for(scene, asked, paper))
