"""Brings one document, patiently: waits for its turn, tries again where that may help.

Transient failures are met with growing pauses and jitter; Retry-After is obeyed. A refusal
(403, 404, ...) is final: asking again would be rude.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.errors import SourceError
from digest.sources.asking.door import Answer, Door, Question, Unreachable
from digest.sources.asking.pacing import HostClock, host_of, pace_of
from digest.sources.dates import parse_moment

TRIES = 3
PAUSE_SECONDS = 2.0  # before the second try, four times that before the third
BUSY_PAUSE_SECONDS = 30.0  # after "too many requests"; arXiv wants 30 to 150 s
MOST_SECONDS = 150.0  # a longer Retry-After ends the attempt: the next run is the next try
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
RATE_EXCEEDED = re.compile(rb"^\s*Rate exceeded\.?\s*$", re.IGNORECASE)
REASONS = {
    400: "finds the question malformed",
    401: "wants a key",
    403: "refuses us",
    404: "has nothing at this address",
    410: "has taken this address out of service",
    429: "says that it was asked too often",
}


@dataclass(frozen=True, slots=True)
class Courier:
    """Who asks, by which clocks, and how it sleeps."""

    door: Door
    hosts: HostClock
    sleep: Callable[[float], None]  # seconds
    dice: random.Random
    tries: int = TRIES

    def fetch(self, source: str, question: Question, *, now: datetime) -> Answer:
        """Return a good answer (2xx) or "not modified" (304).

        Args:
            now: to understand a Retry-After that is a date.

        Raises:
            SourceError: there is none after all tries, or another try would not help.
        """
        host = host_of(question.url)
        broken: Answer | None = None
        for turn in range(self.tries):
            self.sleep(self.hosts.reserve(host, pace_of(host)))
            try:
                answer = self.door.ask(question)
            except Unreachable as error:
                reason, pause, passing = error.reason, self.pause(turn), error.passing
            else:
                if answer.status < 400 and answer.whole and not is_refusal(answer):
                    return answer
                if answer.status < 400 and not is_refusal(answer):
                    broken, reason, pause, passing = answer, "breaks off", self.pause(turn), True
                else:
                    reason, passing = explain(answer), is_passing(answer)
                    pause = self.pause_after(answer, turn, now)
            if not passing or pause > MOST_SECONDS or turn == self.tries - 1:
                break
            self.sleep(self.hosts.reserve(host, pause))  # nobody disturbs it meanwhile
        if broken is not None:
            return broken
        raise SourceError(source, question.url, reason)

    def pause(self, turn: int) -> float:
        """Return how long to wait after a failure, in seconds."""
        return PAUSE_SECONDS * 4.0**turn * self.dice.uniform(0.75, 1.25)

    def pause_after(self, answer: Answer, turn: int, now: datetime) -> float:
        """Return how long to wait after an answer that is none, in seconds."""
        told = retry_after(answer.retry_after, now)
        if told is not None:
            return told
        if answer.status == 429 or is_refusal(answer):
            return min(BUSY_PAUSE_SECONDS * 2.0**turn * self.dice.uniform(1.0, 1.5), MOST_SECONDS)
        return self.pause(turn)


def is_refusal(answer: Answer) -> bool:
    """Tell whether an answer is arXiv's text "Rate exceeded.", whatever its status."""
    return bool(RATE_EXCEEDED.match(answer.body))


def is_passing(answer: Answer) -> bool:
    """Tell whether another try may help."""
    return answer.status in PASSING or is_refusal(answer)


def explain(answer: Answer) -> str:
    """Say in words what a status means."""
    status = 429 if is_refusal(answer) else answer.status
    other = "has an internal error" if status >= 500 else "refuses the question"
    words = REASONS.get(status, other)
    later = f"; it asks to wait {answer.retry_after}" if answer.retry_after else ""
    return f"the server {words} (HTTP {answer.status}){later}"


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, section 10.2.3), None for none."""
    value = value.strip()
    if value.isdecimal():
        return float(value[:6])
    moment = parse_moment(value)
    return max(0.0, (moment - now).total_seconds()) if moment else None
