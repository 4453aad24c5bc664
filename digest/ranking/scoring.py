"""Scores a day's papers for many interests at once: two products, one sparse, one dense."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from digest.ranking.fitting import Fitted
from digest.ranking.space import Array, Features, Space


@dataclass(frozen=True, slots=True)
class Day:
    """The candidates in the form that scores are computed from, made once a day."""

    features: Features
    common: Array  # (papers,): each paper's product with the archive's mean
    sparse_side: sparse.csr_array  # (2 x terms, papers): matched over worded
    dense_side: Array  # (papers, latent + semantic + 1)

    def __len__(self) -> int:
        return len(self.common)


def open_day(space: Space, features: Features) -> Day:
    """Prepare the candidates for scoring."""
    common = (features.matched @ space.common).astype(np.float32)
    stacked = sparse.hstack((features.matched, features.worded), format="csr")
    dense = np.hstack((features.latent, features.semantic, common[:, None]))
    return Day(features, common, sparse.csr_array(stacked.T), dense.astype(np.float32))


def score_day(fitted: Fitted, day: Day) -> Array:
    """Return scores in standard deviations above the archive's mean, (interests, papers)."""
    scores: Array = (fitted.sparse_side @ day.sparse_side).toarray().astype(np.float32)
    scores += fitted.dense_side @ day.dense_side.T
    scores += fitted.shift[:, None]
    return scores
