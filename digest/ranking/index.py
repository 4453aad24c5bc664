"""What ranking keeps of the archive from day to day: term statistics, recent papers, a projection.

A day costs its own papers only: their terms are counted and added; the projection is fitted anew
when the archive has grown by a third.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digest.models import Paper
from digest.ranking.arrays import Counts, Numbers, Rows, pack, unpack
from digest.ranking.bags import Bags, count_terms, firsts, places_in
from digest.ranking.latent import Basis, fit_basis

INDEX_VERSION = "4"  # another version must be rebuilt from all papers
WINDOW_PAPERS = 20_000  # the newest papers whose terms are kept: about 17 MB
MAX_TERMS = 2_000_000  # past this, terms seen once and long ago are forgotten
REFIT_GROWTH = 1.33  # the projection is fitted again when the archive has grown by this factor


@dataclass(frozen=True, slots=True)
class Index:
    """The archive as ranking sees it; a new value for every day."""

    papers: int  # ever counted
    words: float  # words ever counted, titles twice: gives the mean length
    terms: Numbers  # sorted, without doubles
    frequency: Counts  # papers that hold the term, as long as `terms`
    keys: tuple[str, ...]  # ids of the papers in the window, oldest first
    bags: Bags  # their terms, in this order
    basis: Basis  # the latent projection
    basis_papers: int  # size of the archive when it was fitted

    @classmethod
    def empty(cls) -> "Index":
        """Return the index of an archive without papers."""
        no_terms, basis = np.zeros(0, np.uint32), Basis.empty()
        return cls(0, 0.0, no_terms, np.zeros(0, np.int32), (), count_terms(()), basis, 0)

    def extended(self, papers: Sequence[Paper]) -> "Index":
        """Return the index with these papers counted; those of the window are not counted twice."""
        known, fresh = set(self.keys), []
        for paper in papers:
            if known.isdisjoint(paper.ids):
                known.add(paper.id)
                fresh.append(paper)
        return self._with(tuple(p.id for p in fresh), count_terms(fresh)) if fresh else self

    def _with(self, keys: tuple[str, ...], bags: Bags) -> "Index":
        terms, frequency = self._counted(bags.terms)
        window = self.bags.joined(bags).newest(WINDOW_PAPERS)
        single = bags.terms % 2 == 0
        grown = replace(
            self,
            papers=self.papers + len(keys),
            words=self.words + float(bags.counts[single].sum()),
            terms=terms,
            frequency=frequency,
            keys=(*self.keys, *keys)[-WINDOW_PAPERS:],
            bags=window,
        )
        return grown._refitted() if grown.papers >= self.basis_papers * REFIT_GROWTH else grown

    def _counted(self, seen: Numbers) -> tuple[Numbers, Counts]:
        """Add one to the frequency of every term of every new paper."""
        new, times = np.unique(seen, return_counts=True)
        terms = np.concatenate((self.terms, new))
        terms.sort()  # numpy's union goes by a hash table, which takes a hundred times longer
        terms = terms[firsts(terms)]
        frequency = np.zeros(len(terms), np.int32)
        frequency[np.searchsorted(terms, self.terms)] = self.frequency
        frequency[np.searchsorted(terms, new)] += times.astype(np.int32)
        if len(terms) > MAX_TERMS:
            kept = frequency > 1
            kept[np.searchsorted(terms, new)] = True
            terms, frequency = terms[kept], frequency[kept]
        return terms, frequency

    def _refitted(self) -> "Index":
        basis = fit_basis(self.bags, self.terms, self.frequency, self.papers)
        return replace(self, basis=basis, basis_papers=self.papers)

    @property
    def mean_words(self) -> float:
        """The mean length of a paper in words, titles twice, at least 1."""
        return max(1.0, self.words / max(1, self.papers))

    def places(self, numbers: Numbers) -> Rows:
        """Return where each number stands in `terms`, -1 where the archive never saw it."""
        return places_in(self.terms, numbers)

    def to_bytes(self) -> bytes:
        """Return all of it as one body for the state."""
        return pack(
            {
                "version": INDEX_VERSION,
                "papers": self.papers,
                "words": self.words,
                "keys": self.keys,
                "basis_papers": self.basis_papers,
            },
            terms=self.terms,
            frequency=self.frequency,
            starts=self.bags.starts,
            bag_terms=self.bags.terms,
            bag_counts=self.bags.counts,
            basis_terms=self.basis.terms,
            basis_rows=self.basis.rows,
            basis_mean=self.basis.mean,
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> "Index":
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: the body is of another version or damaged: rebuild from all papers.
        """
        counted = ("terms", "frequency", "starts", "bag_terms", "bag_counts")
        head, a = unpack(body, *counted, "basis_terms", "basis_rows", "basis_mean")
        if head["version"] != INDEX_VERSION:
            raise ValueError(f"the stored index is of version {head['version']}")
        return cls(
            papers=head["papers"],
            words=head["words"],
            terms=a["terms"],
            frequency=a["frequency"],
            keys=tuple(head["keys"]),
            bags=Bags(a["starts"], a["bag_terms"], a["bag_counts"]),
            basis=Basis(a["basis_terms"], a["basis_rows"], a["basis_mean"]),
            basis_papers=head["basis_papers"],
        )
