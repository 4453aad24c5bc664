"""Turns papers into vectors against the statistics of the archive.

Views of a paper: its terms (unit length, for comparing papers), its words as BM25 weighs them (for
keywords), its place in the latent space; and its embedding, where there are embeddings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from digest.models import Paper
from digest.ranking.arrays import Array, Rows, unit_cells
from digest.ranking.bags import Bags, count_terms, evenly
from digest.ranking.index import Index
from digest.ranking.latent import PAIR_WEIGHT, inverse_frequency
from digest.ranking.matrices import sparse
from digest.ranking.postings import Postings, lay_out
from digest.ranking.semantic import Meaning
from digest.ranking.weights import Weights, weigh_terms

BM25_K1, BM25_B = 1.2, 0.75  # Robertson and Zaragoza 2009's usual values
STAND_IN_TERMS = 100  # of a paper: a third of them, at a third of the cost, with the same nDCG
PLACED_TOGETHER = 1_000  # papers of the window; bounds memory
WHOLE_WINDOW = 8  # asked for more than one in so many of its papers, the window is made as a whole
SAMPLE_PAPERS = 2_000  # of the archive: gives the mean that is taken away
LEADING_TERMS = 4_096  # of the sample, that move the scores of its papers most
MEASURED_PAPERS = 1_000  # of these: give the mean and the spread that scores are measured in


@dataclass(frozen=True, slots=True)
class Features:
    """Some papers as vectors, one row each."""

    matched: sparse.csr_array  # (papers, terms): unit length
    worded: sparse.csr_array  # (papers, terms): BM25's share of each word, pairs too; or no rows
    latent: Array  # (papers, dimensions): unit length
    semantic: Array  # (papers, dimensions): unit length, 0 columns without embeddings

    def rows(self, wanted: Rows) -> "Features":
        """Return some of the papers, in the order wanted."""
        worded = self.worded[wanted] if self.worded.shape[0] else self.worded
        matched = self.matched[wanted]
        return Features(matched, worded, self.latent[wanted], self.semantic[wanted])


@dataclass(frozen=True, slots=True)
class Placed:
    """Some papers' terms and where each stands among the index's, -1: nowhere."""

    bags: Bags
    places: Rows  # as long as the bags' terms

    def rows(self, wanted: Rows) -> "Placed":
        """Return some of the papers, in the order wanted."""
        cells = self.bags.cells(wanted)
        return Placed(self.bags.rows(wanted), self.places[cells])

    def joined(self, other: "Placed") -> "Placed":
        """Return the papers of both, in this order."""
        places = np.concatenate((self.places, other.places))
        return Placed(self.bags.joined(other.bags), places)


@dataclass(frozen=True)  # no slots: one view is computed only when asked for, and kept
class Space:
    """The archive's statistics in the form that makes vectors."""

    index: Index
    weights: Weights  # of each term of the index
    basis_idf: Array  # of each term of the projection
    basis_places: Rows  # (terms + 1,): where each stands there, -1: nowhere
    meaning: Meaning | None
    sample: Features  # papers spread evenly over the window
    common: Array  # (terms,): the mean of the `matched` of twice as many

    @property
    def sample_is_all(self) -> bool:
        """Whether the sample is the whole window, so that nothing of it need be made again."""
        return self.sample.matched.shape[0] == len(self.index.keys)

    @cached_property
    def sample_terms(self) -> Postings:
        """The sample's `matched` as products want it."""
        return lay_out(self.sample.matched)

    @cached_property
    def sample_words(self) -> sparse.csr_array:
        """The sample's `worded` turned: shape (terms, papers)."""
        return sparse.csr_array(self.sample.worded.T)

    @cached_property
    def sample_common(self) -> Array:
        """Each paper's product with `common`."""
        return (self.sample.matched @ self.common).astype(np.float32)

    @cached_property
    def sample_leaders(self) -> sparse.csr_array:
        """The sample's `matched`, but for terms that hardly ever lead a sum of its papers."""
        terms = self.sample_terms.terms
        moves = self.common[terms] * self.weights.reach[terms]
        kept = np.zeros(len(self.common), np.float32)
        kept[terms[np.argsort(-moves)[:LEADING_TERMS]]] = 1
        leading = self.sample.matched.copy()
        leading.data *= kept[leading.indices]
        leading.eliminate_zeros()
        return leading

    @cached_property
    def all_stand_ins(self) -> Features:
        """Every paper of the window as `stand_ins` gives it: about 30 MB where it is full."""
        return self._stand_ins(np.arange(len(self.index.keys)))

    @cached_property
    def window_words(self) -> sparse.csr_array:
        """BM25's weights of every paper of the window, turned: shape (terms, papers)."""
        if self.sample_is_all:
            return self.sample_words
        some = [self.worded(self.kept(rows)) for rows in in_parts(np.arange(len(self.index.keys)))]
        return sparse.csr_array(sparse.vstack(some, "csr").T)

    @cached_property
    def window_rows(self) -> dict[str, int]:
        """Where each paper of the window stands, by id."""
        return {key: row for row, key in enumerate(self.index.keys)}

    def placed(self, bags: Bags) -> Placed:
        """Return papers with the place of every term, looked up once for all views."""
        return Placed(bags, self.index.places(bags.terms))

    def kept(self, rows: Rows) -> Placed:
        """Return papers of the window with the place of every term."""
        return self.placed(self.index.bags.rows(rows))

    def placed_papers(self, papers: Sequence[Paper]) -> Placed:
        """Return the terms of papers; those of the window are not counted again."""
        known = [self.window_rows.get(paper.id, -1) for paper in papers]
        new = [i for i, row in enumerate(known) if row < 0]
        kept = [row for row in known if row >= 0]
        found = self.kept(np.array(kept, np.int64))
        if new:
            found = found.joined(self.placed(count_terms([papers[i] for i in new])))
        order = np.empty(len(papers), np.int64)
        order[[i for i, row in enumerate(known) if row >= 0] + new] = np.arange(len(papers))
        return found.rows(order)

    def features(self, papers: Sequence[Paper]) -> Features:
        """Return the vectors of any papers, known to the archive or not."""
        meaning = self._meant([paper.id for paper in papers])
        rows = [self.window_rows.get(paper.id, -1) for paper in papers]
        if self.sample_is_all and -1 not in rows:
            return replace(self.sample.rows(np.array(rows, np.int64)), semantic=meaning)
        placed = self.placed_papers(papers)
        return replace(self._comparable(placed, meaning), worded=self.worded(placed))

    def examples(self, papers: Sequence[Paper]) -> Features:
        """Return papers that profiles name, all but `worded`, embedding those that are new."""
        meaning = self.meaning.examples(papers) if self.meaning else _nothing(len(papers))
        return self._comparable(self.placed_papers(papers), meaning)

    def kept_comparable(self, rows: Rows) -> Features:
        """Return what papers of the window are compared with others by: all but `worded`."""
        if self.sample_is_all:
            return replace(self.sample.rows(rows), worded=_no_rows(self.index))
        meaning = self._meant([self.index.keys[row] for row in rows])
        return self._comparable(self.kept(rows), meaning)

    def with_sample(self) -> "Space":
        """Return the space with a sample of the window."""
        spread = evenly(len(self.index.keys), SAMPLE_PAPERS)
        placed = self.kept(spread)
        matched = self.matched(placed)
        measured = evenly(len(spread), MEASURED_PAPERS)
        some = placed.rows(measured)
        meaning = self._meant([self.index.keys[row] for row in spread[measured]])
        sample = Features(matched[measured], self.worded(some), self._latent(some), meaning)
        return replace(self, sample=sample, common=matched.mean(axis=0).astype(np.float32))

    def _meant(self, ids: Sequence[str]) -> Array:
        """Return the embeddings of papers, of no columns where there are none."""
        return self.meaning.papers(ids) if self.meaning else _nothing(len(ids))

    def stand_ins(self, rows: Rows) -> Features:
        """Return papers of the window as they stand in for examples: by their weightiest terms.

        Whoever asks for many of them at once will ask again: then all are made and kept.
        """
        if len(rows) * WHOLE_WINDOW < len(self.index.keys):
            return self._stand_ins(rows)
        return self.all_stand_ins.rows(rows)

    def _stand_ins(self, rows: Rows) -> Features:
        parts = []
        for some in in_parts(rows):
            kept = self.kept_comparable(some)
            matched = heaviest(kept.matched, self.weights.reach, STAND_IN_TERMS)
            parts.append(replace(kept, matched=matched))
        return Features(
            sparse.csr_array(sparse.vstack([part.matched for part in parts], "csr")),
            parts[0].worded,
            np.concatenate([part.latent for part in parts]),
            np.concatenate([part.semantic for part in parts]),
        )

    def _comparable(self, placed: Placed, meaning: Array) -> Features:
        matched = self.matched(placed)
        return Features(matched, _no_rows(self.index), self._latent(placed), meaning)

    def _latent(self, placed: Placed) -> Array:
        basis_places = self.basis_places[placed.places]
        return self.index.basis.project(placed.bags, basis_places, self.basis_idf)

    def matched(self, placed: Placed) -> sparse.csr_array:
        """Return unit rows of sqrt(count) idf^1.2, pairs times 0.7."""
        bags, places = placed.bags, placed.places
        gain = self.weights.gains[places]  # -1: the last, never seen
        lost = (places < 0) & (bags.terms & 1).astype(bool)
        gain[lost] *= PAIR_WEIGHT
        values = np.sqrt(bags.counts.astype(np.float32)) * gain
        owner = bags.owners
        return self._sparse(unit_cells(values, owner, len(bags)), owner, places, len(bags))

    def worded(self, placed: Placed) -> sparse.csr_array:
        """Return BM25's weight of each term in each paper, its idf within."""
        bags, places, owner = placed.bags, placed.places, placed.bags.owners
        counts = bags.counts.astype(np.float32)
        single = np.where(bags.terms & 1, 0, counts)
        lengths = np.bincount(owner, single, minlength=len(bags)) / self.index.mean_words
        damping = BM25_K1 * (1 - BM25_B + BM25_B * lengths[owner])
        values = counts * (BM25_K1 + 1) / (counts + damping)
        values = values * self.weights.bm25_idf[places]
        return self._sparse(values, owner, places, len(bags))

    def _sparse(
        self,
        values: npt.NDArray[np.floating],
        owner: Rows,
        places: Rows,
        papers: int,
    ) -> sparse.csr_array:
        known = places >= 0
        ends = np.append(0, np.cumsum(np.bincount(owner[known], minlength=papers)))
        # 32 bits, here as in all that this is multiplied by: else scipy widens it every time
        at = (places[known].astype(np.int32), ends.astype(np.int32))
        cells = (values[known].astype(np.float32), *at)
        return sparse.csr_array(cells, shape=(papers, len(self.index.terms)))


