"""Which clock is believed, what is left to do, and how long what is broken keeps quiet."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.models import Outcome, Receipt
from digest.state.calendar import (
    has_open_letters,
    is_clock_trusted,
    last_dates,
    missed_letters,
)
from digest.state.database import Database
from digest.state.outbox import Outbox
from digest.state.runs import begin_run
from digest.state.waiting import Waiting
from tests.state.test_outbox import NOW, claim_all, edition

HOUR = timedelta(hours=1)


def test_a_clock_is_trusted_once_runs_have_followed_it(database: Database) -> None:
    """For twenty hours, where others before them began later than now."""
    assert is_clock_trusted(database, NOW), "the first run of all"
    begin_run(database, NOW - HOUR)
    assert is_clock_trusted(database, NOW)
    begin_run(database, NOW + 1_000 * HOUR)
    assert not is_clock_trusted(database, NOW)
    begin_run(database, NOW)
    assert not is_clock_trusted(database, NOW + HOUR)
    begin_run(database, NOW + 10 * HOUR)
    assert not is_clock_trusted(database, NOW + 20 * HOUR - timedelta(seconds=1))
    assert is_clock_trusted(database, NOW + 20 * HOUR)
    assert is_clock_trusted(database, NOW + 2_000 * HOUR)


def test_a_letter_that_waits_for_a_run(outbox: Outbox) -> None:
    """Planned or left behind it does; for another try once its time has come; ended never."""
    database = outbox.database
    assert not has_open_letters(database, NOW)
    outbox.freeze([edition()], NOW)
    assert has_open_letters(database, NOW)
    claim_all(outbox)
    assert has_open_letters(database, NOW)
    [deferred] = outbox.record([Receipt("ada2", Outcome.DEFERRED, 451, "later", NOW)], NOW)
    assert deferred.next_try is not None
    assert not has_open_letters(database, NOW)
    assert has_open_letters(database, deferred.next_try)
    claim_all(outbox, deferred.next_try)
    outbox.record([Receipt("ada2", Outcome.SENT, 250, "ok", NOW)], NOW)
    assert not has_open_letters(database, NOW + HOUR)


def test_the_newest_edition_until_a_day(outbox: Outbox) -> None:
    """Later ones may be the mistake of a clock."""
    outbox.freeze([edition(day=day) for day in (2, 4, 9)], NOW)
    for until, newest in ((None, 9), (4, 4), (8, 4), (2, 2)):
        last = NOW.date().replace(day=until) if until else None
        assert last_dates(outbox.database, ["ada@example.org"], last) == {
            "ada@example.org": NOW.date().replace(day=newest)
        }
    assert last_dates(outbox.database, ["ada@example.org"], NOW.date().replace(day=1)) == {}


@pytest.mark.parametrize("away", [1, -1])
def test_who_waits_for_a_broken_source(away: int) -> None:
    """For half an hour it is not asked again, unless somebody else is due; nor complained of."""
    at = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    waiting = Waiting(at, at, ("a@b.c", "d@e.f"), ("Journal failed",))
    minute = away * timedelta(minutes=1)
    assert waiting.covers(["a@b.c"], at + 28 * minute)
    assert waiting.covers(["d@e.f", "a@b.c"], at + 28 * minute)
    assert not waiting.covers(["a@b.c", "x@b.c"], at + 28 * minute)
    assert not waiting.covers(["a@b.c"], at + 29 * minute)
    assert waiting.has_told(["Journal failed"], at + 19 * 60 * minute)
    assert not waiting.has_told(["Journal failed", "more"], at + 19 * 60 * minute)
    assert not waiting.has_told(["Journal failed"], at + 20 * 60 * minute)


def test_whom_no_letter_has_reached_of_late(outbox: Outbox) -> None:
    """Nor was there one on an empty day, but that day is served; a refused letter counts."""

    def settle(email: str, *outcomes: Outcome | None) -> None:
        """Let a reader's letters of one day after the other end so; None: an empty day."""
        for day, outcome in enumerate(outcomes, 2):
            one = edition(f"{email}@example.org", day)
            if outcome is None:
                outbox.skip([one], one.made_at)
                continue
            outbox.freeze([one], one.made_at)
            claim_all(outbox, one.made_at)
            outbox.record([Receipt(one.id, outcome, 0, "why", one.made_at)], one.made_at)

    sent, lost = Outcome.SENT, Outcome.CANCELLED
    settle("served", lost, sent)
    settle("refused", sent, Outcome.FAILED)
    settle("empty", sent, lost, None)
    settle("new", None, lost, None)
    settle("missed", sent, None, lost, lost)
    settle("late", sent)
    one = edition("late@example.org", 3)
    outbox.freeze([one], one.made_at)
    asked = [*outbox.emails(), "nobody@example.org"]
    found = missed_letters(outbox.database, asked, one.made_at + outbox.max_lateness)
    assert "late@example.org" not in found
    found = missed_letters(outbox.database, asked, one.made_at + 2 * outbox.max_lateness)
    days = {email.partition("@")[0]: day and day.day for email, day in found.items()}
    assert days == {"new": None, "missed": 3, "empty": 4, "late": 2}
