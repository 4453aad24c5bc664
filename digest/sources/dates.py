"""Reads the dates that sources write and keeps only sane ones. Pure."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from itertools import takewhile

EARLIEST = datetime(1665, 1, 1, tzinfo=UTC)  # the first scientific journal


def sane(moment: datetime | None, now: datetime) -> datetime | None:
    """Return a publication date in UTC: None before 1665, `now` for the future.

    A date in the future must not keep a paper on top for ever.
    """
    if moment is None:
        return None
    try:
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return None if moment < EARLIEST else min(moment, now)


def parse_moment(text: object) -> datetime | None:
    """Return the moment of an ISO 8601 or RFC 5322 date, UTC where no zone is given, or None.

    Midnight east of Greenwich is a day without a time; as a moment in UTC it is the day before.
    """
    if not isinstance(text, str) or not 4 <= len(text.strip()) <= 60:
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            moment = parse(text.strip())
            bare = moment.time() == time() and (moment.utcoffset() or timedelta()) > timedelta()
            return moment.replace(tzinfo=UTC) if bare or not moment.tzinfo else moment
    return None


def from_parts(parts: object) -> datetime | None:
    """Return the first moment of `[year]`, `[year, month]` or `[year, month, day]`, or None."""
    if not isinstance(parts, list):
        return None
    numbers = list(takewhile(lambda part: isinstance(part, int), parts[:3]))
    if not numbers or numbers[0] < EARLIEST.year:  # Crossref writes [null] for "not known"
        return None
    year, month, day = (*numbers, 1, 1)[:3]
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def from_timestamp(seconds: float | None) -> datetime | None:
    """Return the moment of Unix seconds, or None."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
