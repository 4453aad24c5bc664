"""Says why a paper was picked, in words that can be checked in the paper and in the profile."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from digest.models import Paper, Reason
from digest.ranking.fitting import Fitted
from digest.ranking.readers import Phrase, Wish
from digest.ranking.scoring import Day
from digest.ranking.signals import Bonuses
from digest.ranking.space import Space
from digest.ranking.texts import Texts
from digest.ranking.tokens import term_number

MAX_REASONS = 3
MIN_CLOSENESS = 0.08  # cosine of terms: less is chance
MIN_UPVOTES, MIN_STARS = 10, 50  # fewer are not worth a word


@dataclass(frozen=True, slots=True)
class Witness:
    """What reasons are looked up in; keeps what it has looked up."""

    space: Space
    day: Day
    texts: Texts
    bonuses: Bonuses
    _terms: dict[str, dict[int, float]] = field(default_factory=dict)

    def explain_pick(self, wish: Wish, fitted: Fitted, at: tuple[int, int]) -> tuple[Reason, ...]:
        """Return at most three reasons, the most telling first.

        Args:
            at: the interest's row in `fitted` and the paper's among the candidates.
        """
        interest, row = at
        found = [
            *self._author(wish, row),
            *self._keywords(wish, row),
            *self._example(wish, row),
            *self._description(wish, row),
        ]
        found = found or [*self._related(wish, fitted, interest, row)]
        named = [*found, *self._category(wish, row), *signal_reasons(self.texts.papers[row])]
        return tuple(named[:MAX_REASONS])

    def _author(self, wish: Wish, row: int) -> Iterator[Reason]:
        if not wish.interest.authors or not self.bonuses.weights.authors:
            return
        followed = self.bonuses.authored(wish).get(row)
        if followed:
            yield Reason("author", f"by {followed[1]}, whom you follow", followed[1], followed[0])

    def _keywords(self, wish: Wish, row: int) -> Iterator[Reason]:
        whole = [(p, quote) for p in wish.phrases if (quote := self.texts.quote(row, p.words))]
        for phrase, quote in whole[:2]:
            yield Reason("keyword", f"matches “{phrase.entry}”", quote, phrase.entry)
        if whole:
            return
        parts = [(self._weight(word), p, word) for p in wish.phrases for word in _loose(p)]
        for _, phrase, word in sorted(parts, key=lambda part: -part[0]):
            if quote := self.texts.quote(row, (word,)):
                text = f"speaks of “{quote}”, as in “{phrase.entry}”"
                yield Reason("keyword", text, quote, phrase.entry)
                return

    def _weight(self, word: str) -> float:
        place = self.space.index.places(np.array([term_number(word)], np.uint32))[0]
        return float(self.space.idf[place]) if place >= 0 else 0.0

    def _example(self, wish: Wish, row: int) -> Iterator[Reason]:
        here = self._paper_terms(self.texts.papers[row])
        best = (MIN_CLOSENESS, "", "", 0)
        for entry, example in wish.liked:
            there = self._paper_terms(example)
            shared = {number: here[number] * there[number] for number in here.keys() & there}
            closeness = sum(shared.values())
            if closeness > best[0]:
                best = (closeness, entry, example.title, max(shared, key=shared.__getitem__))
        _, entry, title, number = best
        if entry and (quote := self.texts.spelled(row, number)):
            yield Reason("example", f"close to “{title}”: both speak of “{quote}”", quote, entry)

    def _paper_terms(self, paper: Paper) -> dict[int, float]:
        """Return a paper's weighted terms by number."""
        if paper.id not in self._terms:
            vector = self.space.matched(self.space.bags_of([paper]))
            numbers = self.space.index.terms[vector.indices].tolist()
            self._terms[paper.id] = dict(zip(numbers, vector.data.tolist(), strict=True))
        return self._terms[paper.id]

    def _description(self, wish: Wish, row: int) -> Iterator[Reason]:
        words = sorted({w for w in wish.about if w}, key=lambda word: -self._weight(word))
        for word in words:
            if quote := self.texts.quote(row, (word,)):
                yield Reason("phrase", f"speaks of “{quote}”, as you describe it", quote, word)
                return

    def _related(self, wish: Wish, fitted: Fitted, interest: int, row: int) -> Iterator[Reason]:
        """Name the term that carried the score where the profile's own words did not."""
        entry = next((e for e, _ in wish.liked), "") or next((p.entry for p in wish.phrases), "")
        if not entry:
            return
        wanted = fitted.matched[[interest]]
        here = self._paper_terms(self.texts.papers[row])
        numbers = self.space.index.terms[wanted.indices].tolist()
        products = {
            number: here[number] * value
            for number, value in zip(numbers, wanted.data.tolist(), strict=True)
            if number in here
        }
        for number in sorted(products, key=lambda n: -products[n])[:1]:
            quote = self.texts.spelled(row, number)
            title = next((p.title for e, p in wish.liked if e == entry), entry)
            yield Reason("phrase", f"related to “{title}” by “{quote}”", quote, entry)

    def _category(self, wish: Wish, row: int) -> Iterator[Reason]:
        if not wish.interest.categories or not self.bonuses.weights.categories:
            return
        name = self.bonuses.filed(wish).get(row)
        if name:
            printed = {c.lower(): c for c in self.texts.papers[row].categories}[name.lower()]
            yield Reason("category", f"in {printed}", printed, name)


def _loose(phrase: Phrase) -> list[str]:
    """Return the words of a phrase that count one by one: none of a quoted one."""
    return [] if phrase.quoted else [word for word in phrase.words if word]


def signal_reasons(paper: Paper) -> Iterator[Reason]:
    """Say what others made of a paper, as its sources told us."""
    upvotes, stars = paper.signals.upvotes or 0, paper.signals.github_stars or 0
    if upvotes >= MIN_UPVOTES:
        yield Reason("signal", f"{upvotes} upvotes on Hugging Face", str(upvotes), "upvotes")
    if stars >= MIN_STARS:
        yield Reason("signal", f"{stars} stars on GitHub", str(stars), "github_stars")
