"""Says who is due, from the clock and each subscriber's wishes alone; sends nothing.

An edition belongs to a local date, so nothing here repeats or drops one when clocks jump: a
`send_at` inside a spring gap is read with the offset before it, one inside an autumn fold is its
first pass (PEP 495, fold=0).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.models import LONGEST_GAP_DAYS, Due, Subscriber

DAYS_OF_WEEK = 7


def due_editions(
    subscribers: Iterable[Subscriber],
    now: datetime,
    *,
    last_dates: Mapping[str, date],
    max_lateness: timedelta,
) -> Iterator[Due]:
    """Yield each subscriber's newest edition that is due and not in the outbox.

    Args:
        subscribers: whoever is configured.
        now: aware, any zone.
        last_dates: by e-mail, the local date of the newest edition in the outbox; a clock set
            back therefore repeats nothing.
        max_lateness: how long after `send_at` an earlier day's edition may still go out, at least.
    """
    for subscriber in subscribers:
        due = due_edition(subscriber, now, last_dates.get(subscriber.email), max_lateness)
        if due is not None:
            yield due


def due_edition(
    subscriber: Subscriber, now: datetime, last: date | None, max_lateness: timedelta
) -> Due | None:
    """Return one subscriber's newest edition that is due, if it is newer than their last."""
    day = newest_due_date(subscriber, now, max_lateness)
    if day is None or (last is not None and last >= day):
        return None
    if last is not None and is_late(subscriber, day, now, max_lateness):
        before = (day - timedelta(days=n) for n in range(1, DAYS_OF_WEEK + 1))
        gap = day - next(one for one in before if one.weekday() in subscriber.days)
        if 2 * (day - last) < gap:
            return None  # a letter came shortly before, on days that were others then
    return edition_on(subscriber, day, last)


def edition_now(subscriber: Subscriber, now: datetime, last: date | None) -> Due | None:
    """Return today's edition whatever the hour and the day; None when it is in the outbox, and for
    whoever has paused."""
    today = local_date(subscriber, now)
    if subscriber.is_paused(today) or (last is not None and last >= today):
        return None
    return edition_on(subscriber, today, last)


def edition_on(subscriber: Subscriber, day: date, last: date | None) -> Due:
    """Return the edition of a day: the first of all, or one that makes good the delivery days
    between the last edition and this one, also of a pause, as far back as its papers go."""
    if last is None:
        return Due(subscriber, day, "welcome")
    days = min((day - last).days, LONGEST_GAP_DAYS)
    gap = (day - timedelta(days=n) for n in range(days - 1, 0, -1))
    missed = next((one for one in gap if one.weekday() in subscriber.days), None)
    return Due(subscriber, day, since=missed)


def newest_due_date(subscriber: Subscriber, now: datetime, max_lateness: timedelta) -> date | None:
    """Return the local date of the newest edition whose hour has come, if it is not too late.

    Today's edition stays due until local midnight, however long ago its hour was; an older one as
    long as `max_lateness` says, or for half the time to the next one: who reads weekly does not
    wait two weeks for a machine that was off on Monday.
    """
    today = local_date(subscriber, now)
    for day in (today - timedelta(days=n) for n in range(DAYS_OF_WEEK)):
        if not wants(subscriber, day):
            continue
        moment = send_moment(subscriber, day)
        late = now - moment
        if late < timedelta(0):
            continue
        in_time = not is_late(subscriber, day, now, max_lateness)
        return day if in_time or late <= next_after(subscriber, day) - now else None
    return None


def is_late(subscriber: Subscriber, day: date, now: datetime, max_lateness: timedelta) -> bool:
    """Tell whether an edition of an earlier day is older than is usual."""
    late = now - send_moment(subscriber, day)
    return late > max_lateness and day < local_date(subscriber, now)


def next_after(subscriber: Subscriber, day: date) -> datetime:
    """Return when (UTC) the edition after that of a wanted day falls due, pauses aside."""
    following = (day + timedelta(days=n) for n in range(1, DAYS_OF_WEEK + 1))
    return send_moment(
        subscriber, next(one for one in following if one.weekday() in subscriber.days)
    )


def next_moment(subscriber: Subscriber, now: datetime) -> datetime | None:
    """Return when (UTC) the next edition after `now` is due; None while paused for good."""
    today = local_date(subscriber, now)
    if subscriber.paused_until and subscriber.paused_until > today:
        if subscriber.paused_until == date.max:
            return None
        today = subscriber.paused_until
    days = (today + timedelta(days=n) for n in range(9))
    moments = (send_moment(subscriber, day) for day in days if wants(subscriber, day))
    return next((moment for moment in moments if moment > now), None)


def local_date(subscriber: Subscriber, now: datetime) -> date:
    """Return the date where the subscriber is."""
    return date_in(subscriber.timezone, now.astimezone(UTC))


@lru_cache(maxsize=1024)  # most people share their zone
def date_in(timezone: str, now: datetime) -> date:
    """Return the date in a time zone.

    Args:
        now: in UTC: in other zones two moments of an autumn night are equal (PEP 495).
    """
    return now.astimezone(zone(timezone)).date()


def wants(subscriber: Subscriber, day: date) -> bool:
    """Tell whether the subscriber asked for a letter on that local date."""
    return day.weekday() in subscriber.days and not subscriber.is_paused(day)


def send_moment(subscriber: Subscriber, day: date) -> datetime:
    """Return the moment (UTC) at which that day's edition falls due."""
    return moment_in(subscriber.timezone, day, subscriber.send_at)


@lru_cache(maxsize=4096)  # and most of them their hour
def moment_in(timezone: str, day: date, hour: time) -> datetime:
    """Return the moment (UTC) at which a clock shows this."""
    return datetime.combine(day, hour, zone(timezone)).astimezone(UTC)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone of that name in the tz database."""
    return ZoneInfo(name)