def in_parts(rows: Rows) -> Iterator[Rows]:
    """Yield some thousand of the window's papers after the other, none at once: bounds memory."""
    for start in range(0, max(1, len(rows)), PLACED_TOGETHER):
        yield rows[start : start + PLACED_TOGETHER]


def heaviest(rows: sparse.csr_array, reach: Array, most: int) -> sparse.csr_array:
    """Keep the terms of each row that move scores most: their number decides the speed."""
    moves = np.abs(rows.data) * reach[rows.indices]
    kept = [
        start + np.sort(np.argpartition(-moves[start:end], most)[:most])
        if end - start > most
        else np.arange(start, end)
        for start, end in pairwise(rows.indptr.tolist())
    ]
    chosen = np.concatenate([*kept, np.zeros(0, np.int64)]).astype(np.int64)
    ends = np.cumsum([0, *map(len, kept)], dtype=np.int32)
    return sparse.csr_array((rows.data[chosen], rows.indices[chosen], ends), shape=rows.shape)


def build_space(index: Index, meaning: Meaning | None = None) -> Space:
    """Return the vectors' space of an archive, whose window must not be empty."""
    places = index.places(index.basis.terms)
    bare = Space(
        index=index,
        weights=weigh_terms(index),
        basis_idf=_basis_idf(index, places),
        basis_places=_turned(places, len(index.terms)),
        meaning=meaning,
        sample=Features(_no_rows(index), _no_rows(index), _nothing(0), _nothing(0)),
        common=np.zeros(len(index.terms), np.float32),
    )
    return bare.with_sample()


def _basis_idf(index: Index, places: Rows) -> Array:
    frequency = np.append(index.frequency, np.int32(0))[places]
    return inverse_frequency(frequency, index.papers)


def _turned(places: Rows, total: int) -> Rows:
    """Return for each of all terms, and for one never seen, which of some it is, -1: none."""
    found = np.full(total + 1, -1, np.int64)
    found[places[places >= 0]] = np.flatnonzero(places >= 0)
    return found


def _no_rows(index: Index) -> sparse.csr_array:
    none = np.zeros(0, np.int32)
    cells = (np.zeros(0, np.float32), (none, none))
    return sparse.csr_array(cells, shape=(0, len(index.terms)))


def _nothing(papers: int) -> Array:
    return np.zeros((papers, 0), np.float32)
