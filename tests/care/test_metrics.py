"""The metrics say what the database says, in Prometheus's text format."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.care.metrics import metrics_text, write_metrics
from digest.errors import StateError
from digest.models import Outcome
from digest.state.database import open_database
from digest.state.memories import SourceHealth
from digest.state.runs import RunRecord, begin_run, end_run
from digest.state.status import Status, read_status
from digest.state.troubles import RelayTrouble

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
LINE = re.compile(r'# (HELP|TYPE) digest_\w+ .+|digest_\w+(\{\w+="([^"\\\n]|\\.)*"\})? -?[0-9.e+]+')


def status_of(name: str = "arXiv") -> Status:
    """Return the status of an installation with one broken source and one waiting letter."""
    early = NOW - timedelta(minutes=3)
    return Status(
        runs=(RunRecord(NOW, None, None, {}), RunRecord(early, NOW, 0, {})),
        sources=(SourceHealth(name, "failed", "HTTP 500", 0, 0, early, 4, None),),
        letters={Outcome.SENT: 7, Outcome.DEFERRED: 1},
        kept={Outcome.SENT: 99},
        waiting_since=NOW - timedelta(hours=1),
        collected=early,
        papers=1234,
        suppressed={"unsubscribed": 2},
        database_bytes=4096,
        succeeded=NOW,
        trouble=RelayTrouble(NOW, 2, "no answer"),
    )


def test_what_is_told() -> None:
    """Each figure stands under its name."""
    text = metrics_text(status_of(), subscribers=5, now=NOW)
    assert {
        "digest_run_seconds 180",
        "digest_run_exit_code 0",
        f"digest_run_success_timestamp_seconds {NOW.timestamp():.0f}",
        'digest_letters_day{outcome="sent"} 7',
        'digest_letters_day{outcome="failed"} 0',
        "digest_letters_waiting_seconds 3600",
        "digest_relay_up 0",
        'digest_source_up{source="arXiv"} 0',
        'digest_source_failures{source="arXiv"} 4',
        "digest_subscribers 5",
        "digest_papers 1234",
        'digest_suppressed_addresses{reason="unsubscribed"} 2',
        "digest_database_bytes 4096",
    } <= set(text.splitlines())


def test_the_format() -> None:
    """Every line is one that Prometheus can read, whatever a source is called."""
    text = metrics_text(status_of('a "b" \\ c\nd {}'), subscribers=5, now=NOW)
    assert text.endswith("\n")
    for line in text.splitlines():
        assert LINE.fullmatch(line), line
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_the_last_success_stays_however_many_runs_fail(tmp_path: Path) -> None:
    """An alert on its age must not fall silent after some failures, when it is needed most."""
    with closing(open_database(f"sqlite:///{tmp_path / 'digest.db'}")) as database:
        for hour, code in enumerate((0, *[3] * 8)):
            moment = NOW + timedelta(hours=hour)
            end_run(database, begin_run(database, moment), moment, code, {})
        status = read_status(database, NOW, ())
    text = metrics_text(status, subscribers=5, now=NOW)
    assert f"digest_run_success_timestamp_seconds {NOW.timestamp():.0f}" in text.splitlines()
    assert "digest_run_exit_code 3" in text.splitlines()


def test_nothing_known() -> None:
    """A new installation has metrics too."""
    empty = Status((), (), {}, {}, None, None, 0, {}, 0)
    text = metrics_text(empty, subscribers=0, now=NOW)
    assert "digest_relay_up 1" in text
    assert "digest_run" not in text


def test_the_file_is_whole_and_readable(tmp_path: Path) -> None:
    """An older file is replaced, others may read it, nothing else is left behind."""
    path = tmp_path / "digest.prom"
    path.write_text("old", "utf-8")
    write_metrics(path, "new\n")
    assert path.read_text("utf-8") == "new\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(StateError, match=r"digest\.prom: the metrics cannot be written"):
        write_metrics(tmp_path / "nowhere" / "digest.prom", "new\n")
