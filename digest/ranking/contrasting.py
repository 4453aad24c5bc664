"""Learns what sets the examples of an interest apart from the archive's papers most like them.

Least squares in the space of kernels (Suykens and Vandewalle 1999) of the examples against near
misses: papers of the archive's sample that are close to the examples. It is the first step of
Newton's method for kernel logistic regression, whose further steps change the shares by a
hundredth. What it learns is a weighted sum of papers, near misses with a weight below 0: it joins
the mean of the examples.
"""

import numpy as np

from digest.ranking.arrays import Array, Rows
from digest.ranking.matrices import cells_of, sparse

ENOUGH = 7  # examples: with 3 the mean alone is better, with 5 it depends on the archive
MOST_EXAMPLES = 50  # the last ones of a library: bounds the time, which grows with their cube
NEAR_MISSES = 200  # with 100 too many of them are right answers; every second one says less
MIN_SAMPLE = 2 * NEAR_MISSES  # papers: in a smaller archive nearly everything would be near
FREEDOM = 7.5  # C of the squares, where each side weighs 1 in all; 1 to 75 do the same
SHORTEST = 0.01  # a sum: where examples and near misses are the same, what is left is rounding


def set_apart(
    liked: sparse.csr_array, papers: Array, sample: Array
) -> tuple[Rows, sparse.csr_array]:
    """Return the interests that have enough examples, and what is learnt of each.

    Args:
        liked: shape (interests, papers): a cell for each example.
        papers: shape (papers, dimensions), unit length: two are as close as their product says.
        sample: papers of the archive, likewise.

    Returns:
        Rows of interests, in order, and for each a sum of papers whose length is 1: its shares,
        shape (rows, papers + sample), of the sample below 0.
    """
    enough = np.flatnonzero(np.diff(liked.indptr) >= ENOUGH)
    rows = enough if len(sample) >= MIN_SAMPLE else enough[:0]
    columns, shares = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for row in rows.tolist():
        examples = cells_of(liked, row)[0][-MOST_EXAMPLES:]
        closeness = sample @ papers[examples].mean(axis=0)
        near = np.argpartition(-closeness, NEAR_MISSES)[:NEAR_MISSES]
        columns.append(np.concatenate((examples, len(papers) + near)))
        shares.append(_learn(np.vstack((papers[examples], sample[near])), len(examples)))
    ends = np.cumsum([0, *map(len, shares[1:])], dtype=np.int32)
    cells = (np.concatenate(shares), np.concatenate(columns).astype(np.int32), ends)
    return rows, sparse.csr_array(cells, shape=(len(rows), len(papers) + len(sample)))


def _learn(papers: Array, examples: int) -> Array:
    """Return each paper's share; all together are 0, as an intercept makes them.

    Args:
        papers: examples come first.
    """
    size = len(papers)
    slack = np.full(size, (size - examples) / FREEDOM, np.float32)
    slack[:examples] = examples / FREEDOM
    gram = np.zeros((size + 1, size + 1), np.float32)
    gram[:size, :size] = papers @ papers.T + np.diag(slack)
    gram[size, :size] = gram[:size, size] = 1
    wanted = np.repeat(np.array([1, -1, 0], np.float32), (examples, size - examples, 1))
    shares: Array = np.linalg.solve(gram, wanted)[:size]
    return shares / max(float(np.linalg.norm(shares @ papers)), SHORTEST)
