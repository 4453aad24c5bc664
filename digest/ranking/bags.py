"""Counts the terms of papers: the compact form in which the archive's papers are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from digest.models import Paper
from digest.ranking.arrays import Numbers, Rows
from digest.ranking.numbering import number_terms
from digest.ranking.tokens import words

TITLE_WEIGHT = 2  # a word in the title counts twice
COUNTED_TOGETHER = 1_000  # papers; bounds memory


@dataclass(frozen=True, slots=True)
class Bags:
    """The terms of some papers as one long array: paper i owns `starts[i]:starts[i + 1]`."""

    starts: Rows
    terms: Numbers  # `term_number`s, those of each paper sorted; odd ones are word pairs
    counts: npt.NDArray[np.uint8]  # title counted twice, at most 255

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def owners(self) -> Rows:
        """The paper of each term."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def rows(self, wanted: Rows) -> "Bags":
        """Return some of the papers, in the order wanted."""
        starts = np.concatenate(([0], np.cumsum(np.diff(self.starts)[wanted])))
        cells = self.cells(wanted)
        return Bags(starts, self.terms[cells], self.counts[cells])

    def cells(self, wanted: Rows) -> Rows:
        """Return where the terms of some of the papers stand in `terms`."""
        sizes = np.diff(self.starts)[wanted]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        return np.arange(starts[-1]) + np.repeat(self.starts[wanted] - starts[:-1], sizes)

    def newest(self, most: int) -> "Bags":
        """Return at most so many papers, the last ones."""
        starts = self.starts[-most - 1 :]
        return Bags(starts - starts[0], self.terms[starts[0] :], self.counts[starts[0] :])

    def joined(self, other: "Bags") -> "Bags":
        """Return the papers of both, in this order."""
        return Bags(
            np.concatenate((self.starts, other.starts[1:] + self.starts[-1])),
            np.concatenate((self.terms, other.terms)),
            np.concatenate((self.counts, other.counts)),
        )


def count_terms(papers: Sequence[Paper]) -> Bags:
    """Count the words and word pairs of each paper's title and abstract, by number."""
    starts = range(0, len(papers), COUNTED_TOGETHER)
    found = (_counted(papers[start : start + COUNTED_TOGETHER]) for start in starts)
    return reduce(Bags.joined, found, _counted(()))


def _counted(papers: Sequence[Paper]) -> Bags:
    said, sizes = list[str](), list[int]()
    for paper in papers:
        before = len(said)
        for text in (paper.title,) * TITLE_WEIGHT + (paper.abstract,):
            said += words(text)
            said.append("")  # no pair goes on from one text into the next
        sizes.append(len(said) - before)
    owner = np.repeat(np.arange(len(papers), dtype=np.uint64), sizes) << np.uint64(32)
    cells = np.concatenate([owner[found.places] | found.numbers for found in number_terms(said)])
    cells.sort()
    first = firsts(cells)
    kept, times = cells[first], np.diff(first, append=len(cells))
    starts = np.searchsorted(kept >> np.uint64(32), np.arange(len(papers) + 1, dtype=np.uint64))
    return Bags(starts, kept.astype(np.uint32), np.minimum(times, 255).astype(np.uint8))


def evenly(total: int, most: int) -> Rows:
    """Return at most so many of some rows, from the first to the last, evenly."""
    if total <= most:
        return np.arange(total)
    return np.linspace(0, total - 1, most).astype(np.int64)


def firsts(numbers: npt.NDArray[np.unsignedinteger]) -> Rows:
    """Return where each distinct one of sorted numbers stands for the first time."""
    return np.flatnonzero(np.diff(numbers, prepend=~numbers[:1]))


def places_in(table: Numbers, numbers: Numbers) -> Rows:
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
