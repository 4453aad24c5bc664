"""The demo looks fresh on any day of the year, and delivers to real inboxes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.demo.play import play
from digest.models import SourceState

MOMENTS = [
    datetime(2026, 7, 15, 12, tzinfo=UTC),  # summer in New York
    datetime(2026, 11, 24, 0, 10, tzinfo=UTC),  # winter, still yesterday there
    datetime(2026, 11, 28, 9, tzinfo=UTC),  # Saturday
    datetime(2028, 2, 29, 3, tzinfo=UTC),
    datetime(2026, 12, 25, 15, tzinfo=UTC),  # a holiday
]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_day_is_a_good_day_for_a_demo(tmp_path: Path, moment: datetime) -> None:
    """All sources are fresh; each of the three readers gets 6 to 9 papers, every one reasoned.

    Nobody outside is asked: what the readers like is among the sample papers.
    """
    played = play(tmp_path, lambda: moment, lambda _name: None)
    assert {report.state for report in played.report.sources} == {SourceState.FRESH}
    assert len(played.files) == 3
    for letter in played.report.plan.letters:
        edition = played.run.outbox.edition(letter)
        assert edition is not None
        assert 6 <= len(edition.picks) <= 9
        assert all(pick.reasons for pick in edition.picks)
    assert all(path.stat().st_size for paths in played.files.values() for path in paths.values())
    assert played.run.database.fact("examples asked for") == ""
    played.run.database.close()
