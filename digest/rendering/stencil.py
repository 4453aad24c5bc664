"""A rendered text with holes, encoded once and filled many times. Knows no paper and no letter.

Rendering a paper's card takes a hundred times longer than copying it. So a template is rendered
once with holes in place of what differs from letter to letter; what lies between the holes is kept
as UTF-8 and as quoted-printable, and a letter is a join of such pieces.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from markupsafe import escape

from digest.errors import TemplateError
from digest.rendering.encoding import quote

# NUL never comes from data: `plain.clean` takes it out of every text.
HOLE = re.compile("\x00([a-z_]+)\x00")


class Piece(NamedTuple):
    """One stretch of a body, twice: as it reads and as it travels."""

    raw: bytes
    quoted: bytes


def plain_piece(text: str) -> Piece:
    """Encode a text as it is."""
    raw = text.encode()
    return Piece(raw, quote(raw))


NOTHING = Piece(b"", b"")


def html_piece(text: str) -> Piece:
    """Encode a text with HTML's special characters escaped."""
    return plain_piece(str(escape(text)))


class Hole:
    """Stands for a text not yet known; a template may print it and ask whether it is there."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"\x00{self.name}\x00"

    __html__ = __str__

    def _refuse(self, *_: object) -> NoReturn:
        raise TemplateError("letter", 0, f"{self.name!r} may only be printed or tested with if")

    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __len__ = __iter__ = __getitem__ = __contains__ = __add__ = __radd__ = __mod__ = _refuse
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Stencil:
    """Pieces and the names of the holes between them: one hole fewer than pieces."""

    pieces: tuple[Piece, ...]
    holes: tuple[str, ...]
    size: int  # bytes of all pieces as they read
    quoted_size: int  # bytes of all pieces in quoted-printable


def make_stencil(rendered: str, name: str) -> Stencil:
    """Part a rendered template at its holes.

    Raises:
        TemplateError: a filter has changed a hole, so that it can no longer be found.
    """
    parts = HOLE.split(rendered)
    if any("\x00" in part for part in parts):
        reason = (
            "a text that differs from letter to letter went through a filter; print it as it is"
        )
        raise TemplateError(name, 0, reason)
    pieces = tuple(map(plain_piece, parts[::2]))
    size = sum(len(piece.raw) for piece in pieces)
    return Stencil(pieces, tuple(parts[1::2]), size, sum(len(piece.quoted) for piece in pieces))


class Body:
    """One part of a letter while it is put together from pieces."""

    __slots__ = ("pieces", "quoted_size", "size")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.size = 0  # bytes of the part as it reads
        self.quoted_size = 0  # bytes in quoted-printable

    @property
    def raw(self) -> bytes:
        """The part as it reads."""
        return b"".join([piece[0] for piece in self.pieces])

    @property
    def quoted(self) -> list[bytes]:
        """The part in quoted-printable, to be joined."""
        return [piece[1] for piece in self.pieces]

    def fill(
        self, stencil: Stencil, fillers: Mapping[str, Callable[["Body"], None] | Piece]
    ) -> None:
        """Append a stencil; a hole's filler is a piece, or a function that appends several."""
        add = self.pieces.append
        self.size += stencil.size
        self.quoted_size += stencil.quoted_size
        for piece, hole in zip(stencil.pieces, stencil.holes, strict=False):
            add(piece)
            filler = fillers[hole]
            if isinstance(filler, Piece):
                add(filler)
                self.size += len(filler[0])
                self.quoted_size += len(filler[1])
            else:
                filler(self)
        add(stencil.pieces[-1])

    def fill_with(self, stencil: Stencil, filler: Piece) -> None:
        """Append a stencil whose holes all take the same piece; the way of most cards."""
        if len(stencil.holes) == 1:
            before, after = stencil.pieces
            self.pieces += (before, filler, after)
            self.size += stencil.size + len(filler[0])
            self.quoted_size += stencil.quoted_size + len(filler[1])
        else:
            self.fill(stencil, dict.fromkeys(stencil.holes, filler))
