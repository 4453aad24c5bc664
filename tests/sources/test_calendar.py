"""arXiv's calendar, as tables; and what is asked for single papers."""

from datetime import UTC, date, datetime

import pytest

from digest.sources.plans.arxiv_calendar import (
    batch_day,
    days_between,
    deadline,
    eastern_day,
    is_holiday,
    window,
)
from digest.sources.trying import questions


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 18, 4, 59, tzinfo=UTC), date(2026, 11, 17)),  # winter: UTC-5
        (datetime(2026, 11, 18, 5, 0, tzinfo=UTC), date(2026, 11, 18)),
        (datetime(2026, 7, 1, 3, 59, tzinfo=UTC), date(2026, 6, 30)),  # summer: UTC-4
        (datetime(2026, 7, 1, 4, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_the_day_changes_at_eastern_midnight(moment: datetime, day: date) -> None:
    """arXiv's date is the one in the Eastern United States, daylight saving included."""
    assert eastern_day(moment) == day


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 11, 18), date(2026, 11, 18)),
        (date(2026, 11, 21), date(2026, 11, 20)),
        (date(2026, 11, 22), date(2026, 11, 20)),
        (date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_weekends_have_no_feed(day: date, last: date) -> None:
    """Saturday's and Sunday's last feed is Friday's."""
    assert batch_day(day) == last


def test_days_between_are_working_days() -> None:
    """The first day is left out, the last one counts, weekends do not."""
    days = days_between(date(2026, 11, 19), date(2026, 11, 24))
    assert days == (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24))
    assert days_between(date(2026, 11, 24), date(2026, 11, 24)) == ()


@pytest.mark.parametrize(
    ("day", "until"),
    [
        (date(2026, 11, 17), datetime(2026, 11, 16, 19, tzinfo=UTC)),  # Tuesday: Monday 14:00
        (date(2026, 11, 16), datetime(2026, 11, 13, 19, tzinfo=UTC)),  # Monday: Friday 14:00
        (date(2026, 7, 1), datetime(2026, 6, 30, 18, tzinfo=UTC)),
    ],
)
def test_submissions_end_at_two_in_the_afternoon(day: date, until: datetime) -> None:
    """A feed holds what was submitted until 14:00 Eastern of the working day before."""
    assert deadline(day) == until


def test_window_reaches_back_for_papers_held_by_moderators() -> None:
    """The window of a day begins some days before its submissions do."""
    start, end = window(date(2026, 11, 18), date(2026, 11, 18))
    assert end == deadline(date(2026, 11, 18))
    assert start < deadline(date(2026, 11, 17))


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (date(2026, 11, 26), True),  # Thanksgiving
        (date(2026, 11, 27), True),  # the feed of the evening of Thanksgiving
        (date(2026, 11, 25), False),
        (date(2026, 9, 7), True),  # Labor Day
        (date(2026, 5, 25), True),  # Memorial Day
        (date(2026, 1, 19), True),  # Martin Luther King's day
        (date(2026, 12, 25), True),
        (date(2026, 6, 19), True),
        (date(2026, 3, 4), False),
    ],
)
def test_holidays(day: date, answer: bool) -> None:
    """On and after a holiday an empty feed is no surprise."""
    assert is_holiday(day) is answer


def test_single_papers_are_asked_for_together() -> None:
    """arXiv ids make one question, PubMed ids one, each DOI its own; titles make none."""
    asked = questions(
        [
            "arxiv:2205.14135v2",
            "2604.00001",
            "pmid:7",
            "doi:10.1038/X",
            "Attention is all you need",
        ],
        "ops@example.org",
    )
    assert len(asked) == 3
    assert "id_list=2205.14135%2C2604.00001" in asked[0]
    assert "id=7" in asked[1]
    assert asked[2].startswith("https://api.crossref.org/works/10.1038/x?mailto=")
