"""The outbox keeps every edition once, and its states change as the promise says."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from digest.models import OPEN, Edition, Outcome, Paper, Pick, Reason, Receipt, Section
from digest.state.journal import Journal, orphans
from digest.state.outbox import Outbox
from digest.state.schema import attempts
from digest.state.suppression import Suppression, Suppressions

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
PAPERS = [Paper((f"arxiv:2601.{n:05}", f"doi:10.1/{n}"), f"Paper {n} ≤ ∞") for n in range(6)]


def edition(email: str = "ada@example.org", day: int = 2, papers: int = 2) -> Edition:
    """Return an edition; its id hangs on day and address."""
    picks = tuple(Pick(p, "A", 1.5, (Reason("phrase", "it says so"),)) for p in PAPERS[:papers])
    made = NOW + timedelta(days=day - 2)
    name = email.partition("@")[0]
    return Edition(
        f"{name}{day}", date(2026, 3, day), "daily", email, made,
        sections=(Section("A", picks),), trending=(Pick(PAPERS[5], "", 0.1),), considered=9,
    )  # fmt: skip


def claim_all(outbox: Outbox, now: datetime = NOW, owner: str = "one") -> list[str]:
    """Claim what is due; return the ids."""
    return [taken.id for taken in outbox.claim(100, owner, now).editions]


def states(outbox: Outbox) -> dict[str, str]:
    """Return the outcome of each letter by id."""
    return {letter.id: str(letter.outcome) for letter in outbox.history()}


def test_what_is_frozen_comes_back_equal(outbox: Outbox) -> None:
    """An edition that is claimed equals the one that was frozen, papers and all."""
    outbox.freeze([edition(), edition("bob@example.org")], NOW)
    assert outbox.claim(1, "one", NOW).editions == (edition(),)
    assert Outbox(outbox.database).claim(1, "two", NOW).editions == (edition("bob@example.org"),)
    assert outbox.edition("ada2") == edition()
    assert outbox.edition("nobody") is None


def test_freezing_twice_changes_nothing(outbox: Outbox) -> None:
    """A row that exists is left alone, even where the choice would be another one now."""
    assert outbox.freeze([edition(), edition("bob@example.org")], NOW) == 2
    other = replace(edition(papers=1), id="different")
    assert outbox.freeze([other, edition("eve@example.org")], NOW) == 1
    assert outbox.edition("ada2") == edition()
    assert outbox.edition("different") is None
    assert outbox.told(["ada@example.org"])["ada@example.org"] == {
        "arxiv:2601.00000", "arxiv:2601.00001", "arxiv:2601.00005"
    }  # fmt: skip


def test_a_letter_is_claimed_once(outbox: Outbox) -> None:
    """Two owners never hold the same letter."""
    outbox.freeze([edition(f"u{n}@example.org") for n in range(30)], NOW)
    first = [e.id for e in outbox.claim(20, "one", NOW).editions]
    second = [e.id for e in outbox.claim(20, "two", NOW).editions]
    assert (len(first), len(second)) == (20, 10)
    assert not set(first) & set(second)


def test_who_may_not_have_it_any_more(outbox: Outbox) -> None:
    """Suppression, unsubscription and removal are looked at again when a letter is claimed."""
    names = ("gone", "quit", "late", "back", "fine")
    outbox.freeze([edition(f"{name}@example.org") for name in names], NOW)
    entries = [
        Suppression("QUIT@example.org", "unsubscribed"),
        Suppression("late@example.org", "operator", until=NOW + timedelta(days=1)),
        Suppression("back@example.org", "operator", until=NOW - timedelta(days=1)),
    ]
    Suppressions(outbox.database).add(entries, NOW - timedelta(days=2))
    claim = outbox.claim(100, "one", NOW, lambda email: not email.startswith("gone"))
    assert [taken.email for taken in claim.editions] == ["back@example.org", "fine@example.org"]
    ended = {receipt.id: (str(receipt.outcome), receipt.text) for receipt in claim.receipts}
    assert ended == {
        "gone2": ("cancelled", "no longer a subscriber"),
        "quit2": ("skipped", "unsubscribed"),
        "late2": ("skipped", "operator"),
    }
    assert outbox.told(["gone@example.org", "quit@example.org"]) == {}


@pytest.mark.parametrize("last", [Outcome.CANCELLED, Outcome.FAILED])
def test_what_may_have_come_stays_told(outbox: Outbox, last: Outcome) -> None:
    """A letter of unknown fate whose reader has left, or whom the relay refuses at its repetition,
    has perhaps arrived: it is never called cancelled, and its papers do not come again."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox, NOW)
    outbox.record([Receipt("ada2", Outcome.UNCERTAIN, 0, "link lost", NOW)], NOW)
    later = NOW + timedelta(minutes=20)
    claim = outbox.claim(1, "one", later, lambda _email: last is Outcome.FAILED)
    receipts = claim.receipts or outbox.record(
        [Receipt("ada2", last, 550, "5.1.1 no", later)], later
    )
    kept = Outcome.UNCERTAIN if last is Outcome.CANCELLED else last
    assert [receipt.outcome for receipt in receipts] == [kept]
    assert outbox.told(["ada@example.org"]) != {}
    assert outbox.claim(1, "one", later + timedelta(hours=1)).editions == ()


