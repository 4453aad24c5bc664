"""Scores a day's papers for many interests at once: a product of terms and a dense one."""

from dataclasses import dataclass

import numpy as np

from digest.ranking.fitting import KEYWORDS, MATCHED, Fitted
from digest.ranking.postings import Postings, lay_out, products
from digest.ranking.space import Array, Features, Space


@dataclass(frozen=True, slots=True)
class Day:
    """The candidates in the form that scores are computed from, made once a day."""

    features: Features
    common: Array  # (papers,): each paper's product with the archive's mean
    matched: Postings  # the papers' terms, by term
    worded: Postings
    dense_side: Array  # (papers, latent + semantic + 1)

    def __len__(self) -> int:
        return len(self.common)


def open_day(space: Space, features: Features) -> Day:
    """Prepare the candidates for scoring."""
    common = (features.matched @ space.common).astype(np.float32)
    dense = np.hstack((features.latent, features.semantic, common[:, None]))
    terms = (lay_out(features.matched), lay_out(features.worded))
    return Day(features, common, *terms, dense.astype(np.float32))


def score_day(fitted: Fitted, day: Day) -> Array:
    """Return scores in standard deviations above the archive's mean, (interests, papers)."""
    scores = products(fitted.matched, day.matched)
    scores *= fitted.gains[:, [MATCHED]]
    scores += fitted.gains[:, [KEYWORDS]] * products(fitted.asked, day.worded)
    scores += fitted.dense_side @ day.dense_side.T
    scores += fitted.shift[:, None]
    return scores
