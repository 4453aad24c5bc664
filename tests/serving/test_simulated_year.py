"""A year of passes every quarter of an hour: each reader gets exactly the editions they are due.

Real schedule, real calendar, real outbox in real SQLite; the papers are one paper, and the relay
says yes. What is due is counted once more here, from the calendar alone.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.models import Due, Edition, Interest, Outcome, Paper, Pick, Receipt, Section, Subscriber
from digest.pipeline.editions import delivery_id
from digest.schedule import due_editions
from digest.state.calendar import COLLECTED, last_dates
from digest.state.database import Database, open_database
from digest.state.glance import glance
from digest.state.outbox import Outbox

ZONES = (
    "Pacific/Kiritimati", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kathmandu", "Europe/Berlin",
    "UTC", "Atlantic/Azores", "America/St_Johns", "America/New_York", "America/Los_Angeles",
    "Africa/Casablanca", "Pacific/Apia",
)  # fmt: skip
HOURS = (time(0, 0), time(2, 30), time(7, 30), time(18, 45), time(23, 50))
WEEKS = (frozenset(range(7)), frozenset(range(5)), frozenset({0, 3}), frozenset({0}))
TICK = timedelta(minutes=15)
LATENESS = timedelta(hours=20)
PAPER = Paper(("arxiv:2205.14135",), "FlashAttention")
PICKED = (Section("Attention", (Pick(PAPER, "Attention", 2.0),)),)


def readers(count: int) -> list[Subscriber]:
    """Return readers over all zones, hours and weeks."""
    return [
        Subscriber(
            f"reader{number}@example.org",
            interests=(Interest("Attention", ("attention",)),),
            timezone=ZONES[number % len(ZONES)],
            send_at=HOURS[number % len(HOURS)],
            days=WEEKS[number % len(WEEKS)],
        )
        for number in range(count)
    ]


def ticks(start: datetime, days: int) -> Iterator[datetime]:
    """Yield the clock at every pass: asleep for three days once, set back by two hours once."""
    asleep = start + timedelta(days=days // 3)
    set_back = start + timedelta(days=days // 2, hours=7)
    now, was_set_back = start, False
    while now < start + timedelta(days=days):
        if not asleep <= now < asleep + timedelta(days=3):
            yield now
        now += TICK
        if now >= set_back and not was_set_back:
            was_set_back = True
            now -= timedelta(hours=2)


def make_pass(
    database: Database, outbox: Outbox, people: Sequence[Subscriber], now: datetime
) -> None:
    """Do what a run does, with a ranking that always finds the one paper."""
    seen = glance(f"sqlite:///{database.name}", now, [person.email for person in people])
    if seen is not None and not seen.busy:
        lasts = seen.last_dates
        if not any(due_editions(people, now, last_dates=lasts, max_lateness=LATENESS)):
            return
    lasts = last_dates(database, [person.email for person in people])
    due = list(due_editions(people, now, last_dates=lasts, max_lateness=LATENESS))
    database.remember(COLLECTED, now.isoformat())
    outbox.freeze([edition_of(one, now) for one in due], now)
    claim = outbox.claim(100, "me", now)
    letters = [edition.id for edition in claim.editions]
    outbox.mark_in_data(letters, now)
    outbox.record([Receipt(name, Outcome.SENT, 250, "ok", now) for name in letters], now)


def edition_of(due: Due, now: datetime) -> Edition:
    """Return the edition that a run would freeze."""
    email = due.subscriber.email
    name = delivery_id(b"secret", due)
    return Edition(name, due.date, due.slot, email, now, sections=PICKED, since=due.since)


def expected_dates(person: Subscriber, times: Sequence[datetime]) -> set[date]:
    """Return the local dates whose edition was due at some pass and not overtaken by a newer one.

    An edition is due from its hour on, to the end of its day, for twenty hours or for half the time
    to the next one, whichever is longer.
    """
    zone = ZoneInfo(person.timezone)
    first = times[0].astimezone(zone).date() - timedelta(days=7)
    dates = (first + timedelta(days=n) for n in range((times[-1] - times[0]).days + 9))
    found: dict[datetime, date] = {}  # the pass that serves it: the newest edition wins
    for day in dates:
        moment = datetime.combine(day, person.send_at, zone).astimezone(UTC)
        at = bisect_left(times, moment)
        if day.weekday() not in person.days or at == len(times):
            continue
        served = times[at]
        pause = next(n for n in range(1, 8) if (day + timedelta(days=n)).weekday() in person.days)
        after = datetime.combine(day + timedelta(days=pause), person.send_at, zone).astimezone(UTC)
        patience = max(LATENESS, (after - moment) / 2)
        if served.astimezone(zone).date() == day or served - moment <= patience:
            found[served] = day
    return set(found.values())


def live_through(folder: Path, start: datetime, days: int) -> None:
    """Make every pass, and compare what was sent with what was due."""
    database = open_database(f"sqlite:///{folder}/digest.db")
    outbox, people = Outbox(database), readers(50)
    times = list(ticks(start, days))
    for now in times:
        make_pass(database, outbox, people, now)
    sent: dict[str, list[date]] = {person.email: [] for person in people}
    for letter in outbox.history(limit=1_000_000):
        assert letter.outcome is Outcome.SENT
        assert len(letter.attempts) == 1
        sent[letter.email].append(letter.date)
    for person in people:
        assert len(sent[person.email]) == len(set(sent[person.email]))
        assert set(sent[person.email]) == expected_dates(person, sorted(times)), person
    database.close()


@pytest.mark.parametrize("start", ["2026-03-25", "2026-10-29", "2027-12-27", "2028-02-25"])
def test_a_week(tmp_path: Path, start: str) -> None:
    """Around clock changes, the year's end and a leap day nobody gets too few or too many."""
    live_through(tmp_path, datetime.fromisoformat(start).replace(tzinfo=UTC), 7)


@pytest.mark.soak
def test_a_year(tmp_path: Path) -> None:
    """35,000 passes for 50 readers in 12 zones: editions sent = editions due."""
    live_through(tmp_path, datetime(2028, 1, 1, tzinfo=UTC), 366)
