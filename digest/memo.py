"""Remembers what was made of objects, by the objects themselves and not by what they are equal to.

Readers who ask alike are told the same: one and the same sections stand in all their letters. To
hash all that is in them would take longer than to make again what is made of them.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


class Memo(Generic[Made]):
    """Makes something of objects that never change, once for each.

    Args:
        most: results that are held, with the objects they are of, whose identity nobody else may
            get meanwhile; at more all are forgotten.
        make: called with the objects.
    """

    def __init__(self, most: int, make: Callable[..., Made]) -> None:
        self._most, self._make = most, make
        self._known: dict[tuple[int, ...], tuple[tuple[Any, ...], Made]] = {}

    def __call__(self, *of: Any) -> Made:
        """Return what is made of these objects."""
        key = tuple(map(id, of))
        known = self._known.get(key)
        if known is None:
            known = of, self._make(*of)
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = known
        return known[1]
