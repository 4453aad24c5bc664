"""What a run says of its letters, however many they are."""

from digest.delivery.report import KEPT_PROBLEMS, Tally
from digest.models import Outcome, Receipt


def test_every_letter_is_named_and_some_problems_are_kept() -> None:
    """`digest run --json` shows all; a thousand replies are enough to tell what is wrong."""
    tally = Tally()
    outcomes = (Outcome.SENT, Outcome.DEFERRED, Outcome.SKIPPED)
    for number in range(4 * KEPT_PROBLEMS):
        tally.add(Receipt(f"n{number}", outcomes[number % 3], 450, "later"))
    report = tally.report(None, stopped=False)
    assert report.tried == tuple(f"n{number}" for number in range(4 * KEPT_PROBLEMS))
    assert len(report.problems) == KEPT_PROBLEMS
    assert {receipt.outcome for receipt in report.problems} == {Outcome.DEFERRED}
    assert sum(report.counts.values()) == len(report.tried)
