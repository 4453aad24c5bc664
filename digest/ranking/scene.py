"""One day's candidates and the archive behind them, opened once for any number of readers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from digest.config.schema import Ranking as Options
from digest.models import Paper
from digest.ranking.arrays import Array
from digest.ranking.choosing import Rules, count_doubles
from digest.ranking.day import open_day
from digest.ranking.exploring import Horizon, open_horizon
from digest.ranking.index import Index
from digest.ranking.postings import products_among
from digest.ranking.reasons import Witness, telling
from digest.ranking.semantic import Meaning
from digest.ranking.signals import Bonuses, weigh_signals
from digest.ranking.space import Space, build_space
from digest.ranking.texts import Texts

if TYPE_CHECKING:
    from digest.ranking.proposing import Proposal, Request
    from digest.ranking.scores import Asked

YOUNG_PAPERS = 300  # in a smaller archive a keyword found word for word is always good enough


@dataclass(frozen=True, slots=True)
class Scene:
    """One day's candidates and the archive behind them, ready for any number of readers."""

    space: Space
    witness: Witness
    bonuses: Bonuses
    alike: Array  # (papers, papers): cosines of terms
    options: Options
    rules: Rules
    horizon: Horizon
    rows: dict[str, int]  # of the candidates, by each of their names
    asked: "dict[object, Asked]" = field(default_factory=dict)  # by the last block of readers
    proposed: "dict[Request, Proposal]" = field(default_factory=dict)  # to them

    @property
    def papers(self) -> Sequence[Paper]:
        """The candidates."""
        return self.witness.texts.papers

    @property
    def is_young(self) -> bool:
        """The archive holds too few papers to say what is usual."""
        return self.space.index.papers < YOUNG_PAPERS

    @property
    def needs_reasons(self) -> bool:
        """Words that say nothing are like something, too; embeddings, though, know other texts."""
        return not self.space.meaning

    def rows_of(self, names: Collection[str]) -> list[int]:
        """Return the candidates that bear one of these names."""
        return [self.rows[name] for name in self.rows.keys() & names]


def open_scene(
    index: Index,
    pool: Sequence[Paper],
    *,
    options: Options,
    now: datetime,
    meaning: Meaning | None = None,
) -> Scene:
    """Do once what all readers share."""
    space = build_space(index.extended(pool), meaning)
    features = space.features(pool)
    day, bonuses = open_day(space, features), weigh_signals(pool, options.signals, now)
    witness = Witness(space, day, Texts(pool), bonuses, telling(space))
    alike = products_among(day.matched)
    horizon = open_horizon(pool, bonuses.upvotes + bonuses.stars, now.date().isoformat())
    rows = {key: row for row, paper in enumerate(pool) for key in paper.names}
    rules = Rules(options.threshold, options.diversity, count_doubles(alike))
    return Scene(space, witness, bonuses, alike, options, rules, horizon, rows)
