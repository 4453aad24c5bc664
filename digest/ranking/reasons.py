"""Says why a paper was picked, in words that can be checked in the paper and in the profile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from digest.models import Paper, Reason
from digest.ranking.arrays import Array
from digest.ranking.day import Day
from digest.ranking.fitting import Fitted
from digest.ranking.matrices import cells_of, sparse
from digest.ranking.postings import in_blocks, products
from digest.ranking.readers import Phrase, Wish
from digest.ranking.signals import Bonuses, category_names
from digest.ranking.space import Space
from digest.ranking.texts import Texts
from digest.ranking.tokens import FOREIGN_WORDS, spans, term_number

MAX_REASONS = 3
MIN_CLOSENESS = 0.08  # cosine of terms: less is chance
PAIR_TELLS = np.float32(3)  # their weight in scores is half: a pair two thirds as rare still wins
TRIED_TERMS = 5  # until one is found that reads well
TRIED_EXAMPLES = 5  # until one is found that has something in common with the paper
TIDY = re.compile(r"[^\W_]+(?:[ '’+#-]+[^\W_]+)*[+#]*")  # no full stop or bracket within
LETTER = re.compile(r"[^\W\d_]")
MIN_UPVOTES, MIN_STARS = 10, 50  # fewer are not worth a word


@dataclass(frozen=True, slots=True)
class Witness:
    """What reasons are looked up in; keeps what it has looked up."""

    space: Space
    day: Day
    texts: Texts
    bonuses: Bonuses
    telling: Array  # (terms,): how much a shared term says, beside its share in the score
    _weights: dict[str, float] = field(default_factory=dict)  # by the word

    def explain_pick(
        self, wish: Wish, fitted: Fitted, near: Array, at: tuple[int, int]
    ) -> tuple[Reason, ...]:
        """Return at most three reasons, the most telling first.

        Args:
            near: what `closeness` says of these interests.
            at: the interest's row in `fitted` and the paper's among the candidates.
        """
        row = at[1]
        found = [*self._author(wish, row)] if wish.interest.authors else []
        found += self._keywords(wish.phrases, row)
        if wish.liked:
            found += self._example(wish, fitted, near, row)
        if wish.about:
            found += self._described_phrase(wish, row)
        if wish.about and not found:  # beside a better reason one word says too little: "small"
            found += self._described_word(wish, row)
        if not found:
            found += self._related(wish, fitted, near, at)
        if wish.interest.categories:
            found += self._category(wish, row)
        found += signal_reasons(self.texts.papers[row])
        return tuple(found[:MAX_REASONS])

    def _author(self, wish: Wish, row: int) -> Iterator[Reason]:
        if not self.bonuses.weights.authors:
            return
        followed = self.bonuses.authored(wish).get(row)
        if followed:
            yield Reason("author", f"by {followed[1]}, whom you follow", followed[1], followed[0])

    def _keywords(self, phrases: tuple[Phrase, ...], row: int) -> list[Reason]:
        whole = [match for phrase in phrases for match in self._match(phrase, row)]
        if whole:
            return whole[:2]
        for phrase, word in self._loose_words(phrases):
            if quote := self.texts.quote_whole(row, word):
                text = f"speaks of “{quote}”, as in “{phrase.entry}”"
                return [Reason("keyword", text, quote, phrase.entry)]
        return []

    def _match(self, phrase: Phrase, row: int) -> Iterator[Reason]:
        """Say that a paper says a whole phrase."""
        found = (self.texts.quote(row, spelling) for spelling in phrase.said)
        if quote := next(filter(None, found), ""):
            yield Reason("keyword", f"matches “{phrase.entry}”", quote, phrase.entry)

    def _loose_words(self, phrases: tuple[Phrase, ...]) -> list[tuple[Phrase, str]]:
        """Return the words that count one by one, none of quoted phrases; the rarest first.

        Nor numbers: a keyword of nothing else is said whole, and "2" is not as in "HER-2".
        """
        words = [(p, w) for p in phrases if not p.quoted for w in p.loose if not w.isdecimal()]
        return sorted(words, key=lambda one: -self._weight(one[1]))

    def _weight(self, word: str) -> float:
        """Return how rare a word is, 0 for one that the archive never saw."""
        if word not in self._weights:
            place = self.space.index.places(np.array([term_number(word)], np.uint32))[0]
            self._weights[word] = float(self.space.weights.idf[place]) if place >= 0 else 0.0
        return self._weights[word]

    def _example(self, wish: Wish, fitted: Fitted, near: Array, row: int) -> Iterator[Reason]:
        examples = fitted.examples
        places = [examples.rows[paper.id] for _, paper in wish.liked]
        closeness = near[places, row]
        best = int(closeness.argmax())
        if closeness[best] <= MIN_CLOSENESS:
            return
        entry, paper = wish.liked[best]
        if quote := self._telling(examples.matched, places[best], row):
            text = f"close to “{paper.title}”: both speak of “{quote}”"
            yield Reason("example", text, quote, entry)

    def closeness(self, fitted: Fitted) -> Array:
        """Return the cosines of examples and candidates, shape (examples, papers)."""
        shown = in_blocks(fitted.examples.matched)
        near = [products([block], self.day.matched) for block in shown]  # may be very many
        return np.concatenate((*near, np.zeros((0, len(self.day)), np.float32)))

    def _telling(self, rows: sparse.csr_array, at: int, row: int) -> str:
        """Return the term shared with one row that says most, as it stands in the paper.

        A word pair or a rare word says more than a common word of the same share in the score, and
        a number or a small word of another language says nothing.
        """
        here, weights = cells_of(self.day.features.matched, row)  # sorted
        there, values = cells_of(rows, at)
        if not len(here):
            return ""
        places = here.searchsorted(there)
        shared = np.flatnonzero(here.take(places, mode="clip") == there)  # a few: the rest is quick
        terms = there[shared]
        worth = weights[places[shared]] * values[shared] * self.telling[terms]
        best = (-worth).argsort(kind="stable")[:TRIED_TERMS]
        numbers = self.space.index.terms[terms[best[worth[best] > 0]]].tolist()
        quotes = filter(_tells, (self.texts.spelled(row, number) for number in numbers))
        first = next(quotes, "")
        return next(filter(TIDY.fullmatch, chain((first,), quotes)), first)

    def _described_phrase(self, wish: Wish, row: int) -> Iterator[Reason]:
        """Name the rarest words side by side, not all numbers, that the free text and the paper
        have in common."""
        found = self.texts.common_phrases(row, wish.about)
        tidy = [one for one in found if TIDY.fullmatch(one[2]) and LETTER.search(one[2])]
        if tidy:
            at, size, quote = max(tidy, key=lambda one: self._weights_of(wish, one[0], one[1]))
            places = spans(wish.interest.about)
            entry = wish.interest.about[places[2 * at] : places[2 * (at + size) - 1]]
            yield _described(quote, entry)

    def _weights_of(self, wish: Wish, at: int, size: int) -> float:
        return sum(map(self._weight, wish.about[at : at + size]))

    def _described_word(self, wish: Wish, row: int) -> Iterator[Reason]:
        said = list(filter(None, dict.fromkeys(wish.about)))  # in order: a set's varies
        words = [word for word in said if not word.isdecimal()] or said
        for word in sorted(words, key=lambda word: -self._weight(word)):
            if quote := self.texts.quote_whole(row, word):
                yield _described(quote, word)
                return

    def _related(
        self, wish: Wish, fitted: Fitted, near: Array, at: tuple[int, int]
    ) -> Iterator[Reason]:
        """Name the term that carried the score where the profile's own words did not, and which
        liked paper says it; several key words stand for it together.

        Nothing is related to a keyword with words that the archive never saw, nor to a number.
        """
        interest, row = at
        places = [fitted.examples.rows[paper.id] for _, paper in wish.liked]
        for best in (-near[places, row]).argsort(kind="stable")[:TRIED_EXAMPLES].tolist():
            entry, paper = wish.liked[best]
            if quote := self._telling(fitted.examples.matched, places[best], row):
                yield Reason("phrase", f"related to “{paper.title}” by “{quote}”", quote, entry)
                return
        said = [
            p.entry
            for p in wish.phrases
            if all(self._weight(w) and not w.isdecimal() for w in p.loose)
        ]
        if said and (quote := self._telling(fitted.matched, interest, row)):
            what = "your key words" if len(said) > 1 else f"“{said[0]}”"
            yield Reason("phrase", f"related to {what} by “{quote}”", quote, said[0])

    def _category(self, wish: Wish, row: int) -> Iterator[Reason]:
        if not self.bonuses.weights.categories:
            return
        name = self.bonuses.filed(wish).get(row)
        if name:
            wanted, filed = category_names(name)[-1], self.texts.papers[row].categories
            printed = next(c for c in filed if wanted in category_names(c))
            yield Reason("category", f"in {printed}", printed, name)


def _tells(quote: str) -> bool:
    """Tell whether a term is more than a number or small words of another language, as is LES."""
    small = FOREIGN_WORDS.issuperset(quote.casefold().split()) and not quote.isupper()
    return bool(LETTER.search(quote)) and not small


def _described(quote: str, entry: str) -> Reason:
    return Reason("phrase", f"speaks of “{quote}”, as in your description", quote, entry)


def telling(space: Space) -> Array:
    """Return how much each term says: rare ones more, pairs more than words."""
    says: Array = space.weights.idf * np.where(space.index.terms & 1, PAIR_TELLS, np.float32(1))
    return says


def signal_reasons(paper: Paper) -> Iterator[Reason]:
    """Say what others made of a paper, as its sources told us; the letter gives the numbers."""
    upvotes, stars = paper.signals.upvotes or 0, paper.signals.github_stars or 0
    if upvotes >= MIN_UPVOTES:
        yield Reason("signal", "popular on Hugging Face", str(upvotes), "upvotes")
    if stars >= MIN_STARS:
        yield Reason("signal", "starred on GitHub", str(stars), "github_stars")
