"""Letters chosen in other processes: the same letters, whatever becomes of the processes."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import active_children, get_context
from pathlib import Path

import pytest

from digest.config import load_config
from digest.errors import StateError, TemplateError
from digest.models import Due, Edition, Letter, Outcome
from digest.pipeline.agenda import Day, Plan, make_agenda
from digest.pipeline.apart import (
    BEHIND,
    Compose,
    Planner,
    Planning,
    prepare_planning,
    spare_processors,
)
from digest.pipeline.collecting import collect_papers
from digest.pipeline.planning import plan_blocks
from digest.pipeline.ring import Ring
from digest.pipeline.run import Run, deliver_planned, run_once
from digest.state.database import open_database
from digest.state.dues import Choose, DueList
from tests.pipeline.test_run import all_titles, feed

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
READERS = 240  # enough for two processes


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """An installation of some readers whose papers have been collected; its blocks are small."""
    for module in ("agenda", "apart"):
        monkeypatch.setattr(f"digest.pipeline.{module}.BLOCK_READERS", READERS // 4)
    monkeypatch.setattr("digest.pipeline.agenda.FIRST_READERS", READERS // 20)
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
    return begin(run, due, spare)


def begin(run: Run, due: Sequence[Due], spare: int, compose: Compose | None = None) -> Planning:
    """Plan these letters of papers that have been collected before."""
    planning = prepare_planning(run, due, spare, None if compose is None else lambda: compose)
    planning.begin(())
    return planning


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


def test_who_begins_late_divides_the_readers_as_the_first_did(run: Run) -> None:
    """Letters that one process has frozen already leave no reader to nobody, or to both."""
    due = [Due(person, NOW.date()) for person in run.config.subscribers]
    agenda, day = make_agenda(run, due), Day(NOW, run.database.secret(), ())
    done = [part for share in (0, 1) for part in plan_blocks(run, day, lambda: agenda, share, 2)]
    letters = [letter for part in done for letter in part.letters]
    assert sum(part.skipped for part in done) == len(range(2, READERS, 3))
    assert len(set(letters)) == len(letters) == READERS - len(range(2, READERS, 3))


def test_who_is_due_is_looked_up_once_for_all_processes(run: Run) -> None:
    """They are there before it is known, and are told."""
    looked: list[int] = []

    def chooser() -> Choose:
        looked.append(os.getpid())
        return lambda person: Due(person, NOW.date()) if "7" in person.email else None

    planning = prepare_planning(run, DueList(run.config.subscribers, chooser), 2)
    assert len(planning.planners) == 2
    assert not looked
    planning.begin(())
    planning.finish()
    assert looked == [os.getpid()]
    due = [n for n in range(READERS) if "7" in str(n) and n % 3 < 2]
    assert set(editions(run)) == {f"u{n}@example.org" for n in due}


def test_nobody_is_due_after_all(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that were made ready for many readers end without a letter, and ask no model."""
    monkeypatch.delattr("digest.pipeline.planning.open_desk")
    due = DueList(run.config.subscribers, lambda: lambda _: None)
    planning = prepare_planning(run, due, 1, lambda: run.compose)
    planning.begin(())
    assert deliver_planned(run, planning).counts == {}
    assert planning.finish() == Plan()


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


def test_letters_are_composed_where_they_are_planned(run: Run) -> None:
    """The bytes handed over are those that would be composed here, and nobody composes twice."""
    due = [Due(person, NOW.date()) for person in run.config.subscribers]
    compose = run.compose  # for a folder, which also wants the parts
    planning = begin(run, due, 2, compose)
    handed: dict[str, Letter] = {}
    growing = True
    while growing:
        growing = planning.under_way()
        handed |= planning.ready
        planning.ready.clear()
    letters = planning.finish().letters
    assert sorted(handed) == sorted(letters)
    for name in letters[::20]:
        edition = run.outbox.edition(name)
        assert edition is not None
        assert handed[name] == compose(edition)
        assert handed[name].html


def test_what_cannot_be_composed_is_left_to_the_sender(run: Run) -> None:
    """A letter that breaks in another process is no reason to lose it, or the others."""

    def compose(edition: Edition) -> Letter:
        if "7" in edition.email:
            raise ValueError("no sevens")
        return run.compose(edition)

    due = [Due(person, NOW.date()) for person in run.config.subscribers[:120]]
    planning = begin(run, due, 1, compose)
    while planning.under_way() and not planning.ready:
        pass
    assert deliver_planned(run, planning).counts == {Outcome.SENT: 80}


def test_a_template_that_cannot_be_used_ends_the_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in another process, it is the same error; no reader loses a letter by it."""
    monkeypatch.setattr("digest.pipeline.run.spare_processors", lambda: 1)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "letter.mjml").write_text("{% if %}")
    broken = replace(
        run, config=run.config.model_copy(update={"templates": tmp_path / "templates"})
    )
    due = [Due(person, NOW.date()) for person in run.config.subscribers]
    with pytest.raises(TemplateError, match=r"letter\.mjml"):
        run_once(broken, due, collect=False)
    assert not editions(run)
    report = run_once(run, due, collect=False)
    assert report.delivery is not None
    assert report.delivery.counts == {Outcome.SENT: READERS - READERS // 3}


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


def test_where_no_process_can_be_made_this_one_plans(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on processes costs time, no letters."""

    def fork() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert len(plan(run, spare=2).finish().letters) == READERS - READERS // 3


def test_others_begin_when_the_first_has_opened_the_index(run: Run) -> None:
    """What becomes of another one is no sign for them."""
    due = [Due(person, NOW.date()) for person in run.config.subscribers]
    planning = prepare_planning(run, due, 2)
    first, second = planning.planners
    second.process.kill()
    second.process.join()
    planning.day, planning.agenda = Day(NOW, run.database.secret(), ()), make_agenda(run, due)
    while not second.ended:
        planning.listen()
    assert not first.begun
    planning.begin(())
    assert len(planning.finish().letters) == READERS - READERS // 3


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
        planning.planners[1].tell(planning.day, planning.agenda.brief)  # nobody hears the first
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


def test_no_process_beside_threads(run: Run) -> None:
    """What another thread holds locked would stay so in a forked process."""
    still = threading.Event()
    thread = threading.Thread(target=still.wait)
    thread.start()
    try:
        assert spare_processors() == 0
    finally:
        still.set()
        thread.join()


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
    planning.planners.append(Planner(process, ours, Ring()))
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
