"""Writes the header of a letter, byte by byte (RFC 5322, RFC 2047, RFC 2369, RFC 8058).

The standard library is not used for it: its SMTP policy turns a List-Unsubscribe URI of 78 and more
characters into an encoded-word, and mail programs then show no unsubscribe button.
"""

import binascii
import re
from functools import lru_cache

MAX_ENCODED_WORD = 75  # RFC 2047 2
WORD_FRAME = len("=?utf-8?q??=")
WORD_WITH_SPACE = re.compile(" ?[^ ]+| ")
LONGEST_WORD = 30  # characters of Q encoding that are kept together
MAX_LINE = 76  # RFC 5322 2.1.1 advises 78
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")  # RFC 5322 3.2.3, with spaces between
NOT_PLAIN = re.compile(r"[^A-Za-z0-9!*+/ -]+")  # what a phrase must spell out (RFC 2047 5.3)

Headers = list[tuple[str, str]]  # names and values; a folded value holds CRLF and a space


def serialise(headers: Headers) -> bytes:
    """Write header lines; an address outside ASCII stays UTF-8 (RFC 6532)."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers]).encode()


@lru_cache(1024)  # readers who ask alike have one subject
def unstructured(name: str, text: str) -> str:
    """Write a text such as a subject: folded ASCII, or encoded-words."""
    if text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < 900:
        return fold(text, len(name) + 2)
    return "\r\n ".join(encoded_words(text, len(name) + 2))


def fold(text: str, first: int) -> str:
    """Break lines at spaces, so that unfolding gives the text back (RFC 5322 2.2.3).

    Args:
        first: columns that the name of the header takes on the first line.
    """
    lines, line, used = [], "", first
    for word in text.split(" "):
        if line and used + len(line) + 1 + len(word) > MAX_LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def encoded_words(text: str, first: int) -> list[str]:
    """Write encoded-words, each at most 75 characters long (RFC 2047 5), parted at spaces or, where
    there are few, between any two characters.

    Args:
        first: columns already taken on the line of the first one.
    """
    room = min(MAX_ENCODED_WORD, MAX_LINE - first) - WORD_FRAME
    words = list(map(q_word, text.split(" ")))
    spelled = "_".join(words)
    in_base64 = len(spelled) > 4 * len(text.encode()) / 3
    parted = max(map(len, words)) <= LONGEST_WORD
    if parted and not in_base64:
        return q_words(spelled, room)
    units = WORD_WITH_SPACE.findall(text) if parted else list(text)
    sizes = [len(unit.encode() if in_base64 else q_spelling(unit)) for unit in units]
    encoded, used, start = [], 0, 0
    for at, size in enumerate(sizes):
        if at > start and (4 * -(-(used + size) // 3) if in_base64 else used + size) > room:
            encoded.append(encoded_word("".join(units[start:at]), in_base64))
            room, used, start = MAX_ENCODED_WORD - WORD_FRAME, 0, at
        used += size
    return [*encoded, encoded_word("".join(units[start:]), in_base64)]


def q_words(spelled: str, room: int) -> list[str]:
    """Write encoded-words of a text in the Q encoding, parted before spaces.

    Args:
        room: characters of Q encoding in the first one.
    """
    encoded, start = [], 0
    while len(spelled) - start > room:
        end = spelled.rindex("_", start + 1, start + room + 1)
        encoded.append(f"=?utf-8?q?{spelled[start:end]}?=")
        start, room = end, MAX_ENCODED_WORD - WORD_FRAME
    return [*encoded, f"=?utf-8?q?{spelled[start:]}?="]


def q_spelling(text: str) -> str:
    """Spell characters in the Q encoding, fit for a phrase too (RFC 2047 4.2 and 5.3)."""
    return "_".join(map(q_word, text.split(" ")))


@lru_cache(4096)
def q_word(word: str) -> str:
    """Spell one word; titles have many in common."""
    return NOT_PLAIN.sub(hexadecimal, word)


def hexadecimal(match: re.Match[str]) -> str:
    """Spell each byte as =C3."""
    return "".join([f"={byte:02X}" for byte in match[0].encode()])


def encoded_word(text: str, in_base64: bool) -> str:
    """Frame one encoded-word."""
    if in_base64:
        data = binascii.b2a_base64(text.encode(), newline=False)
        return f"=?utf-8?b?{data.decode()}?="
    return f"=?utf-8?q?{q_spelling(text)}?="


def phrase(text: str, first: int) -> str:
    """Write a display name: bare words, a quoted string or encoded-words."""
    if not text.isascii() or "=?" in text or len(text) > MAX_LINE - first:
        return "\r\n ".join(encoded_words(text, first))
    if ATOMS.fullmatch(text):
        return text
    escaped = re.sub(r'([\\"])', r"\\\1", text)
    return f'"{escaped}"'


def mailbox(name: str, display: str, address: str) -> str:
    """Write one mailbox for the header `name`; the address goes on its own line if need be."""
    if not display:
        return address
    words = phrase(display, len(name) + 2)
    last = words.rpartition("\n")[2]
    start = 0 if last != words else len(name) + 2
    gap = " " if start + len(last) + len(address) + 3 <= MAX_LINE else "\r\n "
    return f"{words}{gap}<{address}>"
