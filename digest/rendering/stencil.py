"""A rendered text with holes, encoded once and filled many times. Knows no paper and no letter.

Rendering a paper's card takes a hundred times longer than copying it. So a template is rendered
once with holes in place of what differs from letter to letter; what lies between the holes is kept
as UTF-8 and as quoted-printable, and a letter is a join of such pieces.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, NoReturn

from markupsafe import escape

from digest.errors import TemplateError
from digest.rendering.encoding import quote

# NUL never comes from data: `plain.clean` takes it out of every text.
TEXTS_KEPT = 8192
HOLE = re.compile("\x00([a-z_]+)\x00")
MARKUP = re.compile("[&<>\"']")  # what `escape` changes


class Piece(NamedTuple):
    """One stretch of a body, twice: as it reads and as it travels."""

    raw: bytes
    quoted: bytes


def make_piece(text: str) -> Piece:
    """Encode a text as it is."""
    raw = text.encode()
    return Piece(raw, quote(raw))


NOTHING = Piece(b"", b"")
# Many sentences are the same for many readers, and most the same in both parts of a letter.
plain_piece = lru_cache(TEXTS_KEPT)(make_piece)


def html_piece(text: str) -> Piece:
    """Encode a text with HTML's special characters escaped."""
    return plain_piece(escaped(text))


def escaped(text: str) -> str:
    """Escape HTML's special characters; most texts have none."""
    return str(escape(text)) if MARKUP.search(text) else text


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


class Stencil(NamedTuple):
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
    pieces = tuple(map(make_piece, parts[::2]))
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

    def add(self, piece: Piece) -> None:
        """Append one piece."""
        self.pieces.append(piece)
        self.size += len(piece[0])
        self.quoted_size += len(piece[1])

    def fill(self, filled: Iterable[tuple[Stencil, Piece]]) -> None:
        """Append stencils; the holes of each all take the piece beside it."""
        add, size, quoted_size = self.pieces.append, self.size, self.quoted_size
        for (pieces, holes, stencil_size, stencil_quoted_size), filler in filled:
            add(pieces[0])
            for piece in pieces[1:]:
                add(filler)
                add(piece)
            size += stencil_size + len(holes) * len(filler[0])
            quoted_size += stencil_quoted_size + len(holes) * len(filler[1])
        self.size, self.quoted_size = size, quoted_size