def test_too_late(outbox: Outbox) -> None:
    """An edition past its lifetime is skipped, and its papers may come again."""
    outbox.freeze([edition()], NOW)
    claim = outbox.claim(1, "one", NOW + timedelta(hours=21))
    assert claim.editions == ()
    assert claim.receipts[0].text == "too late"
    assert outbox.told(["ada@example.org"]) == {}
    assert outbox.last_editions(["ada@example.org"], NOW) == {}


@pytest.mark.parametrize("code", [451, 0])  # 0: its domain was closed, and it paid no attempt
def test_a_deferred_letter_that_no_run_came_for_has_failed(outbox: Outbox, code: int) -> None:
    """It was tried, and nobody has it: `retry --failed` finds it, with the reply that it got."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    outbox.record([Receipt("ada2", Outcome.DEFERRED, code, "later", NOW)], NOW)
    [ended] = outbox.claim(1, "two", NOW + timedelta(hours=21)).receipts
    assert (ended.outcome, ended.code, ended.text) == (Outcome.FAILED, code, "expired after: later")
    assert outbox.told(["ada@example.org"]) == {}, "its papers may come again"
    assert outbox.last_editions(["ada@example.org"], NOW) == {}


def test_a_letter_without_a_deadline_is_never_too_late(outbox: Outbox) -> None:
    """Such are those of versions that knew none."""
    outbox.freeze([edition()], NOW)
    with outbox.database.begin() as connection:
        connection.exec_driver_sql("update letters set deadline = 0")
    assert claim_all(outbox, NOW + timedelta(days=3)) == ["ada2"]
    [receipt] = outbox.record([Receipt("ada2", Outcome.DEFERRED, 451, "later", NOW)], NOW)
    assert receipt.outcome is Outcome.DEFERRED


def test_what_became_of_a_letter_that_was_erased_meanwhile(outbox: Outbox) -> None:
    """Its receipt keeps none of the others from being written."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    outcomes = {"gone2": Outcome.DEFERRED, "ada2": Outcome.SENT}
    outbox.record([Receipt(name, end, 250, "ok", NOW) for name, end in outcomes.items()], NOW)
    assert states(outbox) == {"ada2": "sent"}


