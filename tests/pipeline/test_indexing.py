"""The index of the archive beside a database: made anew it is as if it had grown by itself."""

from datetime import timedelta

import pytest

from digest.models import Collected, SourceMemory, SourceReport, SourceState
from digest.papers import merge_papers
from digest.pipeline import indexing
from digest.pipeline.indexing import OVERLAP, present_index, stored_index
from digest.pipeline.run import Run
from digest.ranking import index as ranking
from digest.state.archive import Archive
from tests.pipeline.conftest import NOW
from tests.ranking.papers import make_papers


def test_an_index_made_anew_forgets_rare_terms_of_long_ago(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large archive is counted in parts: memory and the kept index stay within their bounds."""
    monkeypatch.setattr(indexing, "COUNTED_TOGETHER", 30)
    archive = Archive(run.database)
    report = SourceReport("Day", SourceState.FRESH)
    archive.store([Collected(report, tuple(make_papers(300)), SourceMemory())], NOW, merge_papers)
    whole, _ = present_index(run.database, NOW)
    most = len(whole.terms) // 2
    monkeypatch.setattr(ranking, "MAX_TERMS", most)
    bounded, keep = present_index(run.database, NOW)
    assert bounded.papers == archive.count()
    assert bounded.keys == whole.keys
    assert len(bounded.terms) < len(whole.terms)
    keep()
    again, _ = present_index(run.database, NOW + timedelta(hours=1))
    assert again.papers == bounded.papers


def test_an_index_made_under_a_clock_ahead_goes_on_growing(run: Run) -> None:
    """After a slip in `--date` the papers of the days that follow are counted, but no others."""
    archive, ahead = Archive(run.database), NOW + timedelta(days=3_650)
    assert stored_index(run.database)[1] is None
    before, keep = present_index(run.database, ahead)
    keep()
    kept, since = stored_index(run.database)
    assert (kept.papers, kept.keys, since) == (before.papers, before.keys, ahead - OVERLAP)
    report, later = SourceReport("Day", SourceState.FRESH), NOW + timedelta(days=2)
    archive.store([Collected(report, tuple(make_papers(30)), SourceMemory())], later, merge_papers)
    after, _ = present_index(run.database, later)
    assert after.papers == before.papers + 30
