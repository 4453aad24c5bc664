"""Letters chosen in other processes: the same letters, whatever becomes of the processes."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.config import load_config
from digest.errors import StateError
from digest.models import Due, Outcome
from digest.pipeline.apart import Planning, start_planning
from digest.pipeline.run import Run, collect_papers, deliver_planned
from digest.state.database import open_database
from tests.pipeline.test_run import all_titles, feed

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
READERS = 1_000  # enough for two processes


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """An installation of a thousand readers whose papers have been collected."""
    (tmp_path / "feed.xml").write_bytes(feed(23, all_titles(23)))
    (tmp_path / "digest.yaml").write_text(
        "site: {from: digest@example.org}\nsources: [{file: feed.xml}]\n"
        "delivery: {folder: outbox}\n"
    )
    people = [
        f"  - {{email: u{number}@example.org, interests: [{topic}]}}"
        for number in range(READERS)
        for topic in [("attention", "proteins", "nothing of the kind")[number % 3]]
    ]
    (tmp_path / "subscribers.yaml").write_text("\n".join(["subscribers:", *people, ""]))
    config = load_config(tmp_path / "digest.yaml", {})
    run = Run(config, open_database(config.state), lambda: NOW)
    collect_papers(run)
    yield run
    run.database.close()


def plan(run: Run, spare: int) -> Planning:
    """Begin to plan everybody's letter of today."""
    due = [Due(person, NOW.date()) for person in run.config.subscribers]
    return start_planning(run, due, (), spare)


def editions(run: Run) -> dict[str, object]:
    """Return what every planned letter is made of, by address."""
    letters = run.outbox.history(limit=READERS)
    planned = [letter.id for letter in letters if letter.outcome is Outcome.PLANNED]
    return {found.email: found for one in planned if (found := run.outbox.edition(one))}


def test_two_processes_choose_what_one_would(run: Run, tmp_path: Path) -> None:
    """Every reader gets the same letter, or none, whoever planned it."""
    planning = plan(run, spare=2)
    assert len(planning.planners) == 2
    apart = planning.finish()
    alone = Run(run.config, open_database(f"sqlite:///{tmp_path}/alone.db"), lambda: NOW)
    with alone.database.begin() as connection:  # the ids of letters hang on the secret
        connection.exec_driver_sql(
            "insert into facts values ('secret', ?)", (run.database.secret().hex(),)
        )
    collect_papers(alone)
    here = plan(alone, spare=0).finish()
    assert sorted(apart.letters) == sorted(here.letters)
    assert (apart.skipped, apart.problems) == (here.skipped, here.problems)
    assert apart.skipped == len([n for n in range(READERS) if n % 3 == 2])
    assert editions(run) == editions(alone)
    alone.database.close()


def test_a_process_that_dies_costs_nobody_a_letter(run: Run) -> None:
    """What a killed process has not planned is planned here and still goes out, nothing twice."""
    planning = plan(run, spare=1)
    [planner] = planning.planners
    planner.pipe.poll(30)
    assert planner.process.pid is not None
    os.kill(planner.process.pid, signal.SIGKILL)
    delivered = deliver_planned(run, planning)
    letters = READERS - READERS // 3
    assert delivered.counts == {Outcome.SENT: letters}
    assert len(set(planning.finish().letters)) == letters


def test_a_stopped_plan_is_due_again(run: Run) -> None:
    """SIGTERM ends the processes at once; the next run plans the rest."""
    planning = plan(run, spare=1)
    planning.stop()
    assert len(editions(run)) < READERS - READERS // 3
    assert len(plan(run, spare=0).finish().letters) == READERS - READERS // 3
    assert len(editions(run)) == READERS - READERS // 3


def test_a_process_without_database_says_so(run: Run) -> None:
    """An error of the database is raised where the plan is waited for, as the sentence it is."""
    planning = plan(run, spare=0)
    assert not planning.under_way()
    with run.database.begin() as connection:
        connection.exec_driver_sql("delete from letters")
        connection.exec_driver_sql("drop table told")
    planning = plan(run, spare=1)
    with pytest.raises(StateError, match="told"):
        planning.finish()
    planning.stop()
