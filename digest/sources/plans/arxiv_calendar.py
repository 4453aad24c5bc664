"""When arXiv announces, and which submissions an announcement holds. Pure.

Submissions of a weekday until 14:00 US/Eastern are announced at 20:00 that day, Friday's on Sunday
(https://info.arxiv.org/help/availability.html). The feeds are rebuilt at Eastern midnight, so that
the feed of a day, Monday to Friday, holds the announcement of the evening before.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
DEADLINE = time(14, 0)
MODERATION = timedelta(days=4)  # a paper may be held back that long before it is announced

FIXED_HOLIDAYS = frozenset({(1, 1), (6, 19), (7, 4), (12, 24), (12, 25), (12, 31)})
# (month, weekday, first of the seven days it may be): King, Memorial Day, Labor Day, Thanksgiving
MOVING_HOLIDAYS = ((1, 0, 15), (5, 0, 25), (9, 0, 1), (11, 3, 22))


def eastern_day(moment: datetime) -> date:
    """Return the date at arXiv."""
    return moment.astimezone(EASTERN).date()


def batch_day(day: date) -> date:
    """Return the last day, this one included, that has a feed of its own."""
    while day.weekday() > 4:
        day -= DAY
    return day


def days_between(covered: date, last: date) -> tuple[date, ...]:
    """Return the days with a feed of their own after `covered`, up to `last` and with it."""
    days = []
    while last > covered:
        if last.weekday() < 5:
            days.append(last)
        last -= DAY
    return tuple(reversed(days))


def is_holiday(day: date) -> bool:
    """Tell whether the feed of that day may well be empty: the evening before, or the day itself,
    is a holiday of arXiv's. A wrong guess changes a word in a report, nothing else."""
    return any(in_calendar(eve) for eve in (day, day - DAY))


def in_calendar(day: date) -> bool:
    """Tell whether a day is a holiday in the United States that arXiv keeps."""
    return (day.month, day.day) in FIXED_HOLIDAYS or any(
        (day.month, day.weekday()) == (month, weekday) and first <= day.day < first + 7
        for month, weekday, first in MOVING_HOLIDAYS
    )


def deadline(day: date) -> datetime:
    """Return the moment until which submissions reach the feed of a day, in UTC."""
    eve = batch_day(day - DAY)
    return datetime.combine(eve, DEADLINE, EASTERN).astimezone(UTC)


def window(first: date, last: date) -> tuple[datetime, datetime]:
    """Return between which moments the papers in the feeds of these days were submitted, with room
    for those that moderators held back."""
    return deadline(batch_day(first - DAY)) - MODERATION, deadline(last)
