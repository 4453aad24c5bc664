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

from digest.ranking.space import Array, Cosines, Features, Space

ENOUGH = 7  # examples: with 3 the mean alone is better, with 5 it depends on the archive
MOST_EXAMPLES = 50  # the last ones of a library: bounds the time, which grows with their cube
NEAR_MISSES = 200  # with 100 too many of them are right answers; 400 do the same at thrice the cost
MIN_SAMPLE = 2 * NEAR_MISSES  # papers: in a smaller archive nearly everything would be near
FREEDOM = 30.0  # C of the regression, where each side weighs 1 in all; 3 to 300 do the same
SAME = 0.95  # so close to an example is the example itself or its twin, not a near miss
STEPS = 10  # of Newton's method at most; it settles after three or four
SETTLED = 1e-3  # the largest change of a share that ends it

Rows = npt.NDArray[np.int64]
Exact = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What was learnt of one interest: a sum of papers whose length, by closeness, is 1."""

    row: int  # of the interest
    examples: npt.NDArray[np.int32]  # columns
    shares: Exact  # of the examples
    near: Rows  # rows of the space's sample
    away: Exact  # shares of these, below 0


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
    for row in enough:
        examples = liked.indices[liked.indptr[row] : liked.indptr[row + 1]][-MOST_EXAMPLES:]
        mine = papers.rows(examples.astype(np.int64))
        across = _closeness(space.cosines_to_sample(mine), weights)
        near = _near_misses(across)
        inside, across = _closeness(mine.cosines(), weights), across[:, near]
        gram = np.block([[inside, across], [across.T, among[np.ix_(near, near)]]])
        shares = _learn(gram.astype(np.float64), len(examples))
        yield Contrast(row, examples, shares[: len(examples)], near, shares[len(examples) :])


def _closeness(cosines: Cosines, weights: tuple[float, float, float]) -> Array:
    """Return the weighted mean of the cosines: 1 for a paper and itself."""
    total = sum(weight * view for weight, view in zip(weights, cosines, strict=True))
    return np.asarray(total / sum(weights), np.float32)


def _near_misses(across: Array) -> Rows:
    """Return the papers of the sample closest to the examples that are none of them."""
    mean = np.where(across.max(axis=0) > SAME, -np.inf, across.mean(axis=0))
    best = np.argsort(-mean, kind="stable")[:NEAR_MISSES]
    return best[np.isfinite(mean[best])]


def _learn(gram: Exact, examples: int) -> Exact:
    """Return each paper's share, by iteratively reweighted least squares.

    Args:
        gram: closeness of all papers to each other, shape (papers, papers); examples come first.
    """
    size = len(gram)
    right = np.arange(size) < examples
    weights = FREEDOM * np.where(right, 1 / examples, 1 / max(1, size - examples))
    shares, start = np.zeros(size), 0.0
    for _ in range(STEPS):
        before = shares
        shares, start = _step(gram, right, weights, gram @ shares + start)
        if np.abs(shares - before).max() < SETTLED:
            break
    unit: Exact = shares / np.sqrt(max(float(shares @ gram @ shares), 1e-12))
    return unit


def _step(
    gram: Exact, right: npt.NDArray[np.bool_], weights: Exact, sums: Exact
) -> tuple[Exact, float]:
    """Return shares and intercept after one step of Newton's from these scores."""
    chance = 1 / (1 + np.exp(-np.clip(sums, -30, 30)))
    slope = np.maximum(weights * chance * (1 - chance), 1e-8)
    wanted = sums + weights * (right - chance) / slope
    sides = np.stack((wanted, np.ones(len(gram))), axis=1)
    solved = np.linalg.solve(gram + np.diag(1 / slope), sides)
    start = float(solved[:, 0].sum() / solved[:, 1].sum())
    return solved[:, 0] - start * solved[:, 1], start
