"""Letters chosen in other processes: the same letters, whoever chooses them."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.models import Due, Edition, Letter, Outcome, SourceReport, SourceState, Subscriber
from digest.pipeline.agenda import Day, Plan, make_agenda
from digest.pipeline.apart import prepare_planning, spare_processors
from digest.pipeline.collecting import collect_papers
from digest.pipeline.planning import plan_blocks
from digest.pipeline.printing import open_press
from digest.pipeline.run import Run, deliver_planned, run_once
from digest.state.database import open_database
from digest.state.dues import Choose, DueList
from tests.pipeline.conftest import NOW, READERS, begin, editions, plan


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


def test_a_day_lacks_what_was_late_or_broken_off_too(run: Run) -> None:
    """Letters name these sources, and empty ones wait for them as for one that failed."""
    planning = prepare_planning(run, (), 0)
    planning.begin(tuple(SourceReport(state.name, state) for state in SourceState))
    assert planning.day is not None
    assert {report.name for report in planning.day.broken} == {"LATE", "PARTIAL", "FAILED"}


def test_nobody_is_due_after_all(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that were made ready for many readers end without a letter, and ask no model."""
    monkeypatch.delattr("digest.pipeline.planning.open_desk")
    due = DueList(run.config.subscribers, lambda: lambda _: None)
    planning = prepare_planning(run, due, 1, lambda: run.compose)
    planning.begin(())
    assert deliver_planned(run, planning).counts == {}
    assert planning.finish() == Plan()


def whole(letter: Letter) -> Letter:
    """Return a letter whose message is in one piece."""
    return letter._replace(pieces=(letter.message,))


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
        assert whole(handed[name]) == whole(compose(edition))
        assert handed[name].html


def asking_apart(person: Subscriber) -> Subscriber:
    """Let somebody ask for something that nobody else asks for."""
    interests = tuple(replace(one, avoid=(person.email,)) for one in person.interests)
    return replace(person, interests=interests)


@pytest.mark.parametrize("spare", [1, 2])
def test_a_process_alone_composes_nothing_for_readers_who_ask_apart(run: Run, spare: int) -> None:
    """It has enough to do with choosing; two of them compose, and all letters go out either way."""
    due = [Due(asking_apart(person), NOW.date()) for person in run.config.subscribers]
    composed = 0

    def compose(edition: Edition) -> Letter:
        nonlocal composed  # here: other processes count for themselves
        composed += 1
        return press.compose(edition)

    press = open_press(run.config, run.database.secret())
    run.__dict__["compose"] = compose
    planning = begin(run, due, spare, compose)
    apart = planning.composing
    assert apart == (spare == 2)
    sent = READERS - READERS // 3
    while not apart and planning.listen():
        assert not planning.ready
    assert deliver_planned(run, planning).counts == {Outcome.SENT: sent}
    assert composed == (0 if apart else sent)


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
