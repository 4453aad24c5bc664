"""What one call of `claim` takes: so many letters and no more, and the intent to send others."""

from datetime import timedelta

import pytest

from digest.models import Letter, Outcome, Receipt
from digest.state.outbox import Outbox
from digest.state.suppression import Suppression, Suppressions
from tests.state.test_outbox import NOW, claim_all, edition, states


def letter(name: str) -> Letter:
    """Return a letter that was composed."""
    return Letter(name, f"{name[0]}@example.org", "bounces@example.org", "Digest", ())


def test_no_more_are_claimed_than_asked_for(outbox: Outbox) -> None:
    """Others come in the place of those that end there and then, and not one more."""
    outbox.freeze([edition(f"u{n}@example.org") for n in range(9)], NOW)
    Suppressions(outbox.database).add([Suppression("u1@example.org", "operator")], NOW)
    claim = outbox.claim(4, "one", NOW)
    assert [taken.id for taken in claim.editions] == ["u02", "u22", "u32", "u42"]
    assert [receipt.id for receipt in claim.receipts] == ["u12"]


def test_who_waited_first_comes_first(outbox: Outbox) -> None:
    """Letters that are tried again, by when they were to be, and then the new ones."""
    outbox.freeze([edition(f"{name}@example.org") for name in "abcd"], NOW)
    claim_all(outbox)
    until = {"a2": timedelta(minutes=9), "b2": timedelta(minutes=5), "d2": timedelta(minutes=20)}
    outbox.postpone({name: NOW + wait for name, wait in until.items()}, NOW)
    assert outbox.next_planned() == NOW + until["b2"]
    outbox.release(["c2"], NOW)
    outbox.freeze([edition("e@example.org")], NOW)
    later = NOW + timedelta(minutes=10)
    claims = [outbox.claim(count, "one", later).editions for count in (1, 2, 3)]
    assert [[one.id for one in claim] for claim in claims] == [["b2"], ["a2", "c2"], ["e2"]]


def test_composed_letters_that_are_nobodys_to_send_now(outbox: Outbox) -> None:
    """One that was sent is not sent again, and one that waits for its turn goes on waiting."""
    outbox.freeze([edition(f"{name}@example.org") for name in "abc"], NOW)
    outbox.mark_in_data(claim_all(outbox), NOW)
    outbox.record([Receipt("a2", Outcome.SENT, 250, "ok", NOW)], NOW)
    outbox.postpone({"b2": NOW + timedelta(minutes=5)}, NOW)
    composed = {name: letter(name) for name in ("a2", "b2", "c2")}
    assert outbox.claim_composed(composed, "two", NOW).editions == ()


def test_a_letter_that_would_be_tried_after_its_deadline(outbox: Outbox) -> None:
    """It has failed, and that time does not bring it back."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    far = NOW + timedelta(hours=21)
    closed = Receipt("ada2", Outcome.DEFERRED, 0, "not tried", NOW, next_try=far)
    assert outbox.record([closed], NOW)[0].outcome is Outcome.FAILED
    claim = outbox.claim(1, "two", far + timedelta(hours=1))
    assert (claim.editions, claim.receipts) == ((), ())


@pytest.mark.parametrize("composed", [False, True])
def test_the_intent_to_send_is_committed_with_the_next_claim(
    outbox: Outbox, composed: bool
) -> None:
    """A process that dies after it may have sent them: they are not sent again as if new."""
    outbox.freeze([edition(f"{name}@example.org") for name in "abc"], NOW)
    outbox.claim(1, "one", NOW)
    if composed:
        claim = outbox.claim_composed({"b2": letter("b2")}, "one", NOW, mark=["a2"])
    else:
        claim = outbox.claim(1, "one", NOW, mark=["a2"])
    assert [taken.id for taken in claim.editions] == ["b2"]
    assert claim.marked == composed
    second = "in_data" if composed else "claimed"
    assert states(outbox) == {"a2": "in_data", "b2": second, "c2": "planned"}


def test_a_bound_on_what_is_kept_to_be_claimed(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was frozen beyond it is read from its row."""
    monkeypatch.setattr("digest.state.outbox.FRESH_EDITIONS", 3)
    for part in (range(2), range(2, 4), range(4, 6)):
        outbox.freeze([edition(f"u{n}@example.org") for n in part], NOW)
    assert [one.id for one in outbox.take_fresh()] == ["u02", "u12", "u22"]
    assert len(claim_all(outbox)) == 6


def test_a_bound_on_the_papers_that_are_kept(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond it they are read again, and not one letter lacks a paper."""
    monkeypatch.setattr("digest.state.outbox.CACHED_PAPERS", 2)
    editions = [edition("ada@example.org", papers=3), edition("bob@example.org", papers=1)]
    outbox.freeze(editions, NOW)
    for one in editions:
        assert outbox.edition(one.id) == one
    assert len(outbox._papers) == 2


def test_why_there_is_no_letter_is_told(outbox: Outbox) -> None:
    """One that was skipped has its reason in the history, once."""
    for _ in range(2):
        outbox.skip([edition()], NOW + timedelta(minutes=1))
    [letter] = outbox.history()
    assert [(one.outcome, one.text) for one in letter.attempts] == [
        (Outcome.SKIPPED, "nothing to say")
    ]


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.UNCERTAIN, Outcome.FAILED])
def test_what_a_letter_told_is_told(outbox: Outbox, outcome: Outcome) -> None:
    """It has arrived, or may have, or will yet: the next one has other papers. No repetition is at
    once."""
    outbox.freeze([edition()], NOW)
    claim_all(outbox)
    outbox.record([Receipt("ada2", outcome, 0, "x", NOW)], NOW)
    assert outbox.told(["ada@example.org"])
    assert claim_all(outbox, NOW + timedelta(minutes=14)) == []
