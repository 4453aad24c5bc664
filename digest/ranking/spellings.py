"""Says how else a phrase may be spelled: PD-L1 as PDL1, GPT4 as GPT-4, data set as dataset."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from digest.ranking.tokens import LETTERS, STOP_WORDS, is_small, lettered, pairs

MOST_SPELLINGS = 12  # of one phrase; bounds the work
LONGEST_COMPOUND = 13  # letters that a blank parts: cross lingual, not "graph neural network"
GAP = re.compile(r"\b(\w+)([- \u2010\u2011])(?=(\w+))(?!(?<=\d.)\d)")  # none between numbers
SEAM = re.compile(r"(?<=[^\W\d_])(?=[^\W\d_]?\d)|(?<=\d)(?=[^\W\d_])")  # GPT|4, 3|D, PD|L1
MEASURED = re.compile(r"\s*(?:\d+[^\W\d_]|[^\W\d_]\d+)\s*")  # 5G is not "5 g", N95 not "n = 95"
UMLAUT = re.compile("[äöüøÄÖÜØ]")

Spelling = tuple[str, ...]  # as `lettered` cuts it


def spellings(text: str) -> tuple[Spelling, ...]:
    """Return the words of a phrase in each of its spellings; its own is the first."""
    others = islice(chain(_joined(text), _parted(text)), MOST_SPELLINGS)
    said = (tuple(token.word for token in lettered(one)) for one in (text, *others))
    return tuple(dict.fromkeys(said))


def _joined(text: str) -> Iterator[str]:
    """Yield the text with two words as one, and without umlauts; "in formation" stays."""
    for gap in GAP.finditer(text):
        if gap[2] != " " or _may_be_one(gap[1].lower(), gap[3].lower()):
            yield text[: gap.end(1)] + text[gap.end() :]
    if UMLAUT.search(text):
        yield UMLAUT.sub(r"\g<0>e", text)


def _may_be_one(one: str, other: str) -> bool:
    return len(one + other) <= LONGEST_COMPOUND and STOP_WORDS.isdisjoint((one, other))


def _parted(text: str) -> Iterator[str]:
    for seam in () if MEASURED.fullmatch(text) else SEAM.finditer(text):
        yield f"{text[: seam.start()]} {text[seam.start() :]}"


def new_terms(own: Spelling, others: Sequence[Spelling]) -> Iterator[str]:
    """Yield the terms that other spellings add to a query: a joined word, a parted one's pair."""
    for other in others:
        new = [word for word in other if word not in own]
        if LETTERS.isdisjoint(new) and not any(map(is_small, new)):
            yield from pairs(new) if len(other) > len(own) else new
