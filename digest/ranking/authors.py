"""Tells whether two spellings name one author: accents, initials, `Dao, Tri`."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from digest.models import STROKED, SUFFIXES, Paper


@dataclass(frozen=True, slots=True)
class Name:
    """A name in comparable form."""

    surname: str  # its last word but for "Jr.": particles such as "van der" are spelled variously
    given: tuple[str, ...]  # names or initials in order, possibly none


def read_name(text: str) -> Name:
    """Read `Tri Dao`, `T. Dao` or `Dao, Tri`."""
    last, comma, first = text.partition(",")
    if comma and first.strip():
        return Name(_words(last)[-1:][0] if _words(last) else "", _words(first))
    words = _words(text)
    return Name(words[-1], words[:-1]) if words else Name("", ())


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name in plain letters, without "Jr." behind it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(STROKED)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return tuple(words[:-1] if len(words) > 1 and words[-1] in SUFFIXES else words)


def same_author(one: Name, other: Name) -> bool:
    """Tell whether both may be the same person; a surname alone fits everyone of that name."""
    if one.surname != other.surname or not one.surname:
        return False
    if not one.given or not other.given:
        return not one.given  # what a profile says without given names is meant so
    first, second = one.given[0], other.given[0]
    if first[0] != second[0]:
        return False
    if len(first) > 1 and len(second) > 1 and first != second:
        return False
    return all(a[0] == b[0] for a, b in zip(one.given[1:], other.given[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Bylines:
    """Who wrote the candidates, by surname."""

    by_surname: dict[str, list[tuple[Name, int, str]]]  # (name, paper's row, as printed)

    def written_by(self, author: str) -> dict[int, str]:
        """Return the rows of the papers by this author, and the name as printed there."""
        wanted = read_name(author)
        found = self.by_surname.get(wanted.surname, ())
        return {row: printed for name, row, printed in found if same_author(wanted, name)}


def read_bylines(papers: Sequence[Paper]) -> Bylines:
    """Sort the authors of papers by surname."""
    table: dict[str, list[tuple[Name, int, str]]] = {}
    for row, paper in enumerate(papers):
        for printed in paper.authors:
            name = read_name(printed)
            table.setdefault(name.surname, []).append((name, row, printed))
    return Bylines(table)
