"""Old rows go, one address can be shown and erased, and the status adds up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from digest.models import (
    Collected,
    Edition,
    Outcome,
    Paper,
    Pick,
    Receipt,
    Section,
    SourceMemory,
    SourceReport,
    SourceState,
)
from digest.papers import merge_papers
from digest.state.archive import Archive
from digest.state.database import Database
from digest.state.erasing import erase, known_rows
from digest.state.outbox import Outbox
from digest.state.retention import Swept, sweep_daily
from digest.state.runs import begin_run, end_run, last_runs
from digest.state.schema import source_runs
from digest.state.status import read_status
from digest.state.suppression import Suppression, Suppressions
from digest.state.troubles import RelayTrouble, load_trouble, note_delivery

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
PAPER = Paper(("arxiv:2205.14135",), "FlashAttention", abstract="Attention, exact and fast.")


def make_letter(database: Database, number: int, email: str, made: datetime, outcome: str) -> None:
    """Put one letter into the outbox and bring it to an outcome."""
    outbox = Outbox(database)
    sections = (Section("Attention", (Pick(PAPER, "Attention", 2.0),)),)
    edition = Edition(f"id{number}", made.date(), "daily", email, made, sections=sections)
    outbox.freeze([edition], made)
    if outcome != "planned":
        outbox.claim(10, "me", made)
        outbox.record([Receipt(edition.id, Outcome(outcome), 250, "ok", made)], made)


def collect(database: Database, paper: Paper, at: datetime, state: SourceState) -> None:
    """Let the source "Journal" bring one paper, or fail."""
    memory = SourceMemory(asked=at, succeeded=None if state is SourceState.FAILED else at)
    report = SourceReport("Journal", state, 1, reason="HTTP 500" if not memory.succeeded else "")
    told = () if state is SourceState.FAILED else (paper,)
    Archive(database).store([Collected(report, told, memory)], at, merge_papers)


def test_a_year_is_kept_and_no_more(database: Database) -> None:
    """Old letters, papers and runs go; the young, the unfinished and the suppressed stay."""
    make_letter(database, 1, "ada@example.org", LONG_AGO, "sent")
    make_letter(database, 3, "ada@example.org", NOW - timedelta(days=1), "sent")
    make_letter(database, 4, "ada@example.org", NOW - timedelta(days=364), "sent")
    make_letter(database, 2, "ben@example.org", LONG_AGO, "planned")
    make_letter(database, 5, "kim@example.org", LONG_AGO, "failed")
    collect(database, PAPER, LONG_AGO, SourceState.FRESH)
    end_run(database, begin_run(database, LONG_AGO), LONG_AGO, 0, {})
    begin_run(database, NOW)
    suppressions = Suppressions(database)
    suppressions.add([Suppression("eve@example.org", "unsubscribed", at=LONG_AGO)], NOW)
    over = NOW - timedelta(days=1)
    suppressions.add([Suppression("kim@example.org", "operator", at=LONG_AGO, until=over)], NOW)
    assert sweep_daily(database, NOW, 365) == Swept(letters=2, papers=1)
    assert {letter.id for letter in Outbox(database).history()} == {"id2", "id3", "id4"}
    assert [entry.email for entry in suppressions.all()] == ["eve@example.org"]
    assert [run.started for run in last_runs(database, 9)] == [NOW]
    assert Archive(database).count() == 0
    with database.read() as connection:
        assert connection.execute(select(source_runs)).all() == []


@pytest.mark.parametrize("outcome", ["deferred", "uncertain"])
@pytest.mark.parametrize("hold", [True, False])
def test_a_letter_that_is_to_be_tried_again_is_kept(
    database: Database, outcome: str, hold: bool
) -> None:
    """However old it is: a relay that says "later" to `digest retry` must not end it."""
    outbox = Outbox(database, hold_uncertain=hold)
    make_letter(database, 1, "ada@example.org", LONG_AGO, "failed")
    outbox.requeue(Outcome.FAILED, NOW, lifetime=timedelta(hours=20))
    outbox.claim(10, "me", NOW)
    outbox.record([Receipt("id1", Outcome(outcome), 0, "later", NOW)], NOW)
    waits = outcome == "deferred" or not hold
    assert sweep_daily(database, NOW, 365) == Swept(letters=not waits)
    again = outbox.claim(10, "me", NOW + timedelta(hours=1))
    assert [one.id for one in again.editions] == ["id1"] * waits


def test_a_run_under_way_is_told_from_one_that_was_killed(database: Database) -> None:
    """Only who holds the lock is at it: the newest run, as long as the process lives."""
    begin_run(database, LONG_AGO)
    begin_run(database, NOW)
    with database.lock():
        runs = last_runs(database, 9)
    assert [(run.under_way, run.killed) for run in runs] == [(True, False), (False, True)]
    assert [run.killed for run in last_runs(database, 9)] == [True, True]


def test_swept_once_a_day(database: Database) -> None:
    """The next run of the day does not look again; a clock set back does not end it for ever."""
    assert sweep_daily(database, NOW, 365) == Swept()
    assert sweep_daily(database, NOW + timedelta(hours=23), 365) is None
    assert sweep_daily(database, NOW + timedelta(hours=24), 365) == Swept()
    assert sweep_daily(database, NOW - timedelta(days=30), 365) == Swept()


def test_a_clock_that_is_years_ahead_forgets_nothing_young(database: Database) -> None:
    """One run under it must not cost the letters, from which is known who was told of what."""
    make_letter(database, 1, "ada@example.org", NOW - timedelta(days=1), "sent")
    rest = Suppression("eve@example.org", "paused", until=NOW + timedelta(days=14))
    Suppressions(database).add([rest], NOW)
    assert sweep_daily(database, NOW, 365) == Swept()
    assert sweep_daily(database, NOW + timedelta(days=3 * 365), 365) == Swept()
    assert sweep_daily(database, NOW + timedelta(hours=1), 365) == Swept()
    assert Suppressions(database).of("eve@example.org", NOW) is not None


def test_one_address_is_shown_and_erased(database: Database) -> None:
    """Everything of one address is shown and goes, and nobody else's."""
    make_letter(database, 1, "Ada@example.org", NOW, "uncertain")
    make_letter(database, 2, "ben@example.org", NOW, "uncertain")
    Suppressions(database).count_bounce("ada@example.org", "hard", now=NOW)
    known = known_rows(database, "ada@EXAMPLE.org")
    letters = {"letters", "bodies", "attempts", "told"}
    assert set(known) == {*letters, "bounces", "suppressions"}
    assert known["letters"][0]["id"] == "id1"
    assert erase(database, "ada@example.org", keep=frozenset({"suppressions"})) == 4
    assert set(known_rows(database, "ada@example.org")) == {"suppressions"}
    assert erase(database, "ada@example.org") == 1
    assert known_rows(database, "ada@example.org") == {}
    assert set(known_rows(database, "ben@example.org")) == letters


