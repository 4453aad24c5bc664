"""How fast letters may go: token buckets that halve on protest and grow back slowly. Pure."""

from dataclasses import dataclass
from math import inf

MIN_PER_SECOND = 0.05
FIRST_PER_SECOND = 20.0  # what a bucket without limit is halved from, at least
GROWTH_PER_MINUTE = 1.2
OBSERVED_SECONDS = 10.0
ONE_PROTEST_SECONDS = 10.0  # what was on its way when the rate was halved says the same again
FREE_AGAIN = 4.0  # a bucket without ceiling is lifted when it allows this many times what is used


@dataclass(slots=True)
class Bucket:
    """A token bucket; times are seconds of any clock that does not run backwards.

    Attributes:
        ceiling: letters per second that were configured; None: no limit.
        rate: letters per second allowed now; None: no limit.
    """

    ceiling: float | None
    rate: float | None
    tokens: float = 1.0
    at: float = 0.0
    observed: float = 0.0  # letters per second of late, a moving average
    slowed: float = -inf  # when the rate was last halved

    def wait(self, now: float) -> float:
        """Return the seconds until the next letter may go; 0: at once."""
        self._fill(now)
        if self.rate is None or self.tokens >= 1:
            return 0.0
        return (1 - self.tokens) / self.rate

    def take(self, now: float) -> bool:
        """Take the right to send one letter now; False where there is none."""
        if self.wait(now) > 0:
            return False
        if self.rate is not None:
            self.tokens -= 1
        self.observed += 1 / OBSERVED_SECONDS
        return True

    def slow_down(self, now: float) -> None:
        """Halve the rate, once for each burst: the other side said that we are too fast."""
        self._fill(now)
        if abs(now - self.slowed) < ONE_PROTEST_SECONDS:
            return
        self.slowed = now
        present = self.rate if self.rate is not None else max(self.observed, FIRST_PER_SECOND)
        self.rate = max(MIN_PER_SECOND, present / 2)
        self.tokens = min(self.tokens, 0.0)

    def _fill(self, now: float) -> None:
        passed = max(0.0, now - self.at) if self.at else 0.0
        self.at = now
        if not passed:
            return
        self.observed *= max(0.0, 1 - passed / OBSERVED_SECONDS)
        if self.rate is not None:
            self.tokens = min(self.tokens + passed * self.rate, max(1.0, self.rate))
            self._grow(passed)

    def _grow(self, passed: float) -> None:
        if self.rate is None or self.rate == self.ceiling:
            return
        self.rate *= GROWTH_PER_MINUTE ** (passed / 60)
        if self.ceiling is not None:
            self.rate = min(self.rate, self.ceiling)
        elif self.rate > max(2 * FIRST_PER_SECOND, FREE_AGAIN * self.observed):
            self.rate = None


def open_bucket(ceiling: float | None, remembered: float | None, away: float) -> Bucket:
    """Return the bucket of a name that was last seen `away` seconds ago.

    Args:
        remembered: its rate then; None: it was not slowed down.
    """
    if remembered is None:
        return Bucket(ceiling, ceiling)
    rate: float | None = remembered * GROWTH_PER_MINUTE ** min(max(away, 0.0) / 60, 600)
    if ceiling is not None:
        rate = min(rate or ceiling, ceiling)
    elif rate is not None and rate > 1_000:
        rate = None
    return Bucket(ceiling, rate)
