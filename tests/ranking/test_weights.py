"""Terms weigh what their formulas say, looked up by how many papers hold them."""

import numpy as np

from digest.ranking.index import Index
from digest.ranking.latent import PAIR_WEIGHT, inverse_frequency
from digest.ranking.weights import IDF_POWER, weigh_terms
from tests.ranking.papers import make_papers


def test_weights_are_those_of_the_formulas() -> None:
    """Term by term, and last a term never seen."""
    index = Index.empty().extended(make_papers(40))
    weights = weigh_terms(index)
    idf = inverse_frequency(index.frequency, index.papers)
    gains = idf**IDF_POWER * np.where(index.terms % 2 == 1, PAIR_WEIGHT, 1)
    left = index.papers - index.frequency
    bm25_idf = np.log1p((left + 0.5) / (index.frequency + 0.5))
    np.testing.assert_allclose(weights.idf, idf, rtol=1e-6)
    np.testing.assert_allclose(weights.gains[:-1], gains, rtol=1e-6)
    np.testing.assert_allclose(weights.bm25_idf[:-1], bm25_idf, rtol=1e-6)
    reach = idf**IDF_POWER * np.sqrt(index.frequency)
    np.testing.assert_allclose(weights.reach, reach, rtol=1e-6)
    assert weights.gains[-1] > weights.gains[:-1].max()
    assert weights.bm25_idf[-1] == 0


def test_an_empty_archive_has_a_weight_for_the_unseen_only() -> None:
    """Nothing to look up is no error."""
    weights = weigh_terms(Index.empty())
    assert len(weights.idf) == 0
    assert len(weights.gains) == 1
