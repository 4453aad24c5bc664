"""Cuts text into words and word pairs, the same way for papers, profiles and reasons."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

# A letter with C++'s or C#'s tail, or a run of letters and digits (decimals fall apart).
WORD = re.compile(r"[a-z](?:\+\+|#)|[^\W_]+")
# Scripts written without spaces: kana, Han, their extensions. They are cut into character pairs.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
STOP_TEXT = """
a about above after again against all also although always am among an and any are aren as at be
became because become been before being below between both but by can cannot could did do does
doing done down due during each either et etc ever every few for found from further furthermore
get give given had has have having he hence her here hers him his how however i if in into is it
its itself just least less let like likely made mainly make many may me might more moreover most
mostly much must my nearly no nor not now obtained of often on one only onto or other others our
out over overall own per perhaps quite rather really regarding said same seem seen several she
should show showed shown shows significantly since so some such than that the their theirs them
then there therefore these they this those though through thus to too toward towards two under
until up upon us use used using various very via was we well were what when where whether which
while who whom whose why will with within without would yet you your
"""
STOP_WORDS = frozenset(STOP_TEXT.split())


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text; `word` is "" where a stop word stands (it parts word pairs)."""

    word: str
    start: int  # characters into the text that `tokenise` was given
    end: int


def tokenise(text: str) -> list[Token]:
    """Return the words of a text with their places; single Latin letters do not count."""
    folded = _fold(text)
    return [token for match in WORD.finditer(folded) for token in _tokens(match)]


def words(text: str) -> list[str]:
    """Return the words of a text without their places, "" for a stop word."""
    folded = _fold(text)
    if folded.isascii():
        return [word for run in WORD.findall(folded) if (word := _ascii_word(run)) is not None]
    return [token.word for match in WORD.finditer(folded) for token in _tokens(match)]


def pairs(sequence: Sequence[str]) -> list[str]:
    """Return each two neighbouring words that no stop word parts, joined by a space."""
    return [f"{a} {b}" for a, b in pairwise(sequence) if a and b]


def term_number(term: str) -> int:
    """Return the 32-bit number a term is stored under; its last bit says that it is a pair.

    Two of a million terms share a number about once in ten thousand: harmless noise.
    """
    return crc32(term.encode()) & ~1 | (" " in term)


def _fold(text: str) -> str:
    """Lower the case and take off accents, keeping every character's place."""
    if text.isascii():
        return text.lower()
    return "".join(_folded(char) for char in text)


@lru_cache(maxsize=4_096)
def _folded(char: str) -> str:
    base = unicodedata.normalize("NFKD", char)[0] if char < "\u3000" else char
    lower = base.lower()
    return lower if len(lower) == 1 else base


def _tokens(match: re.Match[str]) -> Iterator[Token]:
    text, start = match.group(), match.start()
    if text.isascii():
        word = _ascii_word(text)
        if word is not None:
            yield Token(word, start, start + len(text))
        return
    at = 0
    for run in UNSPACED.finditer(text):
        if run.start() > at:
            yield Token(text[at : run.start()], start + at, start + run.start())
        yield from _bigrams(run.group(), start + run.start())
        at = run.end()
    if at < len(text):
        yield Token(text[at:], start + at, start + len(text))


@lru_cache(maxsize=65_536)
def _ascii_word(text: str) -> str | None:
    """Return a run of letters as a word, "" for a stop word, None for what does not count."""
    if len(text) == 1 and text.isalpha():
        return None
    return "" if text in STOP_WORDS else _singular(text)


def _bigrams(run: str, start: int) -> Iterator[Token]:
    if len(run) == 1:
        yield Token(run, start, start + 1)
    for i in range(len(run) - 1):
        yield Token(run[i : i + 2], start + i, start + i + 2)


def _singular(word: str) -> str:
    """Take off an English plural; wrong cuts do no harm as profile and paper share them."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def find_phrase(phrase: Sequence[str], tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Return where the words of a phrase stand side by side: (start, end) characters, or None.

    Stop words of the phrase must stand in the text too, whichever they are.
    """
    size = len(phrase)
    if not any(phrase):
        return None
    for i in range(len(tokens) - size + 1):
        if tokens[i].word == phrase[0] and all(
            tokens[i + k].word == phrase[k] for k in range(1, size)
        ):
            return tokens[i].start, tokens[i + size - 1].end
    return None
