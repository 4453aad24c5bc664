"""Each subscriber gets exactly one letter per due edition, whatever the clocks do."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.models import Subscriber
from digest.schedule import (
    due_edition,
    due_editions,
    edition_now,
    edition_on,
    local_date,
    newest_due_date,
    next_moment,
    send_moment,
    wants,
    zone,
)

LATENESS = timedelta(hours=20)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
ODD_DAYS = (
    date(2028, 2, 27), date(2026, 3, 7), date(2026, 3, 28), date(2026, 10, 24),
    date(2026, 10, 31), date(2026, 12, 30),
)  # fmt: skip


def subscriber(**wishes: object) -> Subscriber:
    """Return Ada, who wants a letter at 07:30 in Berlin on weekdays unless told otherwise."""
    habits: dict[str, object] = {
        "email": "ada@example.org",
        "timezone": "Europe/Berlin",
        "send_at": time(7, 30),
        "days": frozenset(range(5)),
    }
    return Subscriber(**{**habits, **wishes})  # type: ignore[arg-type]


def ticks_of(person: Subscriber, start: datetime, ticks: list[timedelta]) -> list[date]:
    """Return the editions made when a run comes by after each pause, in order."""
    now, last, made = start, {}, []
    for pause in ticks:
        now += pause
        for due in due_editions([person], now, last_dates=last, max_lateness=LATENESS):
            last[person.email] = due.date
            made.append(due.date)
    return made


@pytest.mark.parametrize(
    ("utc", "edition"),
    [
        ("2026-11-23 06:29", None),  # Monday, one minute early in Berlin
        ("2026-11-23 06:30", date(2026, 11, 23)),
        ("2026-11-23 22:59", date(2026, 11, 23)),  # still Monday in Berlin
        ("2026-11-23 23:01", date(2026, 11, 23)),  # Tuesday already, 16.5 hours late
        ("2026-11-24 02:30", date(2026, 11, 23)),
        ("2026-11-24 02:31", None),  # more than 20 hours late
        ("2026-11-28 12:00", date(2026, 11, 27)),  # Saturday, Friday's is the last until Monday
        ("2026-11-28 18:31", None),  # more than half of the time to Monday's has gone
    ],
)
def test_hours_and_days(utc: str, edition: date | None) -> None:
    """An edition is due from its hour until local midnight, and 20 hours long at least."""
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert newest_due_date(subscriber(), now, LATENESS) == edition


@pytest.mark.parametrize(
    ("utc", "edition"),
    [
        ("2026-11-23 06:29", None),  # Monday, one minute early; last week's is too late
        ("2026-11-24 09:00", date(2026, 11, 23)),  # a machine that was off on Monday
        ("2026-11-26 18:30", date(2026, 11, 23)),  # half of the week has gone
        ("2026-11-26 18:31", None),
    ],
)
def test_who_reads_weekly_does_not_wait_two_weeks(utc: str, edition: date | None) -> None:
    """A missed day is made good until the next one is nearer."""
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert newest_due_date(subscriber(days=frozenset({0})), now, LATENESS) == edition


def test_days_that_were_changed_were_not_missed() -> None:
    """Whoever had Monday's letter and asks for Tuesdays on Thursday waits for the next Tuesday."""
    now = datetime(2026, 11, 26, 10, tzinfo=UTC)
    person = subscriber(days=frozenset({1}))
    cases = (
        (date(2026, 11, 23), None),
        (date(2026, 11, 19), date(2026, 11, 24)),  # one of `digest run --now` in between
        (date(2026, 11, 17), date(2026, 11, 24)),
        (date(2026, 11, 20), date(2026, 11, 24)),
        (date(2026, 11, 21), None),  # of the week before Tuesday less than half had gone
        (None, date(2026, 11, 24)),
    )
    for last, due in cases:
        found = due_edition(person, now, last, LATENESS)
        assert (found and found.date) == due


def test_a_letter_shortly_before_costs_none_that_was_wished_for() -> None:
    """Neither does one of the day before, where both are wished, nor one of `digest run --now`."""
    thursday = datetime(2026, 11, 26, 10, tzinfo=UTC)
    late = due_edition(subscriber(days=frozenset({0, 1})), thursday, date(2026, 11, 23), LATENESS)
    assert late is not None
    assert late.date == date(2026, 11, 24)
    monday = datetime(2026, 11, 23, 7, tzinfo=UTC)
    present = due_edition(subscriber(days=frozenset({0})), monday, date(2026, 11, 22), LATENESS)
    assert present is not None
    assert due_edition(subscriber(), monday, date(2026, 11, 23), LATENESS) is None


def test_midnight_means_whenever_a_run_comes_by() -> None:
    """With the default hour a run at eleven at night still serves today's edition."""
    person = subscriber(send_at=time(0, 0), days=frozenset(range(7)))
    now = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert newest_due_date(person, now, LATENESS) == date(2026, 11, 23)


def zones_that_differ() -> Iterable[str]:
    """Return one zone of each kind: those of a kind show the same time on all odd days."""
    hours = [
        datetime.combine(first, time(0), UTC) + timedelta(hours=n)
        for first in ODD_DAYS
        for n in range(-24, 4 * 24)
    ]
    clocks = {
        tuple(hour.astimezone(zone(name)).utcoffset() for hour in hours): name for name in ZONES
    }
    return clocks.values()


