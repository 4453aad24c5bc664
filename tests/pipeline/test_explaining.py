"""A letter is explained by the days that it was chosen from."""

from datetime import timedelta

from digest.models import Edition
from digest.pipeline.explaining import letter_window
from digest.pipeline.run import Run
from tests.pipeline.conftest import NOW


def test_days_without_a_letter_are_among_those_of_the_next(run: Run) -> None:
    """However many were skipped, its papers are those since the last letter that was made."""
    person = run.config.subscribers[0]
    for ago in range(13, -1, -1):
        made = NOW - timedelta(days=ago)
        edition = Edition(f"{ago:024}", made.date(), "daily", person.email, made)
        if ago in (13, 0):
            run.outbox.freeze([edition], made)
        else:
            run.outbox.skip([edition], "nothing to say", made)
    assert letter_window(run, person)[:2] == (NOW, NOW - timedelta(days=13))
