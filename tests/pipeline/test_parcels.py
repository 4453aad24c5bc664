"""Letters that are packed in one process and opened in another."""

import pytest

from digest.models import Letter, Plate
from digest.pipeline import parcels
from digest.pipeline.agenda import Plan
from digest.pipeline.parcels import Parcels

PLATES = [Plate(b"%d " % number * 5_000) for number in range(3)]


def letter(number: int) -> Letter:
    """Return a letter of two plates and of pieces that no other has."""
    own = b"own %d\r\n" % number
    pieces = (own, PLATES[number % 3], b"", PLATES[(number + 1) % 3], own)
    return Letter(f"n{number}", "a@example.org", "b@example.org", "S", pieces, dot_safe=True)


def test_letters_are_opened_as_they_were_packed() -> None:
    """Fields and pieces, in their order; a plan comes through as it is."""
    ours, theirs = Parcels(), Parcels()
    for start in range(0, 40, 8):
        letters = [letter(number) for number in range(start, start + 8)]
        assert theirs.opened(ours.packed(letters)) == letters
        plan = Plan(letters=["n1"], skipped=start)
        assert theirs.opened(ours.packed(plan)) == plan


def test_a_plate_travels_once() -> None:
    """Later letters name it, and hold the very piece that came with the first."""
    ours, theirs = Parcels(), Parcels()
    first = ours.packed([letter(0), letter(1), letter(2)])
    then = ours.packed([letter(3)])
    assert sum(map(len, first)) > sum(map(len, PLATES))
    assert sum(map(len, then)) < 1_000
    one, _, _ = theirs.opened(first)
    [four] = theirs.opened(then)
    assert four.pieces[1] is one.pieces[1]


def test_plates_are_forgotten_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides begin anew in the same parcel, and hold no more than was agreed."""
    monkeypatch.setattr(parcels, "PLATES_BYTES", 25_000)
    ours, theirs = Parcels(), Parcels()
    for number in range(30):
        assert theirs.opened(ours.packed([letter(number)])) == [letter(number)]
        assert ours.plate_bytes == theirs.plate_bytes <= 25_000 + 2 * 20_000
