"""Chooses letters from scores, for many readers at once.

Quota per interest, each paper for the interest it suits best, near-duplicates out, maximal
marginal relevance (Carbonell and Goldstein 1998), and nothing under the threshold.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from digest.ranking.arrays import Array, Rows

DUPLICATE = 0.85  # cosine of terms from which two papers are one to a reader
SPARE_CANDIDATES = 6  # per interest, beyond a letter's length: for diversity
MOST_DOUBLES = 50  # of a day, beside which candidates are kept; bounds the work

FAR = np.float32(1_000)  # standard deviations: no score is so high


@dataclass(frozen=True, slots=True)
class Rules:
    """How letters are chosen."""

    threshold: float  # standard deviations
    diversity: float  # 0: by score alone; 1: as different as can be
    doubles: int = 0  # of the day, as `count_doubles` says


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of papers and of interests, shape (readers, places); -1 where a letter ends."""

    papers: Rows
    interests: Rows


@lru_cache(maxsize=4_096)  # most readers share a shape
def share_places(places: int, weights: tuple[float, ...], chance: float = 0.0) -> tuple[int, ...]:
    """Return how many places each interest gets: by weight, largest remainders first.

    Every interest gets one while there are enough places; else some have their turn, in the long
    run as often as their weights say (systematic sampling).

    Args:
        chance: in [0, 1), another one each day: whose turn it is.
    """
    if not weights:
        return ()
    exact = [places * weight / sum(weights) for weight in weights]
    if places < len(weights):
        ends = [int(end + chance) for end in accumulate(exact[:-1])]
        return tuple(end - start for start, end in pairwise([0, *ends, places]))
    quotas = [int(share) for share in exact]
    by_rest = sorted(range(len(weights)), key=lambda i: (quotas[i] - exact[i], i))
    for i in by_rest[: places - sum(quotas)]:
        quotas[i] += 1
    while places >= len(weights) and 0 in quotas:
        quotas[quotas.index(max(quotas))] -= 1
        quotas[quotas.index(0)] += 1
    return tuple(quotas)


def choose(scores: Array, quotas: Rows, alike: Array, rules: Rules) -> Chosen:
    """Choose the letters of readers who have the same number of interests.

    Args:
        scores: (readers, interests, papers); -inf: must not be chosen.
        quotas: (readers, interests); their sum is the length of the letter. Places that one
            interest leaves empty go to the others.
        alike: (papers, papers): cosines.
    """
    readers, _, papers = scores.shape
    length = int(quotas.sum(axis=1).max(initial=0))
    if not readers or not papers or not length:
        empty = np.full((readers, length), -1, np.int64)
        return Chosen(empty, empty)
    kept = min(papers, length + SPARE_CANDIDATES + min(rules.doubles, MOST_DOUBLES))
    candidates, owners, values = _candidates(scores, kept, rules.threshold)
    return _pick(candidates, owners, values, quotas, (alike, rules.diversity))


def count_doubles(alike: Array) -> int:
    """Return how many papers are one to a reader with an earlier one: notes on forty genomes.

    So many places among the candidates may they take from other papers.

    Args:
        alike: (papers, papers): cosines.
    """
    return int(np.tril(alike >= DUPLICATE, -1).any(axis=1).sum())


def _candidates(scores: Array, kept: int, threshold: float) -> tuple[Rows, Rows, Array]:
    """Return each interest's best papers in the order of the pool, each under its best interest.

    Of equal ones the first stay; where an interest has fewer than others, -inf fills its places.
    """
    readers, interests, papers = scores.shape
    own = _owned(scores).reshape(-1, papers)
    least = np.partition(own, papers - kept, axis=1)[:, [papers - kept]]
    good = own >= np.maximum(least, np.float32(threshold))
    for full in np.flatnonzero(good.sum(axis=1) > kept):  # a category alone: all papers are equal
        ties = np.flatnonzero(good[full] & (own[full] == least[full]))
        good[full, ties[kept - good[full].sum() :]] = False
    row, paper = np.nonzero(good)
    counts = np.bincount(row, minlength=len(own))
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (len(own), max(1, counts.max()))
    candidates, values = np.zeros(shape, np.int64), np.full(shape, -np.inf, np.float32)
    candidates[row, place], values[row, place] = paper, own[row, paper]
    owners = np.broadcast_to(np.arange(interests)[None, :, None], (readers, interests, shape[1]))
    flat = (readers, -1)
    return candidates.reshape(flat), owners.reshape(flat), values.reshape(flat)


def _owned(scores: Array) -> Array:
    """Return the scores with each paper left to its best interest, the first of equal ones.

    What is not an interest's own sinks far under any threshold and stays as different as it was:
    numpy partitions a row that says the same again and again four times slower.
    """
    if scores.shape[1] == 1:
        return scores
    others = scores < scores.max(axis=1, keepdims=True)
    for interest in range(1, scores.shape[1]):
        others[:, interest] |= ~others[:, :interest].all(axis=1)
    sunk: Array = scores - others * FAR
    return sunk


def _pick(
    candidates: Rows, owners: Rows, values: Array, quotas: Rows, taste: tuple[Array, float]
) -> Chosen:
    """Take the best candidate of every reader, again and again, until the letters are full."""
    alike, diversity = taste
    readers, everyone = len(values), np.arange(len(values))
    length, left = int(quotas.sum(axis=1).max()), quotas.copy()
    size = quotas.sum(axis=1)
    top = np.maximum(values.max(axis=1, keepdims=True), 1e-9)
    worth = np.where(np.isfinite(values), (1 - diversity) * values / top, -np.inf)
    nearest, value = np.zeros_like(worth), np.empty_like(worth)
    # Places within the quota first; the score orders them all within a section later.
    within = np.where(np.take_along_axis(left, owners, axis=1) > 0, np.float32(1e3), 0)
    papers, interests = (np.full((readers, length), -1, np.int64) for _ in range(2))
    for place in range(length):
        np.multiply(nearest, -diversity, out=value)
        value += worth
        value += within
        best = value.argmax(axis=1)
        found = np.flatnonzero(np.isfinite(value[everyone, best]) & (place < size))
        if not len(found):
            break
        chosen = best[found]
        paper, owner = candidates[found, chosen], owners[found, chosen]
        papers[found, place], interests[found, place] = paper, owner
        left[found, owner] -= 1
        full = left[found, owner] == 0
        within[found[full]] *= owners[found[full]] != owner[full, None]
        closeness = np.zeros_like(nearest)
        closeness[found] = alike[paper[:, None], candidates[found]]
        np.maximum(nearest, closeness, out=nearest)
        worth[closeness >= DUPLICATE] = -np.inf
        worth[found, chosen] = -np.inf
    return Chosen(papers, interests)