def test_deferred_letters_come_again_later_and_later(outbox: Outbox) -> None:
    """15 min, 30 min, 1 h, 2 h, 4 h, each +-10 %, until the edition's lifetime is over."""
    outbox.freeze([edition()], NOW)
    now, waits = NOW, []
    while claim_all(outbox, now):
        [receipt] = outbox.record([Receipt("ada2", Outcome.DEFERRED, 451, "4.7.1 later", now)], now)
        if receipt.next_try is None:
            break
        assert not claim_all(outbox, receipt.next_try - timedelta(seconds=1))
        waits.append((receipt.next_try - now).total_seconds() / 60)
        now = receipt.next_try
    assert [round(wait / 15) for wait in waits][:4] == [1, 2, 4, 8]
    assert all(
        0.9 <= wait / plan <= 1.1 for wait, plan in zip(waits, [15, 30, 60, 120, 240], strict=False)
    )
    [letter] = outbox.history()
    assert letter.outcome is Outcome.FAILED
    assert letter.text == "expired after: 4.7.1 later"
    assert now - NOW < timedelta(hours=20)


def test_an_uncertain_letter_is_repeated_once(outbox: Outbox) -> None:
    """The second time its fate is unknown, it stays so until somebody asks for it again."""
    outbox.freeze([edition()], NOW)
    now = NOW
    for _ in range(2):
        assert claim_all(outbox, now) == ["ada2"]
        outbox.record([Receipt("ada2", Outcome.UNCERTAIN, 0, "link lost", now)], now)
        now += timedelta(minutes=20)
    assert not claim_all(outbox, now + timedelta(hours=5))
    assert outbox.requeue(Outcome.UNCERTAIN, now, lifetime=timedelta(hours=20)) == 1
    assert claim_all(outbox, now) == ["ada2"]


def test_any_number_of_letters_is_tried_again_beside_a_suppressed_address(outbox: Outbox) -> None:
    """A database takes so many parameters and no more: those of SQLite may be 32,766."""
    outbox.freeze([edition(f"r{number}@example.org") for number in range(40)], NOW)
    names = claim_all(outbox)
    outbox.record([Receipt(name, Outcome.FAILED, 550, "no", NOW) for name in names], NOW)
    Suppressions(outbox.database).add([Suppression("r7@example.org", "operator")], NOW)
    with outbox.database.read() as connection:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 30)
    assert outbox.requeue(Outcome.FAILED, NOW, lifetime=timedelta(hours=20)) == 39
    assert outbox.count(Outcome.FAILED, email="r7@example.org") == 1


def test_uncertain_letters_can_be_held(outbox: Outbox) -> None:
    """Where the operator prefers a missing letter to a second copy, it is not repeated."""
    held = Outbox(outbox.database, hold_uncertain=True)
    held.freeze([edition()], NOW)
    claim_all(held)
    held.record([Receipt("ada2", Outcome.UNCERTAIN, 0, "link lost", NOW)], NOW)
    assert not claim_all(held, NOW + timedelta(hours=3))


def test_the_journal_knows_better_than_the_lease(outbox: Outbox) -> None:
    """After a crash: answered letters are settled, begun ones uncertain, others planned."""
    outbox.freeze([edition(f"{name}@example.org") for name in "abcd"], NOW)
    assert len(claim_all(outbox, owner="dead")) == 4
    outbox.mark_in_data(["a2", "b2", "c2"], NOW)
    journal = outbox.open_journal("dead")
    assert journal is not None
    for name in ("a2", "b2"):
        journal.begin(name)
    journal.finish(Receipt("a2", Outcome.SENT, 250, "2.0.0 ok", NOW))
    outbox.recover(NOW)
    assert states(outbox)["a2"] == "in_data", "its process is alive"
    journal.abandon()
    outbox.recover(NOW)
    assert states(outbox) == {"a2": "sent", "b2": "uncertain", "c2": "planned", "d2": "planned"}
    assert not list(orphans(Path(f"{outbox.database.name}.wire")))


def test_a_journal_from_before_a_restart_is_believed_only_where_it_speaks(
    outbox: Outbox, tmp_path: Path
) -> None:
    """After a power cut lines may be missing: what is in_data and not in it is uncertain."""
    outbox.freeze([edition("a@example.org"), edition("b@example.org")], NOW)
    claim_all(outbox, owner="dead")
    outbox.mark_in_data(["a2", "b2"], NOW)
    journal = outbox.open_journal("dead")
    assert journal is not None
    journal.finish(Receipt("a2", Outcome.SENT, 250, "ok", NOW))
    journal.abandon()
    with journal.path.open("r+b") as file:
        file.write(b"00000000-another-boot-id-0000000000")
    outbox.recover(NOW)
    assert states(outbox) == {"a2": "sent", "b2": "uncertain"}


