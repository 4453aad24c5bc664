"""However processes that choose letters end, nobody loses one and nobody stays behind."""

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from multiprocessing import active_children, get_context
from pathlib import Path

import pytest

from digest.errors import StateError
from digest.models import Outcome
from digest.pipeline.apart import BEHIND, Planner
from digest.pipeline.parcels import Parcels
from digest.pipeline.ring import Ring
from digest.pipeline.run import Run, deliver_planned
from tests.pipeline.conftest import READERS, editions, plan


def test_a_process_that_dies_costs_nobody_a_letter(run: Run) -> None:
    """What a killed process has not planned is planned here and still goes out, nothing twice."""
    planning = plan(run, spare=1)
    [planner] = planning.planners
    planner.pipe.poll(30)
    assert planner.process.pid is not None
    niceness = os.getpriority(os.PRIO_PROCESS, planner.process.pid)
    assert niceness == min(19, os.getpriority(os.PRIO_PROCESS, 0) + BEHIND)
    os.kill(planner.process.pid, signal.SIGKILL)
    delivered = deliver_planned(run, planning)
    letters = READERS - READERS // 3
    assert delivered.counts == {Outcome.SENT: letters}
    assert len(set(planning.finish().letters)) == letters


def test_a_stop_in_the_middle_of_a_fork_is_heard(run: Run) -> None:
    """SIGTERM at the worst moment ends the run, and the process that was being forked."""
    forking = True

    def interfere() -> None:
        if forking:
            signal.raise_signal(signal.SIGTERM)  # to this thread, whatever others there are

    os.register_at_fork(after_in_parent=interfere)  # for good: hence the variable

    def pull(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, pull)
    try:
        with pytest.raises(KeyboardInterrupt):
            plan(run, spare=1)
        assert not active_children()
    finally:
        forking = False
        signal.signal(signal.SIGTERM, before)


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


@pytest.mark.parametrize("spare", [1, 2])
def test_an_index_that_cannot_be_kept_holds_no_letter_up(
    spare: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why that failed is told once beside the letters, however many processes plan."""

    def full(*_: object) -> None:
        raise StateError("digest.db", "the disk is full")

    monkeypatch.setattr("digest.pipeline.indexing.save_vectors", full)
    done = plan(run, spare=spare).finish()
    assert len(done.letters) == READERS - READERS // 3
    [problem] = done.problems
    assert "the disk is full; the letters go out" in problem


ORPHAN = """
import sys, time
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from digest.config import load_config
from digest.models import Due
from digest.pipeline import apart, ring
from digest.pipeline.apart import prepare_planning
from digest.pipeline.printing import open_press
from digest.pipeline.ring import Ring
from digest.pipeline.run import Run
from digest.state.database import open_database

apart.BLOCK_READERS, ring.ROOM_BYTES = 200, 1 << 20
now = datetime(2026, 11, 23, 8, tzinfo=UTC)
config = load_config(Path(sys.argv[1]), {})
run = Run(config, open_database(config.state), lambda: now)
people = [
    replace(person, email=f"{twin}-{person.email}")
    for twin in range(4)  # more than there is room for, as nobody reads them
    for person in config.subscribers
]
with run.database.lock():
    due = [Due(person, now.date()) for person in people]
    planning = prepare_planning(run, due, 2, lambda: run.compose)
    if sys.argv[2] == "begun":
        planning.begin(())
        brief = planning.agenda.brief(composing=True)
        planning.planners[1].tell(planning.day, brief)  # nobody hears the first
    print(*[planner.process.pid for planner in planning.planners], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("how_far", "place"), [("collecting", ("read", "recv", "poll")), ("begun", ("nanosleep",))]
)
def test_processes_end_with_their_parent(
    run: Run, tmp_path: Path, how_far: str, place: tuple[str, ...]
) -> None:
    """Killed while they wait for papers or room, it leaves nobody behind who holds the lock."""
    command = [sys.executable, "-c", ORPHAN, str(tmp_path / "digest.yaml"), how_far]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        await_true(lambda: all(waits_in(pid, place) for pid in pids))
        parent.kill()
    await_true(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    with run.database.lock():
        pass


def waits_in(pid: int, places: Iterable[str]) -> bool:
    """Tell whether a process waits in one of these calls of the system."""
    found = Path(f"/proc/{pid}/wchan").read_text()
    return any(place in found for place in places)


def await_true(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_process_holds_the_locks_of_sqlite_itself(run: Run) -> None:
    """The planner's own process is named in the system's list, not only its parent's."""
    planning = plan(run, spare=1)
    [planner] = planning.planners
    place = Path(f"{run.database.name}-shm")
    await_true(place.exists)
    inode, pid = place.stat().st_ino, planner.process.pid
    await_true(lambda: any(
        f" {pid} " in line and f":{inode} " in line
        for line in Path("/proc/locks").read_text().splitlines()
    ))  # fmt: skip
    planning.stop()


def test_a_process_that_dies_in_the_middle_of_a_word_has_ended(run: Run) -> None:
    """What it left in the pipe is no message; what it had not planned is planned here."""
    planning = plan(run, spare=0)
    ours, theirs = get_context("fork").Pipe(duplex=False)

    def die() -> None:
        os.write(theirs.fileno(), struct.pack("!i", 200_000) + b"x" * 60_000)
        os.kill(os.getpid(), signal.SIGKILL)

    process = get_context("fork").Process(target=die)
    process.start()
    theirs.close()
    planning.planners.append(Planner(process, ours, Ring(), Parcels()))
    while planning.under_way():
        pass
    letters = READERS - READERS // 3
    assert len(planning.finish().letters) == letters  # none of them twice


def test_nobody_plans_for_the_dead_after_a_stop(run: Run) -> None:
    """SIGTERM reaches the whole process group: who planned is gone, and nobody takes over."""
    planning = plan(run, spare=1)
    [planner] = planning.planners
    assert planner.process.pid is not None
    os.kill(planner.process.pid, signal.SIGKILL)
    planner.process.join()
    run.brake.asked = True
    while planning.under_way():
        pass
    assert len(editions(run)) < READERS - READERS // 3
