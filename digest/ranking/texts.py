"""Finds words and phrases in the candidates' own text, for filters and for true reasons."""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice

import numpy as np

from digest.models import Paper
from digest.ranking.arrays import Rows
from digest.ranking.spellings import Spelling
from digest.ranking.tokens import (
    LETTERS,
    find_phrase,
    is_small,
    lettered,
    place_of_term,
    spans,
    words,
)

MOST_QUOTES = 100_000  # kept at once, found or not: about 20 MB
MOST_SPANS = 4_000  # texts whose words' places are kept: about 10 MB
MOST_SIDE_BY_SIDE = 4  # words of a phrase that free text and a paper have in common
PARTS = (0, 1)  # of a paper: the title, the abstract


@dataclass(frozen=True, slots=True)
class Texts:
    """The candidates' texts, cut into words when first asked for."""

    papers: Sequence[Paper]
    _words: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    _said_words: dict[int, frozenset[str]] = field(default_factory=dict)
    _vocabulary: dict[str, set[int]] = field(default_factory=dict)  # word -> papers
    _said: dict[tuple[Spelling, ...], Rows] = field(default_factory=dict)
    _quotes: dict[tuple[int, tuple[str, ...]], str] = field(default_factory=dict)
    _terms: dict[int, tuple[str, ...]] = field(default_factory=dict)  # their words, by number
    _spelled: dict[tuple[int, int], str] = field(default_factory=dict)
    _spans: dict[tuple[int, int], "array[int]"] = field(default_factory=dict)

    def words(self, row: int, part: int) -> list[str]:
        """Return the words of a paper's title (part 0) or abstract (1), without their places."""
        if (row, part) not in self._words:
            self._words[row, part] = words(self._text(row, part))
        return self._words[row, part]

    def _text(self, row: int, part: int) -> str:
        paper = self.papers[row]
        return paper.abstract if part else paper.title

    def says(self, said: tuple[Spelling, ...]) -> Rows:
        """Return the papers that say a phrase in one of its spellings, its words side by side."""
        if said not in self._said:
            rows = sorted(set().union(*map(self._sayers, said)))
            self._said[said] = np.array(rows, np.int64)
        return self._said[said]

    def _sayers(self, phrase: tuple[str, ...]) -> list[int]:
        holders = [self._holders.get(word, set()) for word in _telling(phrase)] or [set()]
        return [row for row in set.intersection(*holders) if self.quote(row, phrase)]

    @property
    def _holders(self) -> dict[str, set[int]]:
        if not self._vocabulary:
            for row in range(len(self.papers)):
                for word in self._words_of(row):
                    self._vocabulary.setdefault(word, set()).add(row)
        return self._vocabulary

    def quote(self, row: int, phrase: tuple[str, ...]) -> str:
        """Return a phrase as it stands in the title or abstract, or ""."""
        quote = self._quotes.get((row, phrase))
        if quote is None:
            if len(self._quotes) >= MOST_QUOTES:
                self._quotes.clear()
            quote = self._quotes[row, phrase] = self._find(row, phrase)
        return quote

    def quote_whole(self, row: int, word: str) -> str:
        """Return one word as it stands there, with what hyphens join to it, or ""."""
        quote = self.quote(row, (word,))
        if not quote:
            return ""
        joined = rf"(?<!\w)(?:\w{{1,20}}-){{0,2}}{re.escape(quote)}(?:-\w{{1,20}}){{0,2}}(?!\w)"
        parts = (self._text(row, part) for part in PARTS if quote in self._text(row, part))
        found = re.search(joined, next(parts))
        return found[0] if found else quote

    def _find(self, row: int, phrase: tuple[str, ...]) -> str:
        told = _telling(phrase)
        if not self._words_of(row).issuperset(told):  # most phrases stand in few papers
            return ""
        counted = ["" if is_small(word) else word for word in phrase if word not in LETTERS]
        for part in PARTS:
            at = find_phrase(counted, self.words(row, part))
            if at >= 0 and len(told) == len(phrase):
                return self._as_it_stands(row, part, at, at + len(phrase) - 1)
            if at >= 0 and (quote := _find_lettered(phrase, self._text(row, part))):
                return quote
        return ""

    def common_phrases(self, row: int, text: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
        """Yield what a text and a paper both say in two to four words side by side.

        Args:
            text: its words, "" for a stop word, at which a phrase ends.

        Yields:
            Where the phrase begins among the words, how many it has, and how it stands in the
            paper; of what overlaps the longest, at most one for each stretch of common words.
        """
        said = self._words_of(row)
        at = 0
        for common, some in groupby(text, lambda word: bool(word) and word in said):
            run = tuple(some)
            if common and len(run) > 1:
                yield from islice(self._phrases_within(row, at, run), 1)
            at += len(run)

    def _phrases_within(
        self, row: int, at: int, run: tuple[str, ...]
    ) -> Iterator[tuple[int, int, str]]:
        for size in range(min(len(run), MOST_SIDE_BY_SIDE), 1, -1):
            for start in range(len(run) - size + 1):
                if quote := self.quote(row, run[start : start + size]):
                    yield at + start, size, quote

    def _words_of(self, row: int) -> frozenset[str]:
        """Return the words of a paper, and "" for its stop words."""
        if row not in self._said_words:
            title, abstract = (self.words(row, part) for part in PARTS)
            self._said_words[row] = frozenset((*title, *abstract))
        return self._said_words[row]

    def spelled(self, row: int, number: int) -> str:
        """Return a term, given by its number, as it stands in the paper, or ""."""
        if (row, number) not in self._spelled:
            self._spelled[row, number] = self._spell(row, number)
        return self._spelled[row, number]

    def _spell(self, row: int, number: int) -> str:
        """Look for a term by its words, or by its number where they are not known yet."""
        term = self._terms.get(number, ())
        for part in PARTS:
            said = self.words(row, part)
            at = find_phrase(term, said) if term else place_of_term(number, said)
            if at >= 0:
                last = at + number % 2  # an odd number is that of a pair
                self._terms[number] = tuple(said[at : last + 1])
                return self._as_it_stands(row, part, at, last)
        return ""

    def _as_it_stands(self, row: int, part: int, first: int, last: int) -> str:
        """Return a title or abstract from one of its words to another."""
        text = self._text(row, part)
        if (row, part) not in self._spans:
            if len(self._spans) >= MOST_SPANS:
                self._spans.clear()
            self._spans[row, part] = spans(text)
        places = self._spans[row, part]
        return text[places[2 * first] : places[2 * last + 1]]


@lru_cache(maxsize=20_000)  # asked for each paper
def _telling(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a phrase that papers are searched by: no letters, no stop words."""
    return tuple(word for word in phrase if word not in LETTERS and not is_small(word))


def _find_lettered(phrase: tuple[str, ...], text: str) -> str:
    """Look for a phrase with words or letters that the words of a paper leave out."""
    tokens = lettered(text)
    at = find_phrase(phrase, [token.word for token in tokens])
    return text[tokens[at].start : tokens[at + len(phrase) - 1].end] if at >= 0 else ""
