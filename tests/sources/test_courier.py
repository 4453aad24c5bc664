"""The courier's patience, with a clock and a door that a test scripts."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from digest.errors import SourceError
from digest.sources.asking.courier import Courier
from digest.sources.asking.door import Answer, Door, Question, Unreachable
from digest.sources.asking.pacing import LoneClock
from tests.sources.gathering import NOW

GOOD = Answer("", 200, b"<rss/>", whole=True)
CUT = Answer("", 200, b"<rss>", whole=False)


def status(number: int, retry_after: str = "") -> Answer:
    """Return an answer without papers."""
    return Answer("", number, b"", whole=True, retry_after=retry_after)


class Script(Door):
    """A door behind which one thing after the other happens; it notes the time of each."""

    def __init__(self, *script: Answer | Unreachable) -> None:
        super().__init__("")
        self.script = list(script)
        self.now = 0.0  # seconds
        self.asked: list[float] = []

    def ask(self, question: Question) -> Answer:
        """Return or raise what comes next."""
        self.asked.append(self.now)
        told = self.script.pop(0)
        if isinstance(told, Unreachable):
            raise told
        return told

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def fetch(door: Script, url: str = "https://feeds.example.org/new") -> Answer:
    """Let a courier ask for a document."""
    courier = Courier(door, LoneClock(), door.sleep, random.Random(1))
    return courier.fetch("A", Question(url), now=NOW)


@pytest.mark.parametrize(
    ("passing", "least"),
    [
        *((status(number), 1.5) for number in (408, 425, 500, 502, 503, 504)),
        (status(503, "soon"), 1.5),
        (status(503, "\u00b2"), 1.5),
        (CUT, 1.5),
        (Unreachable("it is away"), 1.5),
        (status(429), 30),
        (replace(GOOD, body=b"Rate exceeded."), 30),
    ],
)
def test_what_may_pass_is_asked_again_after_a_while(
    passing: Answer | Unreachable, least: float
) -> None:
    """Twice, each time after a longer pause, and no more."""
    door = Script(passing, passing, GOOD)
    assert fetch(door) is GOOD
    first, second = (later - earlier for earlier, later in pairwise(door.asked))
    assert (first >= least, second >= 2 * least) == (True, True)
    assert second > first
    door = Script(*[passing] * 3)
    if passing is CUT:
        assert fetch(door) is CUT, "better than nothing"
    else:
        with pytest.raises(SourceError):
            fetch(door)
    assert len(door.asked) == 3
    assert door.now == door.asked[-1], "others need not wait for a try that never comes"


@pytest.mark.parametrize(
    "final",
    [*map(status, (401, 403, 404, 405, 451, 501)), Unreachable("it is barred", passing=False)],
)
def test_what_does_not_pass_is_asked_once(final: Answer | Unreachable) -> None:
    """To ask again would be rude."""
    door = Script(final, GOOD)
    with pytest.raises(SourceError):
        fetch(door)
    assert len(door.asked) == 1


@pytest.mark.parametrize("answer", [status(304), status(301), GOOD])
def test_what_is_no_failure_is_returned(answer: Answer) -> None:
    """At once."""
    door = Script(answer)
    assert fetch(door) is answer
    assert door.now == 0


@pytest.mark.parametrize(
    ("told", "waited"),
    [
        ("0", 0.5),
        (" 7 ", 7.5),
        ("150", 150.5),
        ("Wed, 18 Nov 2026 12:01:00 GMT", 60.5),
        ("Wed, 18 Nov 2026 11:00:00 GMT", 0.5),
        ("151", None),
        ("9" * 400, None),
        ("Wed, 18 Nov 2026 13:00:00 GMT", None),
    ],
)
def test_a_server_says_when_to_ask_again(told: str, waited: float | None) -> None:
    """In seconds or by a date; beyond two and a half minutes the next run is the next try."""
    door = Script(status(503, told), GOOD)
    if waited is None:
        with pytest.raises(SourceError, match="it asks to wait"):
            fetch(door)
    else:
        assert fetch(door) is GOOD
    assert door.asked == [0.0, *([] if waited is None else [waited])]


@pytest.mark.parametrize(
    "trouble", [status(503), status(503, "0"), status(503, "1"), CUT, Unreachable("it is away")]
)
def test_another_try_keeps_the_pace_of_its_host(trouble: Answer | Unreachable) -> None:
    """arXiv's terms allow one request in three seconds, whatever the one before brought."""
    door = Script(trouble, trouble, GOOD)
    fetch(door, "https://rss.arxiv.org/atom/cs.CL")
    pauses = [later - earlier for earlier, later in pairwise(door.asked)]
    assert min(pauses) >= 3
    assert len(pauses) == 2
