"""One day's papers, scored for many interests at once: two products of terms and a dense one."""

from dataclasses import dataclass

import numpy as np

from digest.ranking.arrays import Array
from digest.ranking.fitting import KEYWORDS, MATCHED, Fitted
from digest.ranking.matrices import sparse
from digest.ranking.postings import Postings, lay_out, products
from digest.ranking.space import Features, Space


@dataclass(frozen=True, slots=True)
class Day:
    """The candidates in the form that scores are computed from, made once a day."""

    features: Features
    common: Array  # (papers,): each paper's product with the archive's mean
    matched: Postings
    worded: sparse.csr_array  # (terms, papers): a query has few terms, so no postings
    dense_side: Array  # (papers, latent + semantic + 1)

    def __len__(self) -> int:
        return len(self.common)


def open_day(space: Space, features: Features) -> Day:
    """Prepare the candidates for scoring."""
    common = (features.matched @ space.common).astype(np.float32)
    dense = np.hstack((features.latent, features.semantic, common[:, None]))
    terms = (lay_out(features.matched), sparse.csr_array(features.worded.T))
    return Day(features, common, *terms, dense.astype(np.float32))


def score_day(fitted: Fitted, day: Day) -> Array:
    """Return scores in standard deviations above the archive's mean, (interests, papers)."""
    scores = products(fitted.matched_side, day.matched)
    scores *= fitted.gains[:, [MATCHED]]
    if fitted.asked.nnz:
        said: Array = (fitted.asked @ day.worded).toarray()
        said *= fitted.gains[:, [KEYWORDS]]
        scores += said
    scores += fitted.dense_side @ day.dense_side.T
    scores += fitted.shift[:, None]
    return scores