def test_a_year_of_quarter_hours_in_every_zone() -> None:
    """Around both clock changes, leap day and year end: one edition per local day, none twice."""
    for name in zones_that_differ():
        person = subscriber(timezone=name, send_at=time(2, 30), days=frozenset(range(7)))
        for first in ODD_DAYS:
            start = datetime.combine(first, time(0), UTC)
            made = ticks_of(person, start, [timedelta(minutes=15)] * (4 * 24 * 3))
            assert made == sorted(set(made)), name
            whole_days = [first + timedelta(days=n) for n in (0, 1)]
            assert set(whole_days) <= set(made), name


@settings(max_examples=200)
@given(
    name=st.sampled_from(ZONES),
    hour=st.times(),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)),
    pauses=st.lists(
        st.integers(-180, 4 * 24 * 60).map(lambda m: timedelta(minutes=m)), max_size=40
    ),
)
def test_one_letter_per_edition(
    name: str, hour: time, days: frozenset[int], start: datetime, pauses: list[timedelta]
) -> None:
    """Sleeping for days or a clock set back never repeats, and never leaves the wished days."""
    person = subscriber(timezone=name, send_at=hour.replace(tzinfo=None), days=days)
    made = ticks_of(person, start.replace(tzinfo=UTC), pauses)
    assert made == sorted(set(made))
    assert all(wants(person, day) for day in made)


@settings(max_examples=200)
@given(
    name=st.sampled_from(ZONES),
    hour=st.times(),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)),
)
def test_the_next_moment_is_when_it_falls_due(name: str, hour: time, now: datetime) -> None:
    """At `next_moment` a run finds an edition that it did not find a second earlier."""
    person = subscriber(timezone=name, send_at=hour.replace(tzinfo=None), days=frozenset(range(7)))
    moment = next_moment(person, now.replace(tzinfo=UTC))
    assert moment is not None
    assert moment.tzinfo is UTC
    later = next_moment(person, moment)
    assert later is not None
    assert later > moment
    day = newest_due_date(person, moment, LATENESS)
    assert day is not None
    assert send_moment(person, day) == moment
    assert newest_due_date(person, moment - timedelta(seconds=1), LATENESS) != day


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    """In a zone's own time both are equal to Python, but not the same moment (PEP 495)."""
    person = Subscriber("ada@example.org", timezone="Etc/GMT+1")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone("Europe/Berlin"))
    dates = [local_date(person, moment).day for moment in (first, first.replace(fold=1))]
    assert dates == [24, 25]


def test_pauses() -> None:
    """Nothing is due while paused; the day the pause ends it is again."""
    person = subscriber(paused_until=date(2026, 11, 25))
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert newest_due_date(person, noon, LATENESS) is None
    assert newest_due_date(person, noon + timedelta(days=1), LATENESS) == date(2026, 11, 25)
    assert next_moment(person, noon) == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
    away = subscriber(paused_until=date(2026, 12, 21))
    assert next_moment(away, noon) == datetime(2026, 12, 21, 6, 30, tzinfo=UTC)
    assert next_moment(subscriber(paused_until=date.max), noon) is None
    past = subscriber(paused_until=date(2026, 3, 1))
    assert next_moment(past, noon) == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


def test_the_next_moment_is_on_a_day_that_was_wished() -> None:
    """After Friday's letter comes Monday's."""
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert next_moment(subscriber(), friday) == datetime(2026, 11, 30, 6, 30, tzinfo=UTC)


def test_missed_days_are_named() -> None:
    """The first missed delivery day is told, weekends that were not wished are none."""
    monday = date(2026, 11, 23)
    assert edition_on(subscriber(), monday, date(2026, 11, 20)).since is None
    assert edition_on(subscriber(), monday, date(2026, 11, 18)).since == date(2026, 11, 19)
    tuesday, saturday = date(2026, 11, 24), date(2026, 11, 21)  # who called `digest run --now`
    assert edition_on(subscriber(), tuesday, saturday).since == monday


def test_the_letter_after_a_pause_says_since_when() -> None:
    """It has the papers of the pause, be it over or taken back."""
    last, day = date(2026, 11, 18), date(2026, 11, 25)
    for until in (day, None):
        assert edition_on(subscriber(paused_until=until), day, last).since == date(2026, 11, 19)


def test_a_catch_up_promises_what_it_holds() -> None:
    """Whoever comes back after months is told of the two weeks whose papers the letter has."""
    assert edition_on(subscriber(), date(2026, 11, 23), date(2026, 9, 1)).since == date(
        2026, 11, 10
    )


def test_now_serves_whatever_the_hour() -> None:
    """`run --now` makes today's edition on a Sunday too, once."""
    sunday = datetime(2026, 11, 22, 3, tzinfo=UTC)
    due = edition_now(subscriber(), sunday, None)
    assert due is not None
    assert (due.date, due.slot) == (date(2026, 11, 22), "welcome")
    assert edition_now(subscriber(), sunday, due.date) is None
    assert edition_now(subscriber(), sunday, date(2026, 11, 20)) is not None
    assert edition_now(subscriber(paused_until=date(2026, 11, 23)), sunday, None) is None
