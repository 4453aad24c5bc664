"""Products of terms are those of the matrices, whoever is multiplied in the same breath."""

import numpy as np
import pytest
from scipy import sparse

from digest.config.schema import Ranking as Options
from digest.models import Interest
from digest.ranking.fitting import fit_interests
from digest.ranking.index import Index
from digest.ranking.postings import (
    WIDTH,
    Postings,
    in_blocks,
    lay_out,
    mixed,
    products,
    products_among,
)
from digest.ranking.readers import read_wish
from digest.ranking.scene import open_scene
from tests.ranking.papers import NOW, make_papers

TERMS = 3_000

LIKED = ("arxiv:galaxy.2", "arxiv:galaxy.7")


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


@pytest.mark.parametrize("count", [0, 1, 12, 60])
def test_products_of_rows_among_themselves(count: int) -> None:
    """They meet each other as they would in a product of matrices."""
    rows = _rows(count, 0)
    expected = (rows @ rows.T).toarray()
    np.testing.assert_allclose(products_among(lay_out(rows)), expected, rtol=1e-5)


def test_rows_are_mixed_by_their_shares() -> None:
    """As in a product of matrices, rows without a share and terms that nobody holds included."""
    rows, shares = _rows(20, 0), sparse.csr_array(np.eye(3, 20, 5, dtype=np.float32) / 3)
    expected = (shares @ rows).toarray()
    np.testing.assert_allclose(mixed(shares, rows).toarray(), expected, rtol=1e-6)
    assert mixed(shares[:0], rows).shape == (0, rows.shape[1])


def test_a_product_is_the_same_alone_and_in_company() -> None:
    """To the last bit: a score must not depend on who else is scored."""
    rows, others = _rows(50, 0), lay_out(_rows(60, 1))
    together = _products(rows, others)
    for row in range(50):
        assert (_products(rows[[row]], others)[0] == together[row]).all()


def test_every_matrix_counts_in_32_bits() -> None:
    """A single wide one makes scipy widen, at every product, whatever it is multiplied by."""
    papers = make_papers(60)
    scene = open_scene(Index.empty().extended(papers), papers[:20], options=Options(), now=NOW)
    interests = (Interest("A", keywords=("galaxy",)), Interest("B", like=LIKED))
    examples = {paper.id: paper for paper in papers}
    space, day = scene.space, scene.witness.day
    fitted = fit_interests(space, [read_wish(interest, examples) for interest in interests])
    sides = (space.sample_words, space.window_words, space.all_stand_ins.matched)
    for matrix in (fitted.matched, fitted.asked, fitted.examples.matched, *sides):
        assert matrix.nnz
        assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    for matrix in (day.worded, day.matched.holders, fitted.matched_side[0].holders):
        assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
