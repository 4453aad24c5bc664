"""Letters on their way from one process to another. What many of them hold alike is sent once."""

import pickle
from collections.abc import Iterator, Sequence
from typing import Any

from digest.models import Letter, Plate
from digest.pipeline.agenda import Plan

Parcel = list[bytes]  # what is in it, pickled; then the pieces that the other side lacks

PLATES_BYTES = 24 << 20  # kept on each side
LOOSE = -1  # instead of a plate's number: a piece of one letter alone
PIECES = Letter._fields.index("pieces")


class Parcels:
    """What one side packs and the other one opens, in the same order.

    Both keep the plates that were sent, by number: in the second letter that holds one, and in
    those to come, the number stands for it.
    """

    def __init__(self) -> None:
        self._plates: list[bytes] = []
        self._numbers: dict[int, int] = {}  # by identity, since all plates are held alive
        self.plate_bytes = 0  # of all that are kept

    def packed(self, said: Plan | Sequence[Letter]) -> Parcel:
        """Pack a plan, or some letters."""
        if isinstance(said, Plan):
            return [pickle.dumps(said)]
        anew = self.plate_bytes > PLATES_BYTES
        if anew:
            self._forget()
        loose: Parcel = []
        letters = [
            (*letter[:PIECES], self._named(letter.pieces, loose), *letter[PIECES + 1 :])
            for letter in said
        ]
        return [pickle.dumps((anew, letters)), *loose]

    def opened(self, parcel: Parcel) -> Plan | list[Letter]:
        """Return what was packed."""
        said = pickle.loads(parcel[0])  # noqa: S301  # our own process wrote it
        if isinstance(said, Plan):
            return said
        anew, letters = said
        if anew:
            self._forget()
        loose = iter(parcel[1:])
        return [self._letter(values, loose) for values in letters]

    def _forget(self) -> None:
        self._plates.clear()
        self._numbers.clear()
        self.plate_bytes = 0

    def _named(self, pieces: Sequence[bytes], loose: Parcel) -> list[int]:
        """Return the numbers of the pieces, and add those that have to be sent to the others."""
        names = []
        for piece in pieces:
            name = LOOSE
            if type(piece) is Plate:
                name = self._numbers.get(id(piece), len(self._plates))
                if name == len(self._plates):
                    self._numbers[id(piece)] = name
                    self._keep(piece)
                    loose.append(piece)
            else:
                loose.append(piece)
            names.append(name)
        return names

    def _letter(self, values: Sequence[Any], loose: Iterator[bytes]) -> Letter:
        pieces = []
        for name in values[PIECES]:
            if name == LOOSE:
                pieces.append(next(loose))
            elif name == len(self._plates):
                pieces.append(self._keep(next(loose)))
            else:
                pieces.append(self._plates[name])
        return Letter._make((*values[:PIECES], tuple(pieces), *values[PIECES + 1 :]))

    def _keep(self, plate: bytes) -> bytes:
        self._plates.append(plate)
        self.plate_bytes += len(plate)
        return plate
