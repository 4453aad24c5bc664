"""Keeps ranking's index of the archive in step with it; a run costs only the new papers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from digest.ranking.index import INDEX_VERSION, Index
from digest.state.archive import Archive
from digest.state.database import Database
from digest.state.vectors import load_vectors, save_vectors

NAME = "index"
UP_TO = "index reaches to"  # the fact: when the index was last brought up to date
OVERLAP = timedelta(days=1)  # papers counted already are not counted again
COUNTED_TOGETHER = 20_000  # papers; an index made anew from all of them needs no more memory


def present_index(database: Database, now: datetime) -> tuple[Index, Callable[[], None]]:
    """Return the index with every stored paper in it, and what keeps it for the next run."""
    index, since = stored_index(database)
    if since is not None:
        since = min(since, now - OVERLAP)  # an earlier run's clock was perhaps ahead
    grown, papers = index, Archive(database).all_papers(since)
    while part := list(islice(papers, COUNTED_TOGETHER)):
        grown = grown.extended(part)

    def keep() -> None:
        if grown is not index:
            save_vectors(database, NAME, INDEX_VERSION, grown.to_bytes())
            database.remember(UP_TO, now.isoformat())

    return grown, keep


def stored_index(database: Database) -> tuple[Index, datetime | None]:
    """Return what an earlier run kept and from when on papers may be missing in it."""
    body = load_vectors(database, NAME, INDEX_VERSION)
    reached = database.fact(UP_TO)
    if body is None or not reached:
        return Index.empty(), None
    try:
        return Index.from_bytes(body), datetime.fromisoformat(reached) - OVERLAP
    except ValueError:  # damaged: made anew from all papers
        return Index.empty(), None
