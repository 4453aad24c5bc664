"""A domain's letters keep their distance, and what is known of domains is bounded and kept."""

import pytest

from digest.delivery.gate import KEPT_DOMAINS, Gate
from digest.delivery.replies import Action, Fault, Verdict

BLOCKED = Verdict(Action.FAIL, 550, "5.7.1 blocked", Fault.POLICY)
SENT = Verdict(Action.ACCEPT, 250, "ok")
SLOW = Verdict(Action.DEFER, 451, "4.7.1 slow", slow_down=True)
NOW = 1_000_000.0  # Unix seconds


def test_letters_held_back_go_one_after_the_other() -> None:
    """Two a second: the first at once, each of the others half a second after the one before."""
    gate = Gate(2.0, {})
    assert [gate.slot("a.org", NOW) for _ in range(4)] == [0.0, NOW + 0.5, NOW + 1.0, NOW + 1.5]
    assert gate.slot("b.org", NOW) == 0.0
    assert [gate.slot("a.org", NOW + 100) for _ in range(4)][2:] == [NOW + 100.5, NOW + 101.0]
    assert [Gate(None, {}).slot("a.org", NOW) for _ in range(9)] == [0.0] * 9


def test_slots_given_by_a_clock_that_ran_ahead() -> None:
    """They keep nobody waiting for days."""
    gate = Gate(2.0, {})
    for _ in range(9):
        gate.slot("a.org", NOW + 10 * 86_400)
    assert gate.slot("a.org", NOW) == NOW + 0.5


def test_uneventful_domains_are_forgotten() -> None:
    """When there are many; not the closed, those that refused a letter or must wait."""
    gate = Gate(1.0, {}, crowded=4)
    gate.hear("closed.org", BLOCKED, NOW)
    for verdict in (SENT, BLOCKED):
        gate.hear("refusing.org", verdict, NOW)
    gate.slot("busy.org", NOW)
    gate.closed("idle.org", NOW)
    assert len(gate.domains) == 4
    gate.closed("new.org", NOW)
    assert set(gate.domains) == {"closed.org", "refusing.org", "busy.org", "new.org"}
    assert gate.crowded == KEPT_DOMAINS + 6
    gate.closed("idle.org", NOW)
    assert len(gate.domains) == 5, "not looked through for each one"


def test_closures_add_up_over_runs_until_a_letter_is_taken() -> None:
    """The second run's refusal closes for an hour; a letter taken is remembered as well."""
    first = Gate(None, {})
    first.hear("a.org", BLOCKED, NOW)
    second = Gate(None, first.memory(NOW))
    second.hear("a.org", BLOCKED, NOW + 900)
    assert second.closed("a.org", NOW + 900) == NOW + 900 + 3_600
    for known in (first.memory(NOW), second.memory(NOW + 900)):
        third = Gate(None, known)
        third.hear("a.org", SENT, NOW + 9_000)
        assert third.memory(NOW + 9_000)["a.org"]["closures"] == 0
    fourth = Gate(None, third.memory(NOW + 9_000))
    fourth.hear("a.org", SENT, NOW + 9_999)
    assert fourth.memory(NOW + 9_999) == {}, "nothing new"


def test_only_policy_closes_a_domain() -> None:
    """A box that does not exist, or is full, says nothing of the others."""
    gate = Gate(None, {})
    others = [Verdict(Action.FAIL, 550, "no", fault) for fault in Fault if fault != Fault.POLICY]
    for verdict in (*others, Verdict(Action.DEFER, 451, "later")):
        assert not gate.hear("a.org", verdict, NOW)
    assert gate.closed("a.org", NOW) == 0


def test_refusals_are_counted_anew_after_a_closure() -> None:
    """A domain that has taken letters in this run is not closed by the next one alone."""
    gate = Gate(None, {})
    heard = [gate.hear("a.org", verdict, NOW) for verdict in (SENT, BLOCKED, BLOCKED, BLOCKED)]
    assert heard == [False, False, False, True]
    assert not gate.hear("a.org", BLOCKED, NOW + 900)


def test_a_closure_by_a_clock_that_ran_ahead() -> None:
    """No closure lasts that long: the domain is open; one of a few hours is believed."""
    for hours, closed in ((7, True), (9, False)):
        until = NOW + hours * 3_600
        gate = Gate(None, {"a.org": {"at": NOW, "closures": 1.0, "closed_until": until}})
        assert gate.closed("a.org", NOW) == (until if closed else 0.0)


@pytest.mark.parametrize("ceiling", [None, 8.0])
def test_a_pace_is_remembered_though_letters_were_taken_since(ceiling: float | None) -> None:
    """A domain that was too fast for is asked slowly by the next run, too; others as usual."""
    gate = Gate(ceiling, {})
    for verdict in (SLOW, SENT):
        gate.hear("slow.org", verdict, NOW)
    gate.hear("fine.org", SENT, NOW)
    memory = gate.memory(NOW)
    assert set(memory) == {"slow.org"}
    half = 10.0 if ceiling is None else 4.0
    assert memory["slow.org"] == {"at": NOW, "closures": 0.0, "closed_until": 0.0, "rate": half}
    later = Gate(ceiling, memory)
    assert later.domain("slow.org", NOW + 60).bucket.rate == pytest.approx(1.2 * half)
    later.hear("slow.org", SLOW, NOW + 60)
    assert later.memory(NOW + 60)["slow.org"]["rate"] == pytest.approx(0.6 * half)
