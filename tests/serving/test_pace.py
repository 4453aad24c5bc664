"""A tick makes a pass only where there is a reason for one."""

from datetime import UTC, date, datetime, timedelta

from digest.models import Due, Subscriber
from digest.serving.pace import Pace, Pass

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
LATELY = NOW - timedelta(hours=1)
ADA = Due(Subscriber("ada@example.org"), date(2026, 11, 23))
BEN = Due(Subscriber("ben@example.org"), date(2026, 11, 23))


def minutes(count: int) -> datetime:
    """Return the time so many minutes later."""
    return NOW + timedelta(minutes=count)


def test_nothing_to_do() -> None:
    """Nobody due, nothing left over, sources read lately: no pass."""
    assert Pace().next_pass([], unfinished=False, collected=LATELY, now=NOW) is None


def test_whoever_is_due_is_served_with_new_papers() -> None:
    """A due edition is reason enough, and the sources are asked."""
    found = Pace().next_pass([ADA], unfinished=False, collected=LATELY, now=NOW)
    assert found == Pass((ADA,), collect=True)


def test_sources_are_read_though_nobody_is_due() -> None:
    """A database without papers, and one that rested for a day, is filled."""
    pace = Pace()
    long_ago = NOW - timedelta(hours=21)
    for collected in (None, long_ago, NOW + timedelta(days=3)):
        found = pace.next_pass([], unfinished=False, collected=collected, now=NOW)
        assert found == Pass(collect=True)


def test_a_waiting_reader_asks_the_sources_twice_an_hour_only() -> None:
    """Who still is due after a pass waits half an hour; somebody else does not wait with them."""
    pace = Pace()
    first = pace.next_pass([ADA], unfinished=False, collected=LATELY, now=NOW)
    assert first is not None
    pace.note(first, failed=False, now=NOW)
    assert pace.next_pass([ADA], unfinished=False, collected=NOW, now=minutes(1)) is None
    second = pace.next_pass([ADA, BEN], unfinished=False, collected=NOW, now=minutes(2))
    assert second == Pass((BEN,), collect=True)
    pace.note(second, failed=False, now=minutes(2))
    assert pace.next_pass([ADA, BEN], unfinished=False, collected=NOW, now=minutes(28)) is None
    third = pace.next_pass([ADA, BEN], unfinished=False, collected=NOW, now=minutes(30))
    assert third == Pass((ADA, BEN), collect=True)


def test_a_dead_relay_is_tried_every_five_minutes() -> None:
    """Letters left over go out without the sources, and after a failure not each minute."""
    pace = Pace()
    found = pace.next_pass([], unfinished=True, collected=NOW, now=NOW)
    assert found == Pass()
    pace.note(found, failed=True, now=NOW)
    assert pace.next_pass([], unfinished=True, collected=NOW, now=minutes(4)) is None
    assert pace.next_pass([], unfinished=True, collected=NOW, now=minutes(5)) == Pass()


def test_after_a_grave_failure_nothing_happens_for_a_while() -> None:
    """A full disk is not complained of every minute; five minutes later all is tried again."""
    pace = Pace()
    pace.hold(NOW)
    assert pace.next_pass([ADA], unfinished=True, collected=None, now=minutes(4)) is None
    found = pace.next_pass([ADA], unfinished=True, collected=None, now=minutes(5))
    assert found == Pass((ADA,), collect=True)


def test_a_clock_set_back_silences_nothing() -> None:
    """What was noted in a future that did not come holds nobody up."""
    pace = Pace()
    pace.note(Pass((ADA,), collect=True), failed=True, now=NOW + timedelta(days=30))
    found = pace.next_pass([ADA], unfinished=True, collected=NOW, now=NOW)
    assert found == Pass((ADA,), collect=True)
    assert pace.next_pass([], unfinished=True, collected=NOW, now=NOW) == Pass()
