"""Learns what sets the examples of an interest apart from the archive's papers most like them.

Least squares in the space of kernels (Suykens and Vandewalle 1999) of the examples against near
misses: papers of the archive's sample that are close to the examples without being among them.
It is the first step of Newton's method for kernel logistic regression, whose further steps change
the shares by a hundredth. What it learns is a weighted sum of papers, near misses with a weight
below 0: it joins the mean of the examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from digest.ranking.arrays import Array, Places, Rows
from digest.ranking.matrices import cells_of, sparse
from digest.ranking.postings import Postings, lay_out, products_within
from digest.ranking.space import Cosines, Features, Space

ENOUGH = 7  # examples: with 3 the mean alone is better, with 5 it depends on the archive
MOST_EXAMPLES = 50  # the last ones of a library: bounds the time, which grows with their square
NEAR_MISSES = 200  # with 100 too many of them are right answers; every second one says less
MIN_SAMPLE = 2 * NEAR_MISSES  # papers: in a smaller archive nearly everything would be near
FREEDOM = 7.5  # C of the squares, where each side weighs 1 in all; 1 to 75 do the same
GROUP = 500  # examples whose closeness to the sample is found at once: bounds memory
SAME = 0.95  # so close to an example is the example itself or its twin, not a near miss
STEPS = 5  # of conjugate gradients: each leaves a fifth of the error
SOLVED = 1e-8  # of the squared error is as good as none
GROUP_SUMS = 200  # sums of near misses held at once, with a number for each leading term
TRIED = 2_048  # terms, those most likely to be heavy, say how heavy the heaviest are at least


@dataclass(frozen=True, slots=True)
class Contrast:
    """What was learnt of one interest: a sum of papers whose length, by closeness, is 1."""

    row: int  # of the interest
    examples: Places  # columns
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
    each = [cells_of(liked, row)[0][-MOST_EXAMPLES:] for row in enough]
    for group in _groups([len(columns) for columns in each]):
        columns = np.unique(np.concatenate(each[group]))
        mine = papers.rows(columns.astype(np.int64))
        laid = lay_out(mine.matched)
        across = _closeness(space.cosines_to_sample(mine, laid), weights)
        places = [np.searchsorted(columns, examples) for examples in each[group]]
        inside = (_closeness(cosines, weights) for cosines in _inside(mine, laid, places))
        for row, examples, at, own in zip(enough[group], each[group], places, inside, strict=True):
            near, shares = _set_apart(own, across[at], among)
            yield Contrast(row, examples, shares[: len(examples)], near, shares[len(examples) :])


def _inside(papers: Features, laid: Postings, groups: list[Rows]) -> Iterator[Cosines]:
    """Yield how alike the papers of each group are, shape (papers, papers) each.

    Args:
        laid: the papers' terms.
        groups: their rows.
    """
    matched = products_within(laid, groups)
    for rows, terms in zip(groups, matched, strict=True):
        latent, semantic = papers.latent[rows], papers.semantic[rows]
        yield terms, latent @ latent.T, semantic @ semantic.T


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
    near, examples = _near_misses(across), len(inside)
    gram = np.empty((examples + len(near), examples + len(near)), np.float32)
    gram[:examples, :examples] = inside
    gram[:examples, examples:] = across[:, near]
    gram[examples:, :examples] = gram[:examples, examples:].T
    gram[examples:, examples:] = among[near][:, near]
    return near, _learn(gram, examples)


def _closeness(cosines: Cosines, weights: tuple[float, float, float]) -> Array:
    """Return the weighted mean of the cosines: 1 for a paper and itself."""
    total = sum(weight * view for weight, view in zip(weights, cosines, strict=True))
    return np.asarray(total / sum(weights), np.float32)


def _near_misses(across: Array) -> Rows:
    """Return the papers of the sample closest to the examples that are none of them, in order."""
    mean = np.where(across.max(axis=0) > SAME, -np.inf, across.mean(axis=0))
    best = np.sort(np.argpartition(-mean, NEAR_MISSES)[:NEAR_MISSES])
    return best[np.isfinite(mean[best])]


def _learn(gram: Array, examples: int) -> Array:
    """Return each paper's share, by conjugate gradients (Hestenes and Stiefel 1952).

    Shares add up to 0, as an intercept makes them: every step is kept at right angles to `level`.
    The matrix is scaled to I + R gram R, R the roots of the weights, and so never near singular.

    Args:
        gram: closeness of all papers to each other, shape (papers, papers); examples come first.
    """
    size = len(gram)
    root = np.full(size, np.sqrt(FREEDOM / max(1, size - examples)), np.float32)
    root[:examples] = np.sqrt(FREEDOM / examples)
    level: Array = root / np.sqrt(root @ root)
    left: Array = root.copy()
    left[examples:] *= -1
    left -= (level @ left) * level
    found, way = np.zeros(size, np.float32), left
    error = np.float32(left @ left)
    solved = SOLVED * (root @ root)
    for _ in range(STEPS):
        if error < solved:  # at once where there are no near misses
            break
        moved = way + root * (gram @ (root * way))
        moved -= (level @ moved) * level
        pace = np.float32(error / (way @ moved))
        found += pace * way
        left = left - pace * moved
        before, error = error, np.float32(left @ left)
        way = left + (error / before) * way
    shares = found * root
    unit: Array = shares / np.sqrt(max(float(shares @ gram @ shares), 1e-12))
    return unit


def less_near_misses(
    space: Space, away: sparse.csr_array, drawn: sparse.csr_array, most: int
) -> sparse.csr_array:
    """Return sums of papers with the near misses of interests taken away, of unit length.

    Args:
        away: shape (interests, sample): shares of near misses.
        drawn: the sums, shape (interests, terms).
        most: terms whoever asked will keep, the heaviest; few more than these are returned.
    """
    starts = range(0, drawn.shape[0], GROUP_SUMS)
    spans = [slice(start, start + GROUP_SUMS) for start in starts]
    return sparse.vstack([_less(space, away[span], drawn[span], most) for span in spans])


def _less(
    space: Space, away: sparse.csr_array, drawn: sparse.csr_array, most: int
) -> sparse.csr_array:
    leaders, rows = space.sample_leaders, drawn.shape[0]
    sums = np.ascontiguousarray((leaders.holders @ away.toarray().T).T)
    owner, places = np.repeat(np.arange(rows), np.diff(drawn.indptr)), leaders.places[drawn.indices]
    led, other = np.flatnonzero(places >= 0), np.flatnonzero(places < 0)
    sums[owner[led], places[led]] += drawn.data[led]
    owner, terms, values = owner[other], drawn.indices[other], drawn.data[other]
    # Of terms that lead nothing, hardly one is held by two near misses: their squares add up.
    squares = away.power(2) @ leaders.rest + np.bincount(owner, np.square(values), rows)
    length = np.sqrt(np.maximum(np.einsum("it,it->i", sums, sums) + squares, 1e-18))
    moves = np.abs(sums) * leaders.reach
    least = _least_of_heavy(moves, most)
    at, kept = np.nonzero((moves >= least[:, None]) & (moves > 0))
    heavy = np.flatnonzero(np.abs(values) * space.weights.reach[terms] >= least[owner])
    owner = np.concatenate((at, owner[heavy]))
    terms = np.concatenate((leaders.terms[kept], terms[heavy]))
    values = np.concatenate((sums[at, kept], values[heavy])) / length[owner]
    order = np.argsort(owner, kind="stable")
    ends = np.cumsum([0, *np.bincount(owner, minlength=rows)], dtype=np.int32)
    cells = (values[order].astype(np.float32), terms[order], ends)
    return sparse.csr_array(cells, shape=drawn.shape)


def _least_of_heavy(moves: Array, most: int) -> Array:
    """Return what the heaviest terms of each row weigh at least, quicker than by sorting all.

    The least of the greatest among some is at most the least of the greatest among all.
    """
    some = moves[:, :TRIED]
    if some.shape[1] <= most:
        return np.zeros(len(moves), np.float32)
    least: Array = np.partition(some, -most, axis=1)[:, -most]
    return least
