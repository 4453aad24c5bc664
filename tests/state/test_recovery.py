"""What a dead process leaves behind is settled, and nothing that others hold or have sent."""

from datetime import timedelta

from sqlalchemy import event

from digest.models import Outcome, Receipt
from digest.state.outbox import Outbox
from tests.state.test_outbox import NOW, claim_all, edition, states


def test_the_letters_of_who_is_alive_are_left_alone(outbox: Outbox) -> None:
    """Its letters are on the wire: planned anew they would go out twice."""
    outbox.freeze([edition("a@example.org"), edition("b@example.org")], NOW)
    for owner in ("dead", "alive"):
        outbox.mark_in_data([outbox.claim(1, owner, NOW).editions[0].id], NOW)
    dead, alive = outbox.open_journal("dead"), outbox.open_journal("alive")
    assert dead is not None
    assert alive is not None
    dead.abandon()
    outbox.recover(NOW)
    assert states(outbox) == {"a2": "planned", "b2": "in_data"}
    alive.close()


def test_a_journal_that_was_overtaken(outbox: Outbox) -> None:
    """Its process had committed the outcome and died; the letter was sent by another since."""
    outbox.freeze([edition()], NOW)
    outbox.mark_in_data(claim_all(outbox, owner="dead"), NOW)
    journal = outbox.open_journal("dead")
    assert journal is not None
    [deferred] = outbox.record([Receipt("ada2", Outcome.DEFERRED, 451, "later", NOW)], NOW)
    journal.finish(deferred)
    later = NOW + timedelta(minutes=20)
    assert claim_all(outbox, later, "two") == ["ada2"]
    outbox.record([Receipt("ada2", Outcome.SENT, 250, "ok", later)], later)
    journal.abandon()
    outbox.recover(later)
    assert states(outbox) == {"ada2": "sent"}


def test_a_lease_given_by_a_clock_that_ran_ahead(outbox: Outbox) -> None:
    """It does not hold a letter until that time has come."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox, NOW + timedelta(hours=19))
    outbox.recover(NOW)
    assert states(outbox) == {"ada2": "planned"}


def test_where_there_is_no_place_for_a_journal(outbox: Outbox) -> None:
    """Letters are sent without one, and their leases run out."""
    outbox.journal_base = None
    assert outbox.open_journal("one") is None
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    outbox.recover(NOW + timedelta(hours=1))
    assert states(outbox) == {"ada2": "planned"}


def test_many_letters_whose_time_is_over(outbox: Outbox) -> None:
    """They end some hundreds at a time, and together: nobody who unsubscribes waits for all."""
    outbox.freeze([edition(f"u{n}@example.org") for n in range(1_200)], NOW)
    asked, committed = list[str](), list[object]()
    engine = outbox.database.engine
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    event.listen(engine, "commit", committed.append)
    later = NOW + timedelta(days=1)
    outbox.recover(later)
    assert outbox.counts() == {Outcome.SKIPPED: 1_200}
    assert len(asked) < 100
    assert len(committed) > 3
    assert len(outbox.claim(1, "one", later).receipts) == 1_200


def test_leases_run_out(outbox: Outbox) -> None:
    """Claimed goes back to planned, in_data becomes uncertain; live leases are left alone."""
    outbox.freeze([edition("a@example.org"), edition("b@example.org")], NOW)
    claim_all(outbox)
    outbox.mark_in_data(["b2"], NOW)
    outbox.recover(NOW + timedelta(minutes=20))
    assert states(outbox) == {"a2": "claimed", "b2": "in_data"}
    outbox.recover(NOW + timedelta(minutes=31))
    assert states(outbox) == {"a2": "planned", "b2": "uncertain"}


def test_a_clock_that_ran_ahead(outbox: Outbox) -> None:
    """A next try written by a clock a year ahead does not keep a letter from going out."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    outbox.postpone({"ada2": NOW + timedelta(days=365)}, NOW)
    assert claim_all(outbox) == ["ada2"]
