"""Lists who is due without holding them: people are read from their rows while looked at."""

from array import array
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

from digest.models import Due, Subscriber
from digest.state.roll import Item, Lazy, email_at

Choose = Callable[[Subscriber], Due | None]  # a person's edition, None where they have none


class Found(NamedTuple):
    """Who is due, in eight bytes each; what another process needs who has the people."""

    places: "array[int]"  # in the list of people
    kinds: "array[int]"  # places in `table`
    table: Sequence[tuple[date, str, date | None]]  # date, slot and since of editions
    interests: int  # of all of them, equal ones counted once


class DueList(Lazy[Due]):
    """Editions that hold their people only while somebody looks at them.

    Who is due is found when the list is asked for the first time, but for `most`.

    Args:
        people: everybody; asked for by their place.
        chooser: called then, returns what chooses.
    """

    def __init__(self, people: Sequence[Subscriber], chooser: Callable[[], Choose]) -> None:
        self._people, self._chooser = people, chooser

    @cached_property
    def found(self) -> Found:
        """Who is due; to be set where another process has found it."""
        choose, known = self._chooser(), dict[tuple[date, str, date | None], int]()
        places, kinds, interests = array("I"), array("I"), set[int]()
        for place, person in enumerate(self._people):
            due = choose(person)
            if due is not None:
                places.append(place)
                kinds.append(known.setdefault((due.date, due.slot, due.since), len(known)))
                interests.update(map(hash, person.interests))
        return Found(places, kinds, list(known), len(interests))

    @property
    def most(self) -> int:
        """How many are due at most: everybody, as long as nobody has asked."""
        return len(self) if "found" in self.__dict__ else len(self._people)

    def __len__(self) -> int:
        return len(self.found.places)

    def some(self, places: Sequence[int]) -> Sequence[Due]:
        """Return some editions; their people are read together."""
        found = self.found
        people = at_places(self._people, [found.places[place] for place in places])
        kinds = [found.table[found.kinds[place]] for place in places]
        return [Due(person, *kind) for person, kind in zip(people, kinds, strict=True)]

    @property
    def emails(self) -> list[str]:
        """Whose editions they are, in this order."""
        return [email_at(self._people, place) for place in self.found.places]


def at_places(items: Sequence[Item], places: Sequence[int]) -> Sequence[Item]:
    """Return the items at some places, made together where they are made when asked for."""
    return items.some(places) if isinstance(items, Lazy) else [items[place] for place in places]


def most_due(due: Sequence[Due]) -> int:
    """Return how many editions these are at most, without looking who is due."""
    return due.most if isinstance(due, DueList) else len(due)


def count_interests(due: Sequence[Due]) -> int:
    """Return how many interests the people who are due have together, equal ones counted once."""
    if isinstance(due, DueList):
        return due.found.interests
    return len({interest for one in due for interest in one.subscriber.interests})


def due_emails(due: Sequence[Due]) -> list[str]:
    """Return whose editions these are, without reading all else of their rows."""
    return due.emails if isinstance(due, DueList) else [one.subscriber.email for one in due]
