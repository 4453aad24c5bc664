"""Says who is due, from the clock and each subscriber's wishes alone; sends nothing.

An edition belongs to a local date, so nothing here repeats or drops one when clocks jump: a
`send_at` inside a spring gap is read with the offset before it, one inside an autumn fold is its
first pass (PEP 495, fold=0).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.models import Subscriber

DAILY = "daily"  # the slot of the letter that comes on the subscriber's days


@dataclass(frozen=True, slots=True)
class Due:
    """One edition that should go out now."""

    subscriber: Subscriber
    date: date  # the subscriber's local date
    slot: str = DAILY


def due_editions(
    subscribers: Iterable[Subscriber],
    now: datetime,
    *,
    done: Callable[[date, str, str], bool],
    max_lateness: timedelta,
) -> Iterator[Due]:
    """Yield each subscriber's newest edition that is due and not done.

    Args:
        subscribers: whoever is configured.
        now: aware, any zone.
        done: tells whether (date, slot, e-mail) has a row in the outbox.
        max_lateness: how long after `send_at` yesterday's edition may still go out.
    """
    for subscriber in subscribers:
        day = newest_due_date(subscriber, now, max_lateness)
        if day is not None and not done(day, DAILY, subscriber.email):
            yield Due(subscriber, day)


def newest_due_date(subscriber: Subscriber, now: datetime, max_lateness: timedelta) -> date | None:
    """Return the local date of the newest edition whose hour has come, if it is not too late.

    Today's edition stays due until local midnight, however long ago its hour was.
    """
    today = now.astimezone(zone(subscriber.timezone)).date()
    for day in (today, today - timedelta(days=1)):
        if not wants(subscriber, day):
            continue
        late = now - send_moment(subscriber, day)
        if late >= timedelta(0) and (day == today or late <= max_lateness):
            return day
    return None


def next_moment(subscriber: Subscriber, now: datetime) -> datetime | None:
    """Return when (UTC) the next edition after `now` is due; None while paused for good."""
    today = now.astimezone(zone(subscriber.timezone)).date()
    if subscriber.paused_until and subscriber.paused_until > today:
        if subscriber.paused_until == date.max:
            return None
        today = subscriber.paused_until
    days = (today + timedelta(days=n) for n in range(9))
    moments = (send_moment(subscriber, day) for day in days if wants(subscriber, day))
    return next((moment for moment in moments if moment > now), None)


def wants(subscriber: Subscriber, day: date) -> bool:
    """Tell whether the subscriber asked for a letter on that local date."""
    paused = subscriber.paused_until is not None and day < subscriber.paused_until
    return day.weekday() in subscriber.days and not paused


def send_moment(subscriber: Subscriber, day: date) -> datetime:
    """Return the moment (UTC) at which that day's edition falls due."""
    local = datetime.combine(day, subscriber.send_at, zone(subscriber.timezone))
    return local.astimezone(UTC)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone of that name in the tz database."""
    return ZoneInfo(name)
