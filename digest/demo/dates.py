"""Moves the dates of the sample documents, so that what they announce was announced today. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from digest.rendering.filters import MONTHS, WEEKDAYS

DAYS = tuple(day[:3] for day in WEEKDAYS)
SHORT = tuple(month[:3] for month in MONTHS)


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a date: how it is found (groups y, m and d) and how it is written."""

    pattern: re.Pattern[str]
    write: Callable[[date], str]


ISO = Form(
    re.compile(r"(?<![\w.-])(?P<y>20\d\d)-(?P<m>[01]\d)-(?P<d>[0-3]\d)(?=T\d|(?![\w-]))"),
    date.isoformat,
)
RFC_822 = Form(  # RFC 822 section 5 with the four-digit year of RFC 1123 section 5.2.14
    re.compile(rf"(?:{'|'.join(DAYS)}), (?P<d>\d\d) (?P<m>{'|'.join(SHORT)}) (?P<y>\d{{4}})"),
    lambda day: f"{DAYS[day.weekday()]}, {day.day:02d} {SHORT[day.month - 1]} {day.year}",
)
NATURE = Form(  # only behind these words: summaries may tell of other days
    re.compile(rf"(?<=Published online: )(?P<d>\d\d) (?P<m>{'|'.join(MONTHS)}) (?P<y>\d{{4}})"),
    lambda day: f"{day.day:02d} {MONTHS[day.month - 1]} {day.year}",
)
PUBMED = Form(
    re.compile(rf"(?P<y>\d{{4}}) (?P<m>{'|'.join(SHORT)}) (?P<d>\d\d?)(?=\. doi: )"),
    lambda day: f"{day.year} {SHORT[day.month - 1]} {day.day}",
)
BIORXIV = Form(
    re.compile(r"(?<=/early/)(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)(?=/)"),
    lambda day: f"{day.year}/{day.month:02d}/{day.day:02d}",
)

FORMS = (ISO, RFC_822, NATURE, PUBMED, BIORXIV)


def shift_dates(document: bytes, anchor: date, today: date) -> bytes:
    """Move every date of a document by the whole days from `anchor` to `today`.

    Times of day and offsets from UTC stay; so do numbers that only look like dates, as in DOIs.

    Args:
        document: UTF-8.
        anchor: The day the document was written for.
        today: The day it shall seem to be from.
    """
    text, distance = document.decode(), today - anchor
    for form in FORMS:
        text = form.pattern.sub(partial(moved, form, distance), text)
    return text.encode()


def moved(form: Form, distance: timedelta, found: re.Match[str]) -> str:
    """Return the date that was found, moved and in the same form."""
    day = date(int(found["y"]), month_number(found["m"]), int(found["d"]))
    return form.write(day + distance)


def month_number(text: str) -> int:
    """Return 1 to 12 for `07`, `Jul` or `July`."""
    return int(text) if text.isdigit() else SHORT.index(text[:3]) + 1
