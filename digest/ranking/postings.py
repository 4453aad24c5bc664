"""Multiplies many rows of terms by many others as an inverted file is read: term by term.

Each paper under a term adds a whole row of numbers at once, those of all interests that hold the
term, so the inner loop runs over neighbouring memory. For some hundred interests that takes a
third of the time of a product of sparse matrices, which looks for the place of every number. Terms
that few of the interests hold are multiplied as sparse ones all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digest.ranking.arrays import Array, Places
from digest.ranking.matrices import sparse

WIDTH = 500  # rows multiplied at once: fills the inner loop and bounds memory
FEW = 14  # rows that hold a term: for these alone it is quicker to look for the place of a number
COMMON = 25  # a term held by more than one in so many rows is common


@dataclass(frozen=True)  # no slots: the look-up is made only where it is asked for
class Postings:
    """Some rows, laid out by term: who holds each, and by how much."""

    terms: Places  # (held,): those that any row holds
    holders: sparse.csr_array  # (held, rows)
    all_terms: int  # held or not

    def __len__(self) -> int:
        return int(self.holders.shape[1])

    @cached_property
    def places(self) -> Places:
        """Where each of all terms stands in `terms`, -1 where it does not."""
        places = np.full(self.all_terms, -1, np.int32)
        places[self.terms] = np.arange(len(self.terms))
        return places


def lay_out(rows: sparse.csr_array) -> Postings:
    """Lay rows out by term.

    Args:
        rows: shape (rows, terms).
    """
    terms, narrow = _narrow(rows)
    return Postings(terms, sparse.csr_array(narrow.T), rows.shape[1])


def mixed(shares: sparse.csr_array, rows: sparse.csr_array) -> sparse.csr_array:
    """Return `shares @ rows`, the terms of each row in no order.

    With none but the terms that are held, what scipy works in stays in the processor's cache.
    """
    terms, narrow = _narrow(rows)
    found = shares @ narrow
    cells = (found.data, terms[found.indices], found.indptr.astype(np.int32))
    return sparse.csr_array(cells, shape=(shares.shape[0], rows.shape[1]))


def _narrow(rows: sparse.csr_array) -> tuple[Places, sparse.csr_array]:
    """Return the terms that any row holds, and the rows without the other columns."""
    # Whose cell it is and its term fit into 64 bits: sorting some cells is quicker than to write
    # down something for each of all terms there are.
    cells = rows.indices.astype(np.uint64) << np.uint64(32)
    cells |= np.arange(len(cells), dtype=np.uint64)
    cells.sort()
    found, owner = (cells >> np.uint64(32)).astype(np.int32), cells.astype(np.uint32)
    fresh = np.ones(len(found), bool)
    np.not_equal(found[1:], found[:-1], out=fresh[1:])
    terms, columns = found[fresh], np.empty(len(found), np.int32)
    columns[owner] = np.cumsum(fresh, dtype=np.int32) - 1
    narrow = (rows.data, columns, rows.indptr.astype(np.int32))
    return terms, sparse.csr_array(narrow, shape=(rows.shape[0], len(terms)))


def in_blocks(rows: sparse.csr_array) -> Iterator[Postings]:
    """Lay any number of rows out, in blocks as `products` wants them."""
    for start in range(0, rows.shape[0], WIDTH):
        yield lay_out(rows[start : start + WIDTH])


def products(blocks: Sequence[Postings], papers: Postings) -> Array:
    """Return the dot products of all rows of the blocks with papers, shape (rows, papers)."""
    found = np.empty((sum(map(len, blocks)), len(papers)), np.float32)
    start = 0
    for block in blocks:
        found[start : start + len(block)] = _sums(block, papers).T
        start += len(block)
    return found


def products_among(papers: Postings) -> Array:
    """Return the dot products of papers with each other, shape (papers, papers).

    Terms that many of them hold are multiplied as a dense matrix, which is quicker for these.
    """
    holders = papers.holders
    times = np.diff(holders.indptr)
    common, alone = times * COMMON > len(papers), times == 1
    dense, others = holders[common].toarray(), holders[~common & ~alone]
    found: Array = (sparse.csr_array(others.T) @ others).toarray()
    found += dense.T @ dense
    own = holders[~common & alone]
    found.flat[:: len(papers) + 1] += np.bincount(own.indices, np.square(own.data), len(papers))
    return found


def _sums(block: Postings, papers: Postings) -> Array:
    """Return the dot products of papers and a block's rows, shape (papers, rows)."""
    places = papers.places[block.terms]
    shared = np.flatnonzero(places >= 0)
    many = np.diff(block.holders.indptr)[shared] > FEW
    few, shared = shared[~many], shared[many]
    found: Array = papers.holders[places[shared]].T @ block.holders[shared].toarray()
    found += (sparse.csr_array(papers.holders[places[few]].T) @ block.holders[few]).toarray()
    return found
