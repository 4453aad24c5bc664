"""Finds words and phrases in the candidates' own text, for filters and for true reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from digest.models import Paper
from digest.ranking.tokens import Token, find_phrase, term_numbers, tokenise, words

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """The candidates' texts, cut into words when first asked for."""

    papers: Sequence[Paper]
    _cut: dict[int, tuple[list[Token], list[Token]]] = field(default_factory=dict)
    _words: dict[int, tuple[list[str], list[str]]] = field(default_factory=dict)
    _said_words: dict[int, frozenset[str]] = field(default_factory=dict)
    _vocabulary: dict[str, set[int]] = field(default_factory=dict)  # word -> papers
    _said: dict[tuple[str, ...], Rows] = field(default_factory=dict)
    _spans: dict[int, dict[int, str]] = field(default_factory=dict)

    def tokens(self, row: int) -> tuple[list[Token], list[Token]]:
        """Return the words of a paper's title and of its abstract."""
        if row not in self._cut:
            paper = self.papers[row]
            self._cut[row] = (tokenise(paper.title), tokenise(paper.abstract))
        return self._cut[row]

    def words(self, row: int) -> tuple[list[str], list[str]]:
        """Return the words of a paper's title and abstract without their places: soon done."""
        if row not in self._words:
            paper = self.papers[row]
            self._words[row] = (words(paper.title), words(paper.abstract))
        return self._words[row]

    def says(self, phrase: tuple[str, ...]) -> Rows:
        """Return the papers in which the words of a phrase stand side by side, in order."""
        if phrase not in self._said:
            holders = [self._holders.get(word, set()) for word in phrase if word] or [set()]
            rows = sorted(set.intersection(*holders))
            self._said[phrase] = np.array([r for r in rows if self.quote(r, phrase)], np.int64)
        return self._said[phrase]

    @property
    def _holders(self) -> dict[str, set[int]]:
        if not self._vocabulary:
            for row in range(len(self.papers)):
                for word in self._words_of(row):
                    self._vocabulary.setdefault(word, set()).add(row)
        return self._vocabulary

    def quote(self, row: int, phrase: Sequence[str]) -> str:
        """Return a phrase as it stands in the title or abstract, or ""."""
        if not self._words_of(row).issuperset(phrase):  # most phrases stand in few papers
            return ""
        paper = self.papers[row]
        for part, text in enumerate((paper.title, paper.abstract)):
            at = find_phrase(phrase, self.words(row)[part])
            if at >= 0:
                tokens = self.tokens(row)[part]
                return text[tokens[at].start : tokens[at + len(phrase) - 1].end]
        return ""

    def _words_of(self, row: int) -> frozenset[str]:
        """Return the words of a paper, and "" for the stop words of a phrase."""
        if row not in self._said_words:
            title, abstract = self.words(row)
            self._said_words[row] = frozenset(("", *title, *abstract))
        return self._said_words[row]

    def spelled(self, row: int, number: int) -> str:
        """Return a term, given by its number, as it stands in the paper, or ""."""
        if row not in self._spans:
            self._spans[row] = self._spelling(row)
        return self._spans[row].get(number, "")

    def _spelling(self, row: int) -> dict[int, str]:
        paper, found = self.papers[row], dict[int, str]()
        for text, tokens in zip((paper.title, paper.abstract), self.tokens(row), strict=True):
            spans = [(token.start, token.end) for token in tokens if token.word]
            spans += [(a.start, b.end) for a, b in pairwise(tokens) if a.word and b.word]
            numbers = term_numbers([token.word for token in tokens])
            for number, (start, end) in zip(numbers, spans, strict=True):
                found.setdefault(number, text[start:end])
        return found