def test_the_journal_survives_its_turns(tmp_path: Path) -> None:
    """Turning and clearing loses no letter that is still under way."""
    journal = Journal(tmp_path / "j.one")
    assert (tmp_path / "j.one").stat().st_mode & 0o077 == 0  # ids here make a bounce believed
    for number in range(500):
        journal.begin(f"n{number}")
        if number >= 8:
            journal.finish(Receipt(f"n{number - 8}", Outcome.SENT, 250, "ok"))
        if number % 50 == 49:
            journal.clear(journal.turn())
    journal.abandon()
    [(path, testimony)] = orphans(tmp_path / "j")
    assert testimony.complete
    assert testimony.begun - set(testimony.receipts) == {f"n{n}" for n in range(492, 500)}
    assert path.name == "j.one"


def test_a_repetition_that_was_given_back_and_is_too_late(outbox: Outbox) -> None:
    """The letter may have arrived: it has not failed, and `retry --failed` leaves it alone."""
    outbox.freeze([edition()], NOW)
    [taken] = outbox.claim(1, "one", NOW).editions
    outbox.record([Receipt(taken.id, Outcome.UNCERTAIN, 0, "lost", NOW)], NOW)
    later = NOW + timedelta(minutes=20)
    outbox.claim(1, "two", later)
    outbox.release([taken.id], later)
    [receipt] = outbox.claim(1, "three", NOW + timedelta(hours=30)).receipts
    assert receipt.outcome is Outcome.UNCERTAIN


