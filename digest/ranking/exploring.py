"""Goes beyond a reader's topics: what others like today, and now and then a paper by chance."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from digest.models import Paper, Pick, Reason, Subscriber
from digest.ranking.arrays import Array
from digest.ranking.choosing import DUPLICATE
from digest.ranking.reasons import signal_reasons
from digest.ranking.signals import category_names

BEYOND = "Beyond your topics"
TRENDING = 3  # papers at most, where the day is thin
MIN_TRENDING_UPVOTES = 10
OUTSIDE = Reason("explore", "outside your usual topics")

Lots = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Horizon:
    """What of a day's candidates may reach readers who did not ask for it."""

    date: str  # UTC; with the address it seeds exploration
    lots: Lots  # (papers,): a number for each paper, from its id
    liked: Array  # (papers,): what others made of it
    whole: npt.NDArray[np.bool_]  # (papers,): it has an abstract; nobody is led to a corrigendum
    trending: Mapping[int, Pick]  # by the paper's row, the most upvoted first


def open_horizon(papers: Sequence[Paper], liked: Array, date: str) -> Horizon:
    """Prepare the candidates.

    Args:
        liked: standard deviations for upvotes and stars.
        date: ISO 8601, UTC.
    """
    upvoted = {row: paper.signals.upvotes or 0 for row, paper in enumerate(papers)}
    rows = [row for row, upvotes in upvoted.items() if upvotes >= MIN_TRENDING_UPVOTES]
    rows.sort(key=lambda row: -upvoted[row])
    trending = {row: Pick(papers[row], "", 0.0, tuple(signal_reasons(papers[row]))) for row in rows}
    lots = np.array([lot(paper.id) for paper in papers], np.uint64)
    whole = np.array([bool(paper.abstract) for paper in papers], bool)
    return Horizon(date, lots, liked, whole, trending)


def explored_places(subscriber: Subscriber, date: str) -> int:
    """Return how many places of this letter explore: the share in the long run, whole each day.

    None of those that the interests must fill, or the day would count as empty for it.
    """
    exact = subscriber.papers * subscriber.explore
    places = int(exact + lot(subscriber.email, date) / 2**64) if exact else 0
    return min(places, max(0, subscriber.papers - subscriber.least_papers))


def explored(
    horizon: Horizon, subscriber: Subscriber, best: Array, threshold: float, alike: Array
) -> list[int]:
    """Return papers under the threshold of every interest: liked by others, near, or by chance.

    Args:
        best: (papers,): what the interest says that suits each best; -inf: must not be chosen.
        alike: (papers, papers): cosines; no two that are one to a reader are chosen.
    """
    places = explored_places(subscriber, horizon.date)
    if not places:
        return []
    rows = np.flatnonzero((best < threshold) & horizon.whole)
    luck = _luck(horizon.lots[rows], lot(subscriber.email, horizon.date))
    appeal = best[rows] / 2 + horizon.liked[rows] + luck
    chosen = list[int]()
    while len(chosen) < places and np.isfinite(appeal).any():  # few: quicker than to sort all
        best_left = int(appeal.argmax())
        chosen.append(int(rows[best_left]))
        appeal[alike[rows[best_left], rows] >= DUPLICATE] = -np.inf
        appeal[best_left] = -np.inf  # also where a paper without words is not like itself
    return chosen


def beyond_reason(paper: Paper, subscriber: Subscriber) -> Reason:
    """Say that a paper is outside the topics, and where it is in a category asked for all the same.

    A category says which papers a reader looks through; the topics say what for.
    """
    named = {category_names(n)[-1]: n for i in subscriber.interests for n in i.categories}
    for printed in paper.categories:
        if name := next((named[n] for n in category_names(printed) if n in named), ""):
            return Reason("explore", f"in {printed}, but {OUTSIDE.text}", printed, name)
    return OUTSIDE


def lot(*names: str) -> int:
    """Return a number of 64 bits that depends on the names alone."""
    return int.from_bytes(blake2b("\n".join(names).encode(), digest_size=8).digest())


def _luck(lots: Lots, seed: int) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) for each paper, another for another seed.

    One step of SplitMix64 (Steele, Lea and Flood 2014) on the two numbers' exclusive or.
    """
    mixed = lots ^ np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed ^ (mixed >> np.uint64(31))) / 2.0**64


def trending_picks(horizon: Horizon, without: Set[int]) -> tuple[Pick, ...]:
    """Return what others like today, without the papers in these rows."""
    left = [pick for row, pick in horizon.trending.items() if row not in without]
    return tuple(left[:TRENDING])
