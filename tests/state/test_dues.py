"""Who is due is a list that reads people when asked for them."""

import pickle
from datetime import date

import pytest

import digest.state.roll
from digest.models import Due, Interest, Subscriber
from digest.state.dues import Choose, DueList, count_interests, due_emails, most_due
from digest.state.roll import Roll

DAY = date(2026, 11, 23)
ROWS = [(f"u{n}@example.org", f'{{"email": "u{n}@example.org", "papers": {n}}}') for n in range(9)]


def due_if_even(person: Subscriber) -> Due | None:
    """Every second one is due, the welcome letter first."""
    if person.papers % 2:
        return None
    return Due(person, DAY, "daily" if person.papers else "welcome", DAY if person.papers else None)


@pytest.mark.parametrize("held", [0, 100])
def test_editions_come_with_their_people(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any access gives the edition as it was chosen, with the whole person in it."""
    monkeypatch.setattr(digest.state.roll, "HELD_PEOPLE", held)
    roll = Roll("here", ROWS)
    due = DueList(roll, lambda: due_if_even)
    assert list(due) == [one for person in roll if (one := due_if_even(person))]
    assert due[1:3] == [due[1], due[2]]
    assert due[-1].subscriber.papers == 8
    assert due_emails(due) == due_emails(list(due)) == [f"u{n}@example.org" for n in range(0, 9, 2)]


@pytest.mark.parametrize("held", [0, 100])
def test_who_stands_in_a_file_is_asked_for_beside_who_does_not(
    held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody gets what another has chosen, in whatever order they are asked for."""
    monkeypatch.setattr(digest.state.roll, "HELD_PEOPLE", held)
    written = [Subscriber("ada@example.org"), Subscriber("ben@example.org")]
    roll = Roll("here", ROWS).after(written)
    wanted = ["ben@example.org", "u3@example.org", "ada@example.org", "u8@example.org"]
    for _ in range(2):  # once before anybody was looked at, once after
        assert [person.email for person in roll.some([1, 5, 0, 10])] == wanted
        assert len(list(roll)) == 11


def test_how_many_differ_in_their_interests() -> None:
    """Of those who are due alone, whoever finds them."""
    asked = ["a", "b", "a", "c", "d"]
    people = [
        Subscriber(f"u{n}@example.org", interests=(Interest(topic, keywords=(topic,)),), papers=n)
        for n, topic in enumerate(asked)
    ]
    due = DueList(people, lambda: due_if_even)
    assert count_interests(due) == count_interests(list(due)) == 2
    assert count_interests(DueList((), lambda: due_if_even)) == 0


def test_who_is_due_is_found_when_somebody_asks() -> None:
    """How many may be due is known before; another process may have found the rest."""
    asked: list[int] = []

    def chooser() -> Choose:
        asked.append(1)
        return due_if_even

    roll = Roll("here", ROWS)
    due = DueList(roll, chooser)
    assert (most_due(due), asked) == (9, [])
    assert (len(due), len(due), most_due(due), asked) == (5, 5, 5, [1])
    told = DueList(roll, chooser)
    told.found = pickle.loads(pickle.dumps(due.found))
    assert (list(told), asked) == (list(due), [1])
    assert most_due(list(due)) == 5


def test_nobody_is_due() -> None:
    """An empty list is false and has no addresses."""
    due = DueList(Roll("here"), lambda: due_if_even)
    assert not due
    assert due_emails(due) == []
