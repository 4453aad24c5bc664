"""What speaks for a paper beside its words: authors, categories, upvotes, stars, freshness."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from digest.config.schema import SignalWeights
from digest.models import Paper
from digest.ranking.arrays import Array
from digest.ranking.authors import Bylines, read_bylines
from digest.ranking.readers import Wish

STRONG_UPVOTES = 100  # adds the whole weight; on Hugging Face the best paper of a day has about so
STRONG_STARS = 1_000
HALF_LIFE_DAYS = 3.0  # of freshness
CLASS = re.compile(r"([a-z-]+)\.(?:[a-z-]+|\*)")  # arXiv's cs.CL
CATEGORY_ALONE = 2.0  # where an interest names categories and nothing else, they are the topic


@dataclass(frozen=True, slots=True)
class Bonuses:
    """The signals of one day's candidates, in standard deviations."""

    weights: SignalWeights
    bylines: Bylines
    categories: dict[str, list[int]]  # lower case -> rows
    upvotes: Array  # (papers,)
    stars: Array
    freshness: Array

    @property
    def shared(self) -> Array:
        """What every reader grants each paper, shape (papers,)."""
        total: Array = self.upvotes + self.stars + self.freshness
        return total

    def shares(self, row: int) -> tuple[tuple[str, float], ...]:
        """Return what each signal has in `shared`, by its name."""
        return (
            ("upvotes", float(self.upvotes[row])),
            ("stars", float(self.stars[row])),
            ("freshness", float(self.freshness[row])),
        )

    def authored(self, wish: Wish) -> dict[int, tuple[str, str]]:
        """Return by row: the followed author as the profile and as the paper says it."""
        found: dict[int, tuple[str, str]] = {}
        for author in wish.interest.authors:
            for row, printed in self.bylines.written_by(author).items():
                found.setdefault(row, (author, printed))
        return found

    def filed(self, wish: Wish) -> dict[int, str]:
        """Return by row the profile's category that a paper is filed under."""
        named = wish.interest.categories
        return {
            row: name
            for name in reversed(named)
            for row in self.categories.get(category_names(name)[-1], ())
        }

    def category_points(self, wish: Wish) -> float:
        """Return what a category adds for this interest."""
        weight = self.weights.categories
        alone = not (wish.terms or wish.liked or wish.interest.authors)
        return max(weight, CATEGORY_ALONE) if alone and weight else weight


def weigh_signals(papers: Sequence[Paper], weights: SignalWeights, now: datetime) -> Bonuses:
    """Measure the signals of a day's candidates.

    Args:
        now: aware; freshness is counted from the paper's date, or from its first sight.
    """
    categories: dict[str, list[int]] = {}
    for row, paper in enumerate(papers):
        for name in {name for printed in paper.categories for name in category_names(printed)}:
            categories.setdefault(name, []).append(row)
    return Bonuses(
        weights,
        read_bylines(papers),
        categories,
        _logarithmic([p.signals.upvotes for p in papers], STRONG_UPVOTES) * weights.upvotes,
        _logarithmic([p.signals.github_stars for p in papers], STRONG_STARS) * weights.github_stars,
        np.array([_freshness(p, now) for p in papers], np.float32) * weights.freshness,
    )


def category_names(category: str) -> tuple[str, ...]:
    """Return what an interest may call a category: cs.CL also by its archive, cs or cs.*."""
    name = category.strip().lower().replace("_", " ")
    found = CLASS.fullmatch(name)
    if not found:
        return (name,)
    return (found[1],) if name.endswith("*") else (found[1], name)


def _logarithmic(counts: Sequence[int | None], strong: int) -> Array:
    """Return 0 for none, 1 for a strong signal and above, by the logarithm between."""
    found = np.array([max(0, count or 0) for count in counts], np.float32)
    return np.minimum(np.log1p(found) / np.float32(math.log1p(strong)), 1)


def _freshness(paper: Paper, now: datetime) -> float:
    seen = paper.published or paper.first_seen
    if seen is None:
        return 0.0
    days = max(0.0, (now - seen).total_seconds() / 86_400)
    return math.exp2(-days / HALF_LIFE_DAYS)
