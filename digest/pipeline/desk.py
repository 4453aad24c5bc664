"""What ranking works with in one run: the archive, its index, and its meaning where asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from digest.config.schema import Ranking as Options
from digest.errors import SourceError
from digest.models import Paper
from digest.pipeline.meaning import open_meaning
from digest.ranking.index import Index
from digest.ranking.scene import Scene, open_scene
from digest.ranking.semantic import Meaning
from digest.state.archive import Archive

if TYPE_CHECKING:
    from digest.pipeline.run import Run


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of one run's ranking."""

    archive: Archive
    index: Index
    options: Options
    meaning: Meaning | None = None
    problems: tuple[str, ...] = ()  # sentences: why letters are ranked by less than was asked for

    def scene(self, pool: Sequence[Paper], now: datetime) -> Scene | None:
        """Return what all readers of these candidates share; None where there are none."""
        if not pool:
            return None
        return open_scene(self.index, pool, options=self.options, now=now, meaning=self.meaning)


def open_desk(run: "Run", index: Index) -> Desk:
    """Bring embeddings up to date; without them letters go by their words alone."""
    archive, options = Archive(run.database), run.config.ranking
    try:
        meaning = open_meaning(run.database, options.semantic, archive)
    except SourceError as error:
        problem = f"{error}; letters were ranked by their words alone"
        return Desk(archive, index, options, problems=(problem,))
    return Desk(archive, index, options, meaning)
