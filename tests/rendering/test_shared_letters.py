"""What is kept of a letter for the next reader goes to none who should get another."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from digest.models import Edition, SourceReport, SourceState
from digest.rendering.press import Press

from .conftest import SECRET, TEMPLATES, site
from .editions import DAILY

# For each field of an edition something else than in DAILY.
OTHER = {
    "id": "another",
    "date": date(2026, 11, 24),
    "slot": "welcome",
    "email": "bo@example.org",
    "made_at": DAILY.made_at + timedelta(days=1),
    "name": "Bo",
    "timezone": "Asia/Tokyo",
    "language": "de",
    "sections": DAILY.sections[:1],
    "trending": (),
    "reports": (SourceReport("Another", SourceState.FAILED),),
    "since": date(2026, 11, 20),
    "considered": 7,
}


@pytest.mark.parametrize("name", [field.name for field in fields(Edition)])
def test_editions_that_differ_in_one_thing_are_composed_apart(press: Press, name: str) -> None:
    """A new field is part of each key under which letters, rows or cards that show it are kept."""
    assert name in OTHER, f"what {name} may be beside what it is in DAILY belongs into OTHER"
    assert OTHER[name] != getattr(DAILY, name)
    other = replace(DAILY, **{name: OTHER[name]})
    alone = Press(site(), folders=[TEMPLATES], secret=SECRET).compose(other)
    for edition in (DAILY, DAILY, other, other):  # what the second shares with others is kept
        letter = press.compose(edition)
    assert letter.message == alone.message
    assert letter.message != press.compose(DAILY).message, f"no letter shows {name}"
