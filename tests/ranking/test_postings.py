"""Products of terms are those of the matrices, whoever is multiplied in the same breath."""

import numpy as np
import pytest
from scipy import sparse

from digest.ranking.postings import WIDTH, Postings, in_blocks, lay_out, products

TERMS = 3_000


def _rows(count: int, seed: int, density: float = 0.02) -> sparse.csr_array:
    random = np.random.default_rng(seed)
    cells = random.random((count, TERMS)).astype(np.float32)
    return sparse.csr_array(np.where(random.random(cells.shape) < density, cells, 0))


def _products(rows: sparse.csr_array, papers: Postings) -> np.ndarray:
    return products(list(in_blocks(rows)), papers)


@pytest.mark.parametrize("count", [0, 1, 7, WIDTH, WIDTH + 1])
@pytest.mark.parametrize("papers", [0, 1, 40])
def test_products_are_those_of_the_matrices(count: int, papers: int) -> None:
    """Every row meets every paper, in any number of either."""
    rows, others = _rows(count, 0), _rows(papers, 1)
    found = _products(rows, lay_out(others))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (rows @ others.T).toarray(), rtol=1e-5, atol=1e-6)


def test_rows_and_papers_without_a_term_have_nothing_in_common() -> None:
    """Empty rows, empty papers and terms that only one side holds give 0."""
    rows, others = _rows(5, 0, density=0), _rows(5, 1)
    assert not _products(rows, lay_out(others)).any()
    assert not _products(others, lay_out(rows)).any()


def test_a_product_is_the_same_alone_and_in_company() -> None:
    """To the last bit: a score must not depend on who else is scored."""
    rows, others = _rows(50, 0), lay_out(_rows(60, 1))
    together = _products(rows, others)
    for row in range(50):
        assert (_products(rows[[row]], others)[0] == together[row]).all()
