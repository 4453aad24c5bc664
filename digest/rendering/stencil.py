"""A rendered text with holes, encoded once and filled many times. Knows no paper and no letter.

Rendering a paper's card takes a hundred times longer than copying it. So a template is rendered
once with holes in place of what differs from letter to letter; what lies between the holes is kept
in quoted-printable, and a letter is a join of such pieces.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, NoReturn

from markupsafe import escape

from digest.errors import TemplateError
from digest.models import Plate
from digest.rendering.encoding import BASE64_GROWTH, quote

# NUL never comes from data: `plain.clean` takes it out of every text.
# The odd letters show whether a filter has turned a hole to capitals or small letters.
HOLE = re.compile("\x00hOle ([a-z_]+)\x00")
MISUSED = "a text that differs from letter to letter may only be printed or tested with if"
CHANGED = "a text that differs from letter to letter went through a filter; print it as it is"


# One stretch of a body in quoted-printable, and how many bytes of UTF-8 it was. A letter has dozens
# of them, and a class of its own would take longer to make than to encode.
Piece = tuple[bytes, int]


Stretch = tuple[tuple[bytes, ...], int]  # some pieces in a row, and the size of all


def make_piece(text: str) -> Piece:
    """Encode a text as it is."""
    raw = text.encode()
    return quote(raw), len(raw)


NOTHING: Piece = (b"", 0)


def escaped(text: str) -> str:
    """Escape HTML's special characters; most texts have none."""
    if "&" in text or "<" in text or ">" in text or '"' in text or "'" in text:
        return str(escape(text))
    return text


class MisusedHoleError(TypeError):
    """A template asks of a text that is not yet known what only a known one can answer."""


class Hole:
    """Stands for a text not yet known; a template may print it and ask whether it is there."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"\x00hOle {self.name}\x00"

    __html__ = __str__

    def cut(self, limit: int) -> "Hole":
        """Ask that the text be shortened when it is known."""
        return Hole(f"{self.name} cut {limit}")

    def _refuse(self, *_: object) -> NoReturn:
        raise MisusedHoleError(MISUSED)

    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __len__ = __iter__ = __getitem__ = __contains__ = __add__ = __radd__ = __mod__ = _refuse
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return True


class Stencil(NamedTuple):
    """Quoted-printable and the names of the holes in it, each before one of the `later` pieces."""

    first: bytes
    later: tuple[bytes, ...]
    holes: tuple[str, ...]
    size: int  # bytes of UTF-8 in all pieces


def make_stencil(rendered: str, name: str) -> Stencil:
    """Part a rendered template at its holes.

    Raises:
        TemplateError: a filter has changed a hole, so that it can no longer be found.
    """
    parts = HOLE.split(rendered)
    if any("\x00" in part for part in parts):
        raise TemplateError(name, 0, CHANGED)
    pieces = [make_piece(part) for part in parts[::2]]
    first, *later = [quoted for quoted, _ in pieces]
    return Stencil(first, tuple(later), tuple(parts[1::2]), sum(size for _, size in pieces))


def fill_in(stencil: Stencil, pieces: Mapping[str, Piece]) -> Stencil:
    """Fill the holes of these names for good."""
    parts, holes, size = [[stencil.first]], list[str](), stencil.size
    for hole, after in zip(stencil.holes, stencil.later, strict=True):
        if hole in pieces:
            quoted, own_size = pieces[hole]
            parts[-1] += (quoted, after)
            size += own_size
        else:
            parts.append([after])
            holes.append(hole)
    first, *later = map(b"".join, parts)
    return Stencil(first, tuple(later), tuple(holes), size)


def filled(stencils: Iterable[tuple[Stencil, Piece]]) -> Stretch:
    """Fill stencils; the holes of each all take the piece beside it."""
    quoted, size = list[bytes](), 0
    for (first, later, _, own_size), (filler, filler_size) in stencils:
        quoted += (first, *[part for after in later for part in (filler, after)])
        size += own_size + len(later) * filler_size
    return tuple(quoted), size


def plated(stretch: Stretch) -> Stretch:
    """Join the pieces of a stretch for the letters to come, unless it will go out as base64."""
    pieces, size = stretch
    if sum(map(len, pieces)) > size * BASE64_GROWTH:
        return stretch
    return (Plate(b"".join(pieces)),), size


class Body:
    """One part of a letter while it is put together."""

    __slots__ = ("quoted", "size")

    def __init__(self) -> None:
        self.quoted: list[bytes] = []  # to be joined
        self.size = 0  # bytes of UTF-8

    def append(self, stretch: Stretch) -> None:
        """Append what was filled."""
        self.quoted += stretch[0]
        self.size += stretch[1]

    def fill_each(self, stencil: Stencil, pieces: Mapping[str, Piece]) -> None:
        """Append a stencil, each hole of it filled with the piece of its name."""
        first, later, holes, size = stencil
        self.quoted.append(first)
        for hole, after in zip(holes, later, strict=True):
            quoted, own_size = pieces[hole]
            self.quoted += (quoted, after)
            size += own_size
        self.size += size


class Parts(NamedTuple):
    """The two bodies of a letter."""

    text: Body
    html: Body
