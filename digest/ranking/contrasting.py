"""Learns what sets the examples of an interest apart from the archive's papers most like them.

Kernel logistic regression (Zhu and Hastie 2005) of the examples against near misses: papers of the
archive's sample that are close to the examples without being among them. What it learns is a
weighted sum of papers, near misses with a weight below 0: it joins the mean of the examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg.lapack import sposv

from digest.ranking.postings import Places
from digest.ranking.space import Array, Cosines, Features, Space

ENOUGH = 7  # examples: with 3 the mean alone is better, with 5 it depends on the archive
MOST_EXAMPLES = 50  # the last ones of a library: bounds the time, which grows with their cube
NEAR_MISSES = 200  # with 100 too many of them are right answers; 400 do the same at thrice the cost
MIN_SAMPLE = 2 * NEAR_MISSES  # papers: in a smaller archive nearly everything would be near
FREEDOM = 30.0  # C of the regression, where each side weighs 1 in all; 3 to 300 do the same
GROUP = 500  # examples whose closeness to the sample is found at once: bounds memory
SAME = 0.95  # so close to an example is the example itself or its twin, not a near miss
STEPS = 10  # of Newton's method at most; it settles after three or four
TRIED = 4_096  # terms, those most likely to be heavy, say how heavy the heaviest are at least
SETTLED = 1e-3  # the largest change of a share that ends it

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What was learnt of one interest: a sum of papers whose length, by closeness, is 1."""

    row: int  # of the interest
    examples: npt.NDArray[np.int32]  # columns
    shares: Array  # of the examples
    near: Rows  # rows of the space's sample
    away: Array  # shares of these, below 0


def find_contrasts(
    space: Space, weights: tuple[float, float, float], liked: sparse.csr_array, papers: Features
) -> Iterator[Contrast]:
    """Yield what is learnt of each interest with enough examples, in their order.

    Args:
        weights: of the cosines of terms, of the latent places and of embeddings in closeness.
        liked: shape (interests, papers): a cell for each example.
        papers: the examples of all interests.
    """
    enough = np.flatnonzero(np.diff(liked.indptr) >= ENOUGH).tolist()
    if not enough or space.sample.latent.shape[0] < MIN_SAMPLE:
        return
    among = _closeness(space.sample_cosines, weights)
    owned = [liked.indices[liked.indptr[row] : liked.indptr[row + 1]] for row in enough]
    each = [columns[-MOST_EXAMPLES:] for columns in owned]
    for group in _groups([len(columns) for columns in each]):
        columns = np.unique(np.concatenate(each[group]))
        mine = papers.rows(columns.astype(np.int64))
        across = _closeness(space.cosines_to_sample(mine), weights)
        for row, examples in zip(enough[group], each[group], strict=True):
            at = np.searchsorted(columns, examples)
            inside = _closeness(mine.rows(at).cosines(), weights)
            near, shares = _set_apart(inside, across[at], among)
            yield Contrast(row, examples, shares[: len(examples)], near, shares[len(examples) :])


def _groups(sizes: list[int]) -> Iterator[slice]:
    """Yield neighbours that have about GROUP examples between them."""
    start, total = 0, 0
    for end, size in enumerate(sizes):
        if total and total + size > GROUP:
            yield slice(start, end)
            start, total = end, 0
        total += size
    yield slice(start, len(sizes))


def _set_apart(inside: Array, across: Array, among: Array) -> tuple[Rows, Array]:
    """Return the near misses of an interest, and the shares of its examples and of these.

    Args:
        inside: closeness of the examples to each other.
        across: of the examples to the sample, a row for each example.
        among: of the sample's papers to each other.
    """
    near = _near_misses(across)
    across = across[:, near]
    gram = np.block([[inside, across], [across.T, among[np.ix_(near, near)]]])
    return near, _learn(gram, len(inside))


def _closeness(cosines: Cosines, weights: tuple[float, float, float]) -> Array:
    """Return the weighted mean of the cosines: 1 for a paper and itself."""
    total = sum(weight * view for weight, view in zip(weights, cosines, strict=True))
    return np.asarray(total / sum(weights), np.float32)


def _near_misses(across: Array) -> Rows:
    """Return the papers of the sample closest to the examples that are none of them."""
    mean = np.where(across.max(axis=0) > SAME, -np.inf, across.mean(axis=0))
    best = np.argsort(-mean, kind="stable")[:NEAR_MISSES]
    return best[np.isfinite(mean[best])]


def _learn(gram: Array, examples: int) -> Array:
    """Return each paper's share, by iteratively reweighted least squares.

    Args:
        gram: closeness of all papers to each other, shape (papers, papers); examples come first.
    """
    size = len(gram)
    right = np.arange(size) < examples
    each = FREEDOM * np.where(right, 1 / examples, 1 / max(1, size - examples))
    weights = each.astype(np.float32)
    shares, sums = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for _ in range(STEPS):
        before = shares
        shares, start = _step(gram, right, weights, sums)
        if np.abs(shares - before).max() < SETTLED:
            break
        sums = gram @ shares + start
    unit: Array = shares / np.sqrt(max(float(shares @ gram @ shares), 1e-12))
    return unit


def _step(
    gram: Array, right: npt.NDArray[np.bool_], weights: Array, sums: Array
) -> tuple[Array, np.float32]:
    """Return shares and intercept after one step of Newton's from these scores.

    The matrix to solve is scaled to I + R gram R, R the roots of the slopes: no closer to singular
    than single precision bears, however small a slope is.
    """
    chance = 1 / (1 + np.exp(-np.clip(sums, -30, 30)))
    slope = np.maximum(weights * chance * (1 - chance), np.float32(1e-8))
    root = np.sqrt(slope)
    wanted = sums + weights * (right - chance) / slope
    scaled = gram * root
    scaled *= root[:, None]
    scaled.flat[:: len(gram) + 1] += 1
    sides = np.stack((wanted * root, root), axis=1)
    solved = sposv(scaled.T, sides, overwrite_a=True)[1] * root[:, None]
    start = solved[:, 0].sum() / solved[:, 1].sum()
    return solved[:, 0] - start * solved[:, 1], start


def less_near_misses(
    space: Space, contrast: Contrast, terms: Places, values: Array, most: int
) -> tuple[Places, Array]:
    """Return a sum of papers with the near misses of an interest taken away, of unit length.

    Args:
        terms: those of the sum, without doubles.
        values: how much it holds of each.
        most: terms whoever asked will keep, the heaviest; few more than these are returned.
    """
    leaders = space.sample_leaders
    sums = leaders.rows[contrast.near].T @ contrast.away
    places = leaders.places[terms]
    led = places >= 0
    sums[places[led]] += values[led]
    other = values[~led]
    # Of terms that lead nothing, hardly one is held by two near misses: their squares add up.
    rest = np.square(contrast.away) @ leaders.rest[contrast.near]
    length = np.sqrt(sums @ sums + other @ other + rest)
    kept = _heavy(np.abs(sums) * leaders.reach, most)
    terms = np.concatenate((leaders.terms[kept], terms[~led]))
    return terms, np.concatenate((sums[kept], other)) / np.maximum(length, np.float32(1e-9))


def _heavy(moves: Array, most: int) -> Rows:
    """Return where the greatest are, and few others, quicker than by a partition of all.

    The least of the greatest among some is at most the least of the greatest among all.
    """
    some = moves[:TRIED]
    least = np.partition(some, -most)[-most] if len(some) > most else np.float32(0)
    return np.flatnonzero((moves >= least) & (moves > 0))
