"""Dates move, everything else stays."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.demo.dates import shift_dates

ANCHOR = date(2026, 7, 1)
DAYS = st.dates(date(2020, 1, 3), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<updated>2026-07-01T04:00:02+00:00<", "<updated>2027-01-01T04:00:02+00:00<"),
        ("2026-06-30T00:00:00-04:00", "2026-12-31T00:00:00-04:00"),
        ("Wed, 01 Jul 2026 00:00:00 -0400", "Fri, 01 Jan 2027 00:00:00 -0400"),
        ("Nature. 2026 Jun 30. doi: 10", "Nature. 2026 Dec 31. doi: 10"),
        ("<dc:date>2026-06-30</dc:date>", "<dc:date>2026-12-31</dc:date>"),
        ("Published online: 01 July 2026;", "Published online: 01 January 2027;"),
        ("Published online: 2026-07-01;", "Published online: 2027-01-01;"),
        ('"interval": "2026-06-29:2026-07-01"', '"interval": "2026-12-30:2027-01-01"'),
        ("/early/2026/06/30/622803.source.xml", "/early/2026/12/31/622803.source.xml"),
    ],
)
def test_each_form_of_a_date_moves(before: str, after: str) -> None:
    """A date keeps its form, its time of day and its offset; the weekday becomes the new one."""
    assert shift_dates(before.encode(), ANCHOR, date(2027, 1, 1)).decode() == after


@pytest.mark.parametrize(
    "text",
    [
        "10.1038/s41586-021-03819-2",
        "10.1101/2022.07.20.500902",
        "On 14 September 2015 both detectors",
        "oai:arXiv.org:2006.11239v2",
        "cut-2026-07-01-off",
        "naïve Ångström €",
    ],
)
def test_what_only_looks_like_a_date_stays(text: str) -> None:
    """Ids, prose and text beyond ASCII are left alone."""
    assert shift_dates(text.encode(), ANCHOR, date(2030, 5, 5)).decode() == text


@given(DAYS, DAYS)
def test_shifting_there_and_back_changes_nothing(one: date, other: date) -> None:
    """The shift is a bijection of dates."""
    text = f"{one.isoformat()} /early/{one:%Y/%m/%d}/".encode()
    moved = shift_dates(text, one, other)
    assert shift_dates(moved, other, one) == text
    assert moved.startswith(other.isoformat().encode())


def test_a_shift_counts_whole_days() -> None:
    """Two dates keep their distance across a leap day."""
    text = b"2026-06-29 2026-07-01"
    for days in range(0, 1_500, 50):
        today = ANCHOR + timedelta(days)
        first, second = shift_dates(text, ANCHOR, today).decode().split()
        assert date.fromisoformat(second) == today
        assert date.fromisoformat(first) == today - timedelta(2)
