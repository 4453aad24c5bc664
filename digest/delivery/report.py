"""Says what a run did with its letters."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.errors import DeliveryError
from digest.models import Outcome, Receipt

KEPT_PROBLEMS = 1_000  # the outbox holds them all


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one run did; the outbox knows every letter, this knows the sums."""

    counts: Mapping[Outcome, int]  # letters that this run brought to an outcome
    claimed: int  # letters this run took in hand
    released: int  # of these, given back untried: the run was stopped or the relay went away
    tried: tuple[str, ...]  # the ids of these letters, in the order of their outcomes
    problems: tuple[Receipt, ...]  # the first thousand that were neither sent nor skipped
    error: DeliveryError | None = None  # why the run ended early
    stopped: bool = False  # it was asked to stop

    @property
    def balanced(self) -> bool:
        """Taken in hand = sent + deferred + failed + uncertain + skipped + cancelled + released."""
        return self.claimed == sum(self.counts.values()) + self.released


@dataclass(slots=True)
class Tally:
    """A report in the making."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    claimed: int = 0
    released: int = 0
    tried: list[str] = field(default_factory=list)
    problems: list[Receipt] = field(default_factory=list)

    def add(self, receipt: Receipt) -> None:
        """Count one outcome."""
        self.counts[receipt.outcome] += 1
        self.tried.append(receipt.id)
        quiet = receipt.outcome in (Outcome.SENT, Outcome.SKIPPED, Outcome.CANCELLED)
        if not quiet and len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(receipt)

    def report(self, error: DeliveryError | None, stopped: bool) -> DeliveryReport:
        """Return the finished report."""
        return DeliveryReport(
            counts=dict(self.counts),
            claimed=self.claimed,
            released=self.released,
            tried=tuple(self.tried),
            problems=tuple(self.problems),
            error=error,
            stopped=stopped,
        )
