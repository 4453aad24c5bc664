"""Tells whether two spellings name one author: accents, initials, `Dao, Tri`.

A profile may also follow `Dao T`, as PubMed prints; its source has turned such names around.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.models import STROKED, SUFFIXES, Paper
from digest.ranking.spellings import UMLAUT

BEHIND = re.compile(rf"[\s,]+(?:{'|'.join(sorted(SUFFIXES))})\.?$", re.IGNORECASE)
BEFORE = re.compile(r"^(?:(?:Dr|Prof|Professor)\b\.? +)+(?=\w)")  # no part of a name
# O'Brien is one word, and no Brien; so are O' Brien and Dell' Aglio, but not Jose' Moura
APOSTROPHE = re.compile(
    r"(?<=\w)['’‘ʼ′´`](?=\w)|(?:(?<=\b\w)|(?<=\bd[ae]ll))['’‘ʼ′´`] (?=\w)", re.IGNORECASE
)
HYPHENS = re.compile(r"(?<=[\w.])[-\u2010\u2011](?=\w)")
# What stands between given names and surname, and is spelled or left out as one likes
PARTICLE_TEXT = "af al bin da de del della den der di dos du el la le ten ter van von zu"
PARTICLES = frozenset(PARTICLE_TEXT.split())
CAPITALS = re.compile(r"[^\W\d_]{2,3}$")  # the initials of "JP Serre"
# Capitals that may as well be a surname: LI Wei
SHORT_SURNAME = re.compile(
    r"[^AEIOUY][AEIOUY]{1,2}[^AEIOUY]?$|[AEIOU][^AEIOU][AEIOU]$|(?:A[INU]|OH|IM|NG)$"
)
TURNED = re.compile(r"(.*[a-z].*) (?!MD$)([A-Z]{1,3}|(?:[A-Z]\.[ -]?){1,3})$")  # "Serre JP"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in comparable form."""

    surname: str  # its last word but for "Jr.": particles such as "van der" are spelled variously
    given: tuple[str, ...]  # names or initials in order, possibly none
    first: int = 1  # so many of them are the first name: Fei-Fei is not Fei


def read_name(text: str) -> Name:
    """Read `Tri Dao`, `T. Dao` or `Dao, Tri`."""
    text = APOSTROPHE.sub("", BEFORE.sub("", BEHIND.sub("", text.strip())))
    last, comma, forenames = text.partition(",")
    if not comma or not forenames.strip():
        *before, last = text.rstrip(" ,").split() or [""]
        *within, _ = _words(last) or ("",)  # T.Dao, Smith-Jones
        forenames = " ".join((*before, *within))
    surname = (_words(last) or ("",))[-1]
    shouted = text.isupper()
    tokens = [_parts(token, shouted=shouted) for token in forenames.split()]
    given = [part for parts, _ in tokens for part in parts]
    while len(given) > 1 and given[-1] in PARTICLES:
        given.pop()
    return Name(surname, tuple(given), next((first for parts, first in tokens if parts), 1))


def _parts(token: str, *, shouted: bool) -> tuple[tuple[str, ...], int]:
    """Return the names or initials in one word of a name, and how many are inseparable."""
    if not shouted and token.isupper() and CAPITALS.match(token):
        return _words(" ".join(token)), 2 if SHORT_SURNAME.match(token) else 1
    return _words(token), 1 if token.isalpha() else 1 + len(HYPHENS.findall(token))


def readings(text: str) -> Iterator[Name]:
    """Yield what a name may be in print: `Körding` is also `Koerding`."""
    yield read_name(text)
    if not text.isascii() and UMLAUT.search(text):
        yield read_name(UMLAUT.sub(r"\g<0>e", text))


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name in plain letters, without "Jr." behind it."""
    plain = text.lower()
    if text.isascii():
        if text.isalpha():  # as most are: a day has tens of thousands
            return (plain,)
    else:
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
    if "".join(one.given) == "".join(other.given):  # Feifei
        return True
    short, long = sorted((one, other), key=lambda name: len(name.given))
    if long.first > len(short.given) and len(short.given[0]) > 1:
        return False
    return all(_agree(a, b) for a, b in zip(short.given, long.given, strict=False))


def _agree(one: str, other: str) -> bool:
    """Tell whether two given names are one, or one is the other's initial."""
    return one == other or (one[0] == other[0] and 1 in (len(one), len(other)))


def followed(author: str) -> list[Name]:
    """Return what a profile's spelling may say: `Serre JP` is also J. P. Serre."""
    turned = TURNED.match(BEHIND.sub("", author.strip()))
    texts = (author, f"{turned[2]} {turned[1]}") if turned else (author,)
    return [name for text in texts for name in readings(text)]


@dataclass(frozen=True, slots=True)
class Bylines:
    """Who wrote the candidates, by surname."""

    by_surname: dict[str, list[tuple[Name, int, str]]]  # (name, paper's row, as printed)

    def written_by(self, author: str) -> dict[int, str]:
        """Return the rows of the papers by this author, and the name as printed there."""
        return {
            row: printed
            for wanted in followed(author)
            for name, row, printed in self.by_surname.get(wanted.surname, ())
            if same_author(wanted, name)
        }


def read_bylines(papers: Sequence[Paper]) -> Bylines:
    """Sort the authors of papers by surname."""
    table: dict[str, list[tuple[Name, int, str]]] = {}
    for row, paper in enumerate(papers):
        for printed in paper.authors:
            for name in readings(printed):
                table.setdefault(name.surname, []).append((name, row, printed))
    return Bylines(table)
