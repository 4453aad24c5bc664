"""Multiplies many rows of terms by many others as an inverted file is read: term by term.

Each paper under a term adds a whole row of numbers at once, those of all interests that hold the
term, so the inner loop runs over neighbouring memory. For some hundred interests that takes a
third of the time of a product of sparse matrices, which looks for the place of every number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

WIDTH = 500  # rows multiplied at once: bounds memory (some 10 MB) and fills the inner loop
# The terms are gone through in so many parts, so that the numbers of one part stay in the cache.
# A fixed number: the sums of one row must not depend on which others are beside it.
PARTS = 8

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Postings:
    """Some papers, laid out by term: who holds each, and by how much."""

    places: Places  # (all terms,): which row of `holders` is a term's; -1: nobody holds it
    holders: sparse.csr_array  # (terms that are held, papers)

    def __len__(self) -> int:
        return int(self.holders.shape[1])


def lay_out(papers: sparse.csr_array) -> Postings:
    """Lay papers out by term.

    Args:
        papers: shape (papers, terms).
    """
    columns = sparse.csc_array(papers)
    held = np.flatnonzero(np.diff(columns.indptr))
    places = np.full(papers.shape[1], -1, np.int32)
    places[held] = np.arange(len(held))
    starts = np.append(columns.indptr[held], columns.indptr[-1:])
    cells = (columns.data, columns.indices, starts)
    return Postings(places, sparse.csr_array(cells, shape=(len(held), papers.shape[0])))


def products(rows: sparse.csr_array, postings: Postings) -> Array:
    """Return the dot products of rows and papers, shape (rows, papers).

    Args:
        rows: shape (rows, terms).
    """
    found = np.empty((rows.shape[0], len(postings)), np.float32)
    for start in range(0, len(found), WIDTH):
        some = slice(start, start + WIDTH)
        found[some] = _sums(rows[some], postings).T
    return found


def _sums(rows: sparse.csr_array, postings: Postings) -> Array:
    """Return the dot products of papers and rows, shape (papers, rows)."""
    shared, ours = _turned(rows, postings)
    theirs = postings.holders[shared]
    total = np.zeros((len(postings), rows.shape[0]), np.float32)
    for part in _parts(shared, postings.holders.shape[0]):
        total += theirs[part].T @ ours[part].toarray()
    return total


def _turned(rows: sparse.csr_array, postings: Postings) -> tuple[Places, sparse.csr_array]:
    """Return which rows of `holders` some rows have a share in, sorted, and the shares.

    Returns:
        The places, and the shares in shape (places, rows).
    """
    places = postings.places[rows.indices]
    known = places >= 0
    ends = np.append(np.int32(0), np.cumsum(known, dtype=np.int32))[rows.indptr]
    places = places[known]
    held = np.zeros(postings.holders.shape[0], bool)
    held[places] = True
    columns = (np.cumsum(held, dtype=np.int32) - 1)[places]
    shared = np.flatnonzero(held).astype(np.int32)
    size = (rows.shape[0], len(shared))
    kept = sparse.csr_array((rows.data[known], columns, ends), shape=size)
    return shared, sparse.csr_array(kept.T)


def _parts(shared: Places, terms: int) -> Iterator[slice]:
    """Yield spans of the sorted places, cut where they pass the same share of all terms."""
    limits = np.linspace(0, terms, PARTS + 1).astype(np.int64)
    for start, end in pairwise(np.searchsorted(shared, limits).tolist()):
        if start < end:
            yield slice(start, end)