def test_a_repetition_that_is_put_off_until_it_is_too_late(outbox: Outbox) -> None:
    """The letter may have arrived all the same: `retry --failed` leaves it alone, too."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    outbox.record([Receipt("ada2", Outcome.UNCERTAIN, 0, "lost", NOW)], NOW)
    later = NOW + timedelta(hours=19, minutes=50)
    assert claim_all(outbox, later) == ["ada2"]
    [receipt] = outbox.record([Receipt("ada2", Outcome.DEFERRED, 451, "later", later)], later)
    assert (receipt.outcome, receipt.next_try) == (Outcome.UNCERTAIN, None)
    assert receipt.text == "expired after: later"
    assert outbox.requeue(Outcome.FAILED, later, lifetime=timedelta(hours=20)) == 0


def test_the_journal_beside_a_file_whose_name_holds_brackets(tmp_path: Path) -> None:
    """They are part of the name, no pattern: else letters that were sent would go out again."""
    Journal(tmp_path / "digest[1].db.wire.one").abandon()
    [(path, _)] = orphans(tmp_path / "digest[1].db.wire")
    assert path.name == "digest[1].db.wire.one"


def test_books_balance(outbox: Outbox) -> None:
    """Candidates = sent + deferred + failed + uncertain + skipped, once nothing is open."""
    outbox.freeze([edition(f"u{n}@example.org") for n in range(5)], NOW)
    outbox.skip([edition("empty@example.org")], NOW)
    assert outbox.counts() == {Outcome.PLANNED: 5, Outcome.SKIPPED: 1}
    ids = claim_all(outbox)
    endings = (Outcome.SENT, Outcome.DEFERRED, Outcome.FAILED, Outcome.UNCERTAIN, Outcome.SENT)
    outbox.record([Receipt(i, o, 0, "x", NOW) for i, o in zip(ids, endings, strict=True)], NOW)
    counts = outbox.counts(NOW - timedelta(hours=1))
    assert not counts.keys() & set(OPEN)
    assert sum(counts.values()) == 6
    assert outbox.counts(NOW + timedelta(hours=1)) == {}


def test_history_tells_every_attempt(outbox: Outbox) -> None:
    """Each reply of each attempt is kept, oldest first."""
    outbox.freeze([edition()], NOW)
    for code, outcome in ((451, Outcome.DEFERRED), (250, Outcome.SENT)):
        claim_all(outbox, NOW + timedelta(hours=1))
        outbox.record([Receipt("ada2", outcome, code, f"reply {code}", NOW)], NOW)
    [letter] = outbox.history(email="ada@example.org")
    assert [(a.code, a.text) for a in letter.attempts] == [(451, "reply 451"), (250, "reply 250")]
    assert outbox.last_editions(["ada@example.org"], NOW) == {"ada@example.org": NOW}
    assert outbox.last_editions(["ada@example.org"], NOW - timedelta(hours=1)) == {}, "not yet"


def test_a_reply_bears_its_own_time_however_late_it_is_committed(outbox: Outbox) -> None:
    """Also where it was in the journal of a process that died; one of an older version is kept."""
    outbox.freeze([edition(), edition("bob@example.org")], NOW)
    journal = outbox.open_journal("one")
    assert journal is not None
    outbox.mark_in_data(claim_all(outbox), NOW)
    for letter in ("ada2", "bob2"):
        journal.begin(letter)
        journal.finish(Receipt(letter, Outcome.SENT, 250, "ok", NOW))
    journal.abandon()
    outbox.recover(NOW + timedelta(hours=5))
    with outbox.database.begin() as connection:
        row = {"letter": "bob2", "at": 5.0, "outcome": "sent", "code": 250, "text": "ok"}
        connection.execute(insert(attempts).values(row))
    told = {letter.id: [one.at for one in letter.attempts] for letter in outbox.history()}
    assert told == {"ada2": [NOW], "bob2": [datetime.fromtimestamp(5, UTC)]}


def test_pruning_keeps_what_is_needed(outbox: Outbox) -> None:
    """Old ended letters go with all that hung on them; open ones and shared papers stay."""
    outbox.freeze([edition(day=2), edition("bob@example.org", day=2)], NOW)
    claim_all(outbox)
    outbox.record([Receipt("ada2", Outcome.SENT, 250, "ok", NOW)], NOW)
    later = NOW + timedelta(days=20)
    outbox.freeze([edition(day=22)], later)
    assert outbox.prune(NOW + timedelta(days=10)) == 1
    assert states(outbox) == {"bob2": "claimed", "ada22": "planned"}
    assert outbox.edition("bob2") == edition("bob@example.org", day=2)


@pytest.mark.parametrize("damage", ["update bodies set body = '{'", "delete from bodies"])
def test_a_damaged_row_is_its_own_failure(outbox: Outbox, damage: str) -> None:
    """One edition that is unreadable, or lost, fails; the others are claimed."""
    outbox.freeze([edition("a@example.org"), edition("b@example.org")], NOW)
    with outbox.database.begin() as connection:
        connection.exec_driver_sql(
            f"{damage} where letter = (select key from letters where id = 'a2')"
        )
    claim = Outbox(outbox.database).claim(10, "one", NOW)
    assert [taken.id for taken in claim.editions] == ["b2"]
    assert [(receipt.id, str(receipt.outcome)) for receipt in claim.receipts] == [("a2", "failed")]


def test_a_paper_from_the_future_is_told_for_good(outbox: Outbox) -> None:
    """Seen by a clock that was ahead, it counts as told on the day it was seen, and later."""
    ahead = NOW + timedelta(days=30)
    paper = Paper(("arxiv:2611.00001",), "From the future", first_seen=ahead)
    one = replace(edition(), sections=(Section("A", (Pick(paper, "A", 1.0),)),))
    outbox.freeze([one], NOW)
    assert "arxiv:2611.00001" in outbox.told([one.email], ahead.date())[one.email]
    outbox.claim(10, "me", NOW + timedelta(days=3))
    assert outbox.told([one.email]) == {}, "too late to be sent: it may be chosen again"
