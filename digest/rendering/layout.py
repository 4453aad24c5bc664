"""Decides what fits into a letter: abstracts are shortened first, then papers are left out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from digest import models

HTML_BUDGET_BYTES = 89_000  # under our 90,000, and those under the 102,400 where Gmail clips
# Characters of abstract in an ordinary letter, and in ones that would be too long.
ABSTRACT_STEPS = (720, 460, 280, 150, 0)
TEXT_CHARACTERS = 1_800  # the text part is never clipped: it has the abstract whole
TRENDING_CHARACTERS = 220


class Row(NamedTuple):
    """One heading of a letter and its papers."""

    title: str
    picks: tuple[models.Pick, ...]
    trending: bool = False


class Layout(NamedTuple):
    """What stands in a letter."""

    rows: tuple[Row, ...]
    step: int = 0  # index into ABSTRACT_STEPS

    @property
    def picks(self) -> tuple[models.Pick, ...]:
        """The papers that stand in the letter, in order."""
        return tuple([pick for row in self.rows for pick in row.picks])

    def characters(self, row: Row) -> int:
        """How long an abstract may be in this row."""
        allowed = ABSTRACT_STEPS[self.step]
        return min(allowed, TRENDING_CHARACTERS) if row.trending else allowed


def lay_out(sections: Sequence[models.Section], trending: tuple[models.Pick, ...]) -> Layout:
    """Put everything in: the interests' sections, then what is trending."""
    rows = [Row(section.title, section.picks) for section in sections if section.picks]
    if trending:
        rows.append(Row("", trending, trending=True))
    return Layout(tuple(rows))


def shortened(layout: Layout) -> Iterator[Layout]:
    """Yield ever shorter layouts, beginning with the given one."""
    yield layout  # most letters need no more
    for step in range(layout.step + 1, len(ABSTRACT_STEPS)):
        layout = layout._replace(step=step)
        yield layout
    while len(layout.picks) > 1:
        layout = without_one(layout)
        yield layout


def without_one(layout: Layout) -> Layout:
    """Leave out the last trending paper, or the last one of the longest section."""
    rows = list(layout.rows)
    longest = max(range(len(rows)), key=lambda at: (rows[at].trending, len(rows[at].picks), at))
    rows[longest] = rows[longest]._replace(picks=rows[longest].picks[:-1])
    return layout._replace(rows=tuple(row for row in rows if row.picks))
