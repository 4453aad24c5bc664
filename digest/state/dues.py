"""Lists who is due without holding them: people are read from their rows while looked at."""

from collections.abc import Callable, Sequence

from digest.models import Due, Subscriber
from digest.state.roll import Item, Lazy, email_at


class DueList(Lazy[Due]):
    """Editions that hold their people only while somebody looks at them.

    Args:
        people: everybody; asked for by their place.
        choose: returns a person's edition, None where they have none.
    """

    def __init__(
        self, people: Sequence[Subscriber], choose: Callable[[Subscriber], Due | None]
    ) -> None:
        self._people = people
        chosen = ((place, choose(person)) for place, person in enumerate(people))
        self._rows = [(place, due.date, due.slot, due.since) for place, due in chosen if due]

    def __len__(self) -> int:
        return len(self._rows)

    def some(self, places: Sequence[int]) -> Sequence[Due]:
        """Return some editions; their people are read together."""
        rows = [self._rows[place] for place in places]
        people = at_places(self._people, [row[0] for row in rows])
        return [Due(person, *row[1:]) for person, row in zip(people, rows, strict=True)]

    @property
    def emails(self) -> list[str]:
        """Whose editions they are, in this order."""
        return [email_at(self._people, place) for place, *_ in self._rows]


def at_places(items: Sequence[Item], places: Sequence[int]) -> Sequence[Item]:
    """Return the items at some places, made together where they are made when asked for."""
    return items.some(places) if isinstance(items, Lazy) else [items[place] for place in places]


def due_emails(due: Sequence[Due]) -> list[str]:
    """Return whose editions these are, without reading all else of their rows."""
    return due.emails if isinstance(due, DueList) else [one.subscriber.email for one in due]
