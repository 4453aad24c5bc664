"""What is wrong is said once, in a sentence, with what to do; what is right is not mentioned."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.care.wording import complaints
from digest.models import Outcome
from digest.state.memories import SourceHealth
from digest.state.runs import RunRecord
from digest.state.status import Status
from digest.state.troubles import RelayTrouble

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
LATELY = NOW - timedelta(minutes=15)
LAST_WEEK = NOW - timedelta(days=7)
SOUND = Status(
    runs=(RunRecord(LATELY, LATELY, 0, {}), RunRecord(LAST_WEEK, LAST_WEEK, 0, {})),
    sources=(SourceHealth("arXiv", "fresh", "", 300, 290, LATELY, 0, None),),
    letters={Outcome.SENT: 7, Outcome.SKIPPED: 1},
    kept={Outcome.SENT: 700},
    waiting_since=None,
    collected=LATELY,
    papers=1000,
    suppressed={},
    database_bytes=1,
)
DEFERRED = f"letter {Outcome.DEFERRED}"
BROKEN = SourceHealth("arXiv", "failed", "HTTP 500", 0, 0, LAST_WEEK, 4, None)


def test_nothing_is_wrong() -> None:
    """A sound installation gets no complaint, nor does trouble that is over."""
    assert complaints(SOUND, NOW) == []
    over = RelayTrouble(LAST_WEEK, 9, "no answer", ended=LATELY)
    assert complaints(replace(SOUND, trouble=over), NOW) == []
    tried_again = replace(SOUND, runs=(RunRecord(LATELY, LATELY, 3, {DEFERRED: 2}),))
    for waiting in (0, 2):  # they were cancelled; or they are two of nine
        letters = {Outcome.SENT: 7, Outcome.DEFERRED: waiting}
        assert complaints(replace(tried_again, letters=letters), NOW) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"runs": ()}, "there was no run yet"),
        (
            {"runs": (RunRecord(LAST_WEEK, LAST_WEEK, 0, {}),), "collected": LAST_WEEK},
            "the last run was on 2026-11-16 07:30 UTC",
        ),
        (
            {"runs": (RunRecord(NOW, None, None, {}, True), RunRecord(LATELY, None, None, {}))},
            "1 of the last 2 runs was killed",
        ),
        (
            {"runs": (RunRecord(NOW, None, None, {}), RunRecord(LATELY, None, None, {}))},
            "2 of the last 2 runs were killed",
        ),
        ({"runs": (RunRecord(NOW + timedelta(days=1), None, None, {}, True),)}, "in the future"),
        (
            {"runs": (RunRecord(NOW, None, None, {}, True), RunRecord(LATELY, LATELY, 2, {}))},
            "the last run ended with exit code 2 before it was done",
        ),
        (
            {
                "runs": (RunRecord(NOW, NOW, 0, {}), RunRecord(LATELY, LATELY, 3, {DEFERRED: 6})),
                "letters": {Outcome.SENT: 6, Outcome.DEFERRED: 4, Outcome.UNCERTAIN: 2},
            },
            "the last run sent no letter; 6 are deferred or of unknown fate",
        ),
        ({"waiting_since": NOW - timedelta(hours=3)}, "a letter waits since"),
        ({"letters": {Outcome.FAILED: 1}}, "1 letter failed within a day"),
        ({"letters": {Outcome.FAILED: 2}}, "2 letters failed within a day"),
        ({"sources": (BROKEN,)}, "source arXiv failed in 4 runs in a row (last read on 2026-11-16"),
    ],
)
def test_one_thing_is_wrong(change: dict[str, object], words: str) -> None:
    """It is named alone, with a way out."""
    [found] = complaints(replace(SOUND, **change), NOW)  # type: ignore[arg-type]
    assert words in found.what
    assert found.mend


def test_why_a_run_has_no_end() -> None:
    """Whoever reads it need not think of Ctrl-C alone."""
    killed = replace(SOUND, runs=(RunRecord(NOW, None, None, {}),))
    [found] = complaints(killed, NOW)
    assert all(cause in found.mend for cause in ("Ctrl-C", "memory", "the database"))


def test_an_idle_week_is_no_trouble() -> None:
    """Where nobody is due there is no entry in the diary, but the sources are read each day."""
    quiet = replace(SOUND, runs=SOUND.runs[1:], collected=LATELY)
    assert complaints(quiet, NOW) == []


def test_the_relay_comes_first() -> None:
    """That no letter goes out is graver than a source."""
    trouble = RelayTrouble(LATELY, 2, "no answer")
    found = complaints(replace(SOUND, sources=(BROKEN,), trouble=trouble), NOW)
    assert [("relay" in one.mend, "source" in one.what) for one in found] == [
        (True, False),
        (False, True),
    ]
    assert "(2 runs): no answer" in found[0].what


def test_counting_waits_for_no_letters() -> None:
    """What is done after a run, and for `digest status`, loads nothing of how letters are set."""
    looked = "import sys, digest.care.around; print('digest.rendering.plain' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", looked], cwd=ROOT) == b"False\n"
