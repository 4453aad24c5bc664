"""Numbers the words and word pairs of many texts at once, as `tokens.term_number` does each alone.

A checksum is linear: what a word adds behind another one hangs on its own letters and on how many
they are, not on the first word. So each word is looked at once, and the pairs are sums of arrays.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np

from digest.ranking.arrays import Numbers, Rows

LAST_BIT = np.uint32(1)  # set: a pair
BYTES = (0, 8, 16, 24)  # of a checksum: where each begins, in bits


class Numbered(NamedTuple):
    """Terms of a long row of words."""

    numbers: Numbers
    places: Rows  # of each term's first word


def number_terms(said: Sequence[str]) -> tuple[Numbered, Numbered]:
    """Return all words of a row, and all its pairs, by their numbers.

    Args:
        said: the words; "" (a stop word, or the end of a text) is none and parts pairs.
    """
    known = {word: at for at, word in enumerate(dict.fromkeys(("", *said)))}
    ids = np.fromiter(map(known.__getitem__, said), np.int64, len(said))
    words = np.flatnonzero(ids)
    first = np.flatnonzero((ids[:-1] > 0) & (ids[1:] > 0))
    second = ids[first + 1]
    spelled = [word.encode() for word in known]
    sums, behind = _checksums(spelled), _checksums([b" " + word for word in spelled])
    sizes = np.array([len(word) + 1 for word in spelled])
    pairs = _moved_on(sums[ids[first]], sizes[second]) ^ behind[second] | LAST_BIT
    return Numbered(sums[ids[words]] & ~LAST_BIT, words), Numbered(pairs, first)


def _checksums(spelled: Sequence[bytes]) -> Numbers:
    return np.fromiter(map(crc32, spelled), np.uint32, len(spelled))


def _moved_on(sums: Numbers, sizes: Rows) -> Numbers:
    """Return what is left of each checksum once so many bytes more have been read."""
    distinct, which = np.unique(sizes, return_inverse=True)
    tables = np.array([_left_of_bytes(size) for size in distinct.tolist()], np.uint32)
    tables = tables.reshape(-1, len(BYTES), 256)  # where there is no size at all, too
    moved = np.zeros(len(sums), np.uint32)
    for place, start in enumerate(BYTES):
        moved ^= tables[which, place, (sums >> np.uint32(start)) & np.uint32(255)]
    return moved


@lru_cache(maxsize=256)
def _left_of_bytes(size: int) -> list[list[int]]:
    """Return what is left of each byte of a checksum, by its place and value."""
    blank = bytes(size)
    nothing = crc32(blank)
    return [[crc32(blank, byte << start) ^ nothing for byte in range(256)] for start in BYTES]
