"""Finds the archive's main directions of meaning: latent semantic analysis of its term counts.

Deerwester et al. 1990; the randomised decomposition is that of Halko, Martinsson and Tropp 2011
(arXiv:0909.4061, algorithm 5.1 with power iterations).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from digest.ranking.arrays import Array, Counts, Numbers, Rows, unit_cells, unit_length
from digest.ranking.bags import Bags, evenly, places_in
from digest.ranking.matrices import sparse

DIMENSIONS = 96  # measured: nDCG 0.485 with 80 to 128, 0.481 with 192; fewer cost less
PAPERS_PER_DIMENSION = 4  # a young archive gets fewer directions
MIN_DIMENSIONS = 16  # in fewer, papers that have nothing in common lie side by side
MAX_ROWS = 8_000  # papers the fit looks at, spread evenly over the window
MAX_FEATURES = 30_000  # the most frequent terms
MIN_WORD_PAPERS, MIN_PAIR_PAPERS = 3, 4  # rarer terms say nothing about directions
IDF_POWER = 2.25  # measured: directions want rare terms more than single matches do
PAIR_WEIGHT = 0.7
OVERSAMPLING = 10
POWER_ITERATIONS = 3  # measured: nDCG 0.4775 with one, 0.4832 with two, 0.4847 with three or five


@dataclass(frozen=True)  # no slots: the numbers are made wide once, when asked for
class Basis:
    """A projection of term vectors to a few dozen numbers."""

    terms: Numbers  # sorted; the only ones the projection looks at
    rows: npt.NDArray[np.float16]  # (terms, dimensions)
    mean: Array  # (dimensions,): the archive's mean, projected

    @classmethod
    def empty(cls) -> "Basis":
        """Return a projection to nothing."""
        rows = np.zeros((0, 0), np.float16)
        return cls(np.zeros(0, np.uint32), rows, np.zeros(0, np.float32))

    @cached_property
    def directions(self) -> Array:
        """The rows as products want them."""
        return self.rows.astype(np.float32)

    def project(self, bags: Bags, places: Rows, idf: Array) -> Array:
        """Return unit vectors, shape (papers, dimensions); zero where no term is known.

        Args:
            places: of each term of the bags among the basis' terms, -1 where it has none.
            idf: of each of the basis' terms.
        """
        if not len(self.mean):
            return np.zeros((len(bags), 0), np.float32)
        return unit_length(weigh(bags, places, self.terms, idf) @ self.directions - self.mean)


def weigh(bags: Bags, places: Rows, terms: Numbers, idf: Array) -> sparse.csr_array:
    """Return unit rows of sqrt(count) idf^2.25, shape (papers, terms); other terms are left out."""
    known = places >= 0
    columns, owner = places[known], bags.owners[known]
    gain = idf**IDF_POWER * np.where(terms & 1, PAIR_WEIGHT, 1.0)
    counts = np.sqrt(bags.counts[known].astype(np.float32))
    values = unit_cells(counts * gain[columns], owner, len(bags))
    ends = np.append(0, np.cumsum(np.bincount(owner, minlength=len(bags)))).astype(np.int32)
    cells = (values.astype(np.float32), columns.astype(np.int32), ends)
    return sparse.csr_array(cells, shape=(len(bags), len(terms)))


def fit_basis(bags: Bags, terms: Numbers, frequency: Counts, papers: int) -> Basis:
    """Return the projection to the main directions of the archive's window.

    The same archive gives the same projection.

    Args:
        bags: the papers of the window.
        terms: all terms of the archive, sorted.
        frequency: of each of them, in papers.
        papers: that the archive ever held.
    """
    chosen = evenly(len(bags), MAX_ROWS)
    terms, frequency = _features(terms, frequency)
    idf = inverse_frequency(frequency, papers)
    dimensions = min(DIMENSIONS, len(chosen) // PAPERS_PER_DIMENSION, len(terms) - 1)
    if dimensions < MIN_DIMENSIONS:
        return Basis.empty()
    seen = bags.rows(chosen)
    rows = weigh(seen, places_in(terms, seen.terms), terms, idf)
    mean = np.asarray(rows.mean(axis=0), np.float32).ravel()
    directions = _main_directions(rows, mean, dimensions)
    return Basis(terms, directions.astype(np.float16), (mean @ directions).astype(np.float32))


def _features(terms: Numbers, frequency: Counts) -> tuple[Numbers, Counts]:
    """Return the terms the projection looks at, sorted, and their frequency."""
    pair = terms % 2 == 1
    enough = frequency >= np.where(pair, MIN_PAIR_PAPERS, MIN_WORD_PAPERS)
    candidates = np.flatnonzero(enough)
    most = np.argsort(-frequency[candidates], kind="stable")[:MAX_FEATURES]
    kept = np.sort(candidates[most])
    return terms[kept], frequency[kept]


def inverse_frequency(frequency: Counts, papers: int) -> Array:
    """Return log((n + 1) / (df + 1)) + 1, the smoothed inverse document frequency."""
    idf: Array = (np.log((papers + 1) / (frequency + 1.0)) + 1).astype(np.float32)
    return idf


def _main_directions(rows: sparse.csr_array, mean: Array, dimensions: int) -> Array:
    """Return the leading right singular vectors of the centred rows, shape (terms, dimensions)."""
    size = min(dimensions + OVERSAMPLING, *rows.shape)
    # One mixture of papers for each direction: to draw mixtures of terms would take longer than
    # all the products.
    span = np.random.default_rng(0).standard_normal((rows.shape[0], size), np.float32)

    turned = sparse.csr_array(rows.T)  # products with it take half the time

    def forward(block: Array) -> Array:
        return np.asarray(rows @ block - mean @ block)

    def backward(block: Array) -> Array:
        return np.asarray(turned @ block - np.outer(mean, block.sum(axis=0)))

    for _ in range(POWER_ITERATIONS):
        span = np.linalg.qr(forward(backward(span)))[0]
    small = backward(span)  # (terms, size)
    values, vectors = np.linalg.eigh(small.T @ small)
    largest = np.argsort(-values)[:dimensions]
    scale = np.sqrt(np.maximum(values[largest], 1e-12))
    directions: Array = small @ vectors[:, largest] / scale
    return directions
