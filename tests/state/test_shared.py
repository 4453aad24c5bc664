"""What several letters tell in the same words is kept once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.models import Edition, Outcome, Receipt
from digest.state.outbox import Outbox
from tests.state.test_outbox import NOW, claim_all, edition


def alike(*names: str, day: int = 2, like: Edition | None = None) -> list[Edition]:
    """Return editions that tell the same, as those of readers with the same interests do."""
    one = like or edition()
    return [
        replace(edition(f"{name}@example.org", day), sections=one.sections, trending=one.trending)
        for name in names
    ]


def test_what_several_letters_tell_is_written_once(outbox: Outbox) -> None:
    """From the second on their bodies name it; each comes back equal, also beside its own words."""
    told = alike("ada", "bob", "eve", "kim")
    zoe = edition("zoe@example.org")
    outbox.freeze([*told[:2], zoe], NOW)
    outbox.freeze([replace(told[2], considered=7), told[3]], NOW)
    claimed = Outbox(outbox.database).claim(9, "one", NOW).editions
    assert claimed == (*told[:2], zoe, replace(told[2], considered=7), told[3])
    with outbox.database.read() as connection:
        bodies = connection.exec_driver_sql("select body from bodies").scalars().all()
    assert sum("it says so" in body for body in bodies) == 2, "the first of each"


def test_what_letters_share_is_written_with_the_next_after_a_failure(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snapshots of a transaction that failed come with the next letter that names them."""
    told = alike("ada", "bob", "eve")
    with monkeypatch.context() as broken, pytest.raises(AttributeError):
        broken.setattr("digest.state.outbox.told", None)  # written when all else is
        outbox.freeze(told[:2], NOW)
    outbox.skip([], NOW)
    outbox.freeze(told[2:], NOW)
    assert Outbox(outbox.database).edition("eve2") == told[2]


def test_what_a_later_letter_shares_is_kept(outbox: Outbox) -> None:
    """It is not pruned with the letters that it was written for."""
    first = alike("ada", "bob")
    later = alike("ada", "bob", day=9, like=first[0])
    outbox.freeze(first, NOW)
    for letter in claim_all(outbox):
        outbox.record([Receipt(letter, Outcome.SENT, 250, "ok", NOW)], NOW)
    outbox.freeze(later, NOW + timedelta(days=7))
    assert outbox.prune(NOW + timedelta(days=3)) == 2
    assert list(Outbox(outbox.database).editions(["ada9", "bob9"]).values()) == later


def test_a_paper_that_is_damaged_is_the_failure_of_its_letters(outbox: Outbox) -> None:
    """The others are claimed."""
    zoe = replace(edition("zoe@example.org", papers=1), trending=())
    outbox.freeze([*alike("ada", "bob"), zoe], NOW)
    with outbox.database.begin() as connection:
        connection.exec_driver_sql("update snapshots set body = '{' where body like '%Paper 5%'")
    claim = Outbox(outbox.database).claim(10, "one", NOW)
    assert claim.editions == (zoe,)
    assert sorted(one.id for one in claim.receipts) == ["ada2", "bob2"]


@pytest.mark.parametrize(
    "harm",
    [
        "delete from snapshots where body like '[%'",
        "update snapshots set body = '[[[\"A\",[[]]]],[]]' where body like '[%'",
        "update snapshots set body = '[[[\"A\",[[5]]]],[]]' where body like '[%'",
        "update bodies set body = '[{}]' where body like '%\"]'",
        "update bodies set body = '5' where body like '%\"]'",
    ],
)
def test_a_letter_without_its_snapshot_is_its_own_failure(outbox: Outbox, harm: str) -> None:
    """The first letter, which says itself what it tells, is claimed all the same."""
    outbox.freeze(alike("ada", "bob"), NOW)
    with outbox.database.begin() as connection:
        assert connection.exec_driver_sql(harm).rowcount == 1
    claim = Outbox(outbox.database).claim(10, "one", NOW)
    assert [taken.id for taken in claim.editions] == ["ada2"]
    assert [(one.id, str(one.outcome)) for one in claim.receipts] == [("bob2", "failed")]


def test_a_letter_of_an_earlier_day_takes_no_paper_away(outbox: Outbox) -> None:
    """With `--date` an earlier day is made later: its papers are needed by the newer letter."""
    late = alike("ada", "bob", day=10)
    outbox.freeze(late, NOW + timedelta(days=8))
    outbox.freeze(alike("eve", "kim", like=late[0]), NOW)
    outbox.prune(NOW + timedelta(days=6))
    assert list(Outbox(outbox.database).editions(["ada10", "bob10"]).values()) == late
