"""What each term of an archive weighs, by how many of its papers hold it."""

from dataclasses import dataclass

import numpy as np

from digest.ranking.arrays import Array, Counts
from digest.ranking.index import Index
from digest.ranking.latent import PAIR_WEIGHT, inverse_frequency

IDF_POWER = 1.2  # rare terms count a little more than usual: measured


@dataclass(frozen=True, slots=True)
class Weights:
    """Numbers for each term of the index; some have one more, last, for a term never seen."""

    idf: Array  # (terms,)
    bm25_idf: Array  # (terms + 1,)
    gains: Array  # (terms + 1,): what the vectors that compare papers weigh it by
    reach: Array  # (terms,): how far it moves scores apart: its gain times the root of its papers


def weigh_terms(index: Index) -> Weights:
    """Weigh the terms of an archive.

    Terms by far outnumber frequencies, so what a frequency weighs is computed once for each.
    """
    frequency, papers = index.frequency, index.papers
    times = np.arange(int(frequency.max(initial=0)) + 1, dtype=np.int32)
    idf = inverse_frequency(times, papers)
    powers = idf**IDF_POWER
    bm25_idf = np.log1p((papers - times + 0.5) / (times + 0.5)).astype(np.float32)
    gains = _and_unseen(powers, frequency, (np.log(papers + 1.0) + 1) ** IDF_POWER)
    gains[:-1][index.terms & 1 == 1] *= PAIR_WEIGHT
    return Weights(
        idf=idf[frequency],
        bm25_idf=_and_unseen(bm25_idf, frequency, 0.0),
        gains=gains,
        reach=(powers * np.sqrt(times)).astype(np.float32)[frequency],
    )


def _and_unseen(table: Array, frequency: Counts, unseen: float) -> Array:
    """Look up what each term weighs; a term never seen comes last."""
    found = np.empty(len(frequency) + 1, np.float32)
    np.take(table, frequency, out=found[:-1], mode="clip")
    found[-1] = unseen
    return found