def test_what_several_were_told_goes_with_the_last_of_them(database: Database) -> None:
    """It is shown to each of them, and stays while another's letter is made of it."""
    outbox = Outbox(database)
    same = (Section("Proteins", (Pick(PAPER, "Proteins", 1.0),)),)
    people = ("ada@example.org", "ben@example.org", "eve@example.org")
    editions = [
        Edition(f"id{n}", NOW.date(), "daily", email, NOW, sections=same)
        for n, email in enumerate(people)
    ]
    outbox.freeze(editions, NOW)
    for email in people[1:]:
        [shared] = known_rows(database, email)["snapshots"]
        assert "Proteins" in shared["body"]
    assert "snapshots" not in known_rows(database, people[0]), "the first one's stands in its body"
    erase(database, people[1])
    assert Outbox(database).editions(["id0", "id2"]) == {"id0": editions[0], "id2": editions[2]}
    erase(database, people[2])
    with database.read() as connection:
        left = [body for (body,) in connection.exec_driver_sql("select body from snapshots")]
    assert not any("Proteins" in body for body in left), "the paper alone is kept"
    assert Outbox(database).edition("id0") == editions[0]


def test_an_address_with_accents_is_erased_in_any_case(database: Database) -> None:
    """SQLite's own lower() knows no letters but ASCII's."""
    make_letter(database, 1, "Über@example.org", NOW, "sent")
    assert known_rows(database, "über@example.org")["told"]
    assert erase(database, "ÜBER@example.org") == 2
    assert known_rows(database, "Über@example.org") == {}


def test_status(database: Database) -> None:
    """Runs, sources, letters and addresses are counted."""
    make_letter(database, 1, "ada@example.org", NOW - timedelta(hours=30), "sent")
    make_letter(database, 2, "ada@example.org", NOW - timedelta(hours=2), "failed")
    make_letter(database, 3, "ben@example.org", NOW - timedelta(hours=1), "planned")
    collect(database, PAPER, NOW - timedelta(days=1), SourceState.FRESH)
    collect(database, PAPER, NOW, SourceState.FAILED)
    Suppressions(database).add([Suppression("eve@example.org", "unsubscribed")], NOW)
    end_run(database, begin_run(database, NOW), NOW, 3, {"letter failed": 1})
    status = read_status(database, NOW, {"Journal"})
    assert status.letters == {Outcome.FAILED: 1, Outcome.PLANNED: 1}
    assert status.kept == {Outcome.SENT: 1, Outcome.FAILED: 1, Outcome.PLANNED: 1}
    assert status.waiting_since == NOW - timedelta(hours=1)
    assert (status.papers, dict(status.suppressed)) == (1, {"unsubscribed": 1})
    assert [run.exit_code for run in status.runs] == [3]
    [source] = status.sources
    assert (source.name, source.state, source.failures) == ("Journal", "failed", 1)
    assert status.database_bytes > 0


def test_an_empty_status(database: Database) -> None:
    """A new installation has nothing to tell and does not stumble over it."""
    status = read_status(database, NOW, ())
    assert (status.runs, status.waiting_since, status.collected) == ((), None, None)


def test_relay_trouble_is_counted_and_ends(database: Database) -> None:
    """Runs in trouble add up, a run with nothing to send says nothing, a letter sent ends it."""
    note_delivery(database, NOW, problem="", sent=True)
    assert load_trouble(database) is None
    note_delivery(database, NOW, problem="no answer", sent=False)
    assert load_trouble(database) == RelayTrouble(NOW, 1, "no answer")
    later = NOW + timedelta(hours=1)
    note_delivery(database, later, problem="no route", sent=False)
    second = RelayTrouble(NOW, 2, "no route")
    assert load_trouble(database) == second
    note_delivery(database, later, problem="", sent=False)
    assert load_trouble(database) == second
    note_delivery(database, later, problem="", sent=True)
    assert load_trouble(database) == replace(second, ended=later)
    note_delivery(database, later, problem="again", sent=False)
    assert load_trouble(database) == RelayTrouble(later, 1, "again")
