"""Counts the terms of papers: the compact form in which the archive's papers are kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from digest.models import Paper
from digest.ranking.tokens import term_numbers, words

TITLE_WEIGHT = 2  # a word in the title counts twice

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Bags:
    """The terms of some papers as one long array: paper i owns `starts[i]:starts[i + 1]`."""

    starts: npt.NDArray[np.int64]
    terms: Numbers  # `term_number`s; odd ones are word pairs
    counts: npt.NDArray[np.uint8]  # title counted twice, at most 255

    def __len__(self) -> int:
        return len(self.starts) - 1

    def rows(self, wanted: npt.NDArray[np.int64]) -> "Bags":
        """Return some of the papers, in the order wanted."""
        starts = np.concatenate(([0], np.cumsum(np.diff(self.starts)[wanted])))
        cells = self.cells(wanted)
        return Bags(starts, self.terms[cells], self.counts[cells])

    def cells(self, wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return where the terms of some of the papers stand in `terms`."""
        sizes = np.diff(self.starts)[wanted]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        return np.arange(starts[-1]) + np.repeat(self.starts[wanted] - starts[:-1], sizes)

    def in_order(self) -> "Bags":
        """Return the papers with the terms of each sorted."""
        owner = np.repeat(np.arange(len(self), dtype=np.uint64), np.diff(self.starts))
        # Paper, term and count fit into 64 bits, which sort quicker than an order is found.
        packed = (owner << np.uint64(32) | self.terms) << np.uint64(8) | self.counts
        packed.sort()
        terms = (packed >> np.uint64(8)).astype(np.uint32)
        return Bags(self.starts, terms, packed.astype(np.uint8))

    def joined(self, other: "Bags") -> "Bags":
        """Return the papers of both, in this order."""
        return Bags(
            np.concatenate((self.starts, other.starts[1:] + self.starts[-1])),
            np.concatenate((self.terms, other.terms)),
            np.concatenate((self.counts, other.counts)),
        )


def count_terms(papers: Sequence[Paper]) -> Bags:
    """Count the words and word pairs of each paper's title and abstract."""
    starts, terms, counts = [0], [], []
    for paper in papers:
        counted = count_paper(paper.title, paper.abstract)
        terms.append(np.fromiter(counted, np.uint32, len(counted)))
        counts.append(np.fromiter(counted.values(), np.int64, len(counted)))
        starts.append(starts[-1] + len(counted))
    return Bags(
        np.array(starts, np.int64),
        np.concatenate([*terms, np.zeros(0, np.uint32)]),
        np.minimum(np.concatenate([*counts, np.zeros(0, np.int64)]), 255).astype(np.uint8),
    )


def count_paper(title: str, abstract: str) -> dict[int, int]:
    """Return how often each term stands in a paper, by its number."""
    counted = Counter(term_numbers(words(title)) * TITLE_WEIGHT)
    counted.update(term_numbers(words(abstract)))
    return counted


def places_in(table: Numbers, numbers: Numbers) -> npt.NDArray[np.int64]:
    """Return where each number stands in a sorted table, -1 where it does not."""
    if not len(table):
        return np.full(len(numbers), -1, np.int64)
    # Sought in their order, numbers meet the table where the last one did, in nearby memory. A
    # number and whose it is fit into 64 bits, which sort in half the time of an argsort.
    packed = np.sort(
        numbers.astype(np.uint64) << np.uint64(32) | np.arange(len(numbers), dtype=np.uint64)
    )
    wanted, owner = (packed >> np.uint64(32)).astype(np.uint32), packed.astype(np.uint32)
    found = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
    places = np.empty(len(numbers), np.int64)
    places[owner] = np.where(table[found] == wanted, found, -1)
    return places
