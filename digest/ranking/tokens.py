"""Cuts text into words and word pairs, the same way for papers, profiles and reasons."""

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from string import ascii_lowercase
from typing import NamedTuple
from zlib import crc32

# The hyphen of non-linear, pre-training: they are nonlinear and pretraining. Not pre-COVID.
JOINT = "\0"
PREFIXES = ("non", "pre", "semi", "nano", "multi", "micro")
BEFORE = "|".join(rf"(?<=\b[{name[0].upper()}{name[0]}]{name[1:]}.)" for name in PREFIXES)
PREFIXED = re.compile(rf"[-\u2010\u2011](?:{BEFORE})(?=[A-Za-z][a-z]{{2}})")
ABBREVIATING = re.compile(r"\.(?<=\b[A-Za-z]\.)(?=[A-Za-z]\b)")  # the full stop within U.K.
# A letter with C++'s or C#'s tail, or a run of letters and digits (decimals fall apart).
WORD = re.compile(rf"[a-z](?:\+\+|#)|[^\W_]+(?:{JOINT}[^\W_]+)*")
# What counts of lower-case ASCII: of single characters the digits only.
COUNTED = re.compile(rf"[a-z](?:\+\+|#)|[a-z0-9{JOINT}]{{2,}}|[0-9]")
ASCII_GAPS = {code: " " for code in range(128) if code and not chr(code).isalnum()}
# Scripts written without spaces: kana, Han, their extensions. They are cut into character pairs.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
STOP_TEXT = """
a about above after again against all also although always am among an and any are aren as at be
became because become been before being below between both but by can cannot could did do does
doing done down due during each eg either et etc ever every few for found from further furthermore
get give given had has have having he hence her here hers him his how however i ie if in into is it
its itself just least less let like likely made mainly make many may me might more moreover most
mostly much must my nearly no nor not now obtained of often on one only onto or other others our
out over overall own per perhaps quite rather really regarding said same seem seen several she
should show showed shown shows significantly since so some such than that the their theirs them
then there therefore these they this those though through thus to too toward towards two under
until up upon us use used using various very via was we well were what when where whether which
while who whom whose why will with within without would yet you your
"""
STOP_WORDS = frozenset(STOP_TEXT.split())
# Small words of other languages, as profiles print them: La and DES are none
FOREIGN_TEXT = """
aux avec ces chez dans de des du elle elles en entre et la le les leur leurs nous ou où par pour
que qui sans sous sur une vers als auf aus bei beim das dem den der des die durch ein eine einem
einen einer eines für im mit nach oder sowie über um und unter vom von wie zu zum zur al como del
desde el las los para por sobre un una unas unos y che con da dai dal dalla degli dei del della
delle di gli nei nel nella nelle su aos com das pela pelo uma aan bij een het naar van voor
"""
FOREIGN_WORDS = frozenset(FOREIGN_TEXT.split())
LETTERS = frozenset(ascii_lowercase)
# Greek letters as PubMed spells them in TNFalpha and beta cell; no mu, which stands in units
GREEK_TEXT = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda nu xi pi rho sigma tau upsilon phi
chi psi omega
"""
GREEK = dict(zip(map(ord, "αβγδεζηθικλνξπρστυφχψω"), GREEK_TEXT.split(), strict=True))
SYMBOL = re.compile(r"[a-z0-9]*[α-λνξπρσ-ω][a-z0-9]*")
# Plurals without a rule, what only looks like one, and the mice that a mouse is cut to
IRREGULAR_TEXT = """
algae:alga appendices:appendix axes:axis bacteria:bacterium bias:bias biases:bias children:child
cortices:cortex corpora:corpus crises:crisis criteria:criterion curricula:curriculum
equilibria:equilibrium feet:foot foci:focus fungi:fungus gases:gas genera:genus halves:half
helices:helix indices:index lens:lens lenses:lens loci:locus matrices:matrix men:man
mice:mous mitochondria:mitochondrion nuclei:nucleus phenomena:phenomenon
polyhedra:polyhedron quanta:quantum radii:radius simplices:simplex spectra:spectrum
stimuli:stimulus strata:stratum taxa:taxon teeth:tooth vertices:vertex vortices:vortex
wolves:wolf women:woman
"""
IRREGULAR = dict(entry.split(":") for entry in IRREGULAR_TEXT.split())
GREEK_PLURALS = ("yses", "neses", "theses", "stases", "gnoses", "broses", "croses")  # of -is
MUTE = ("che", "she", "sse", "use", "xe")  # approaches, dishes, masses, viruses, boxes
# British spellings that follow a rule, and the American ones (without a plural)
AMERICAN = (
    (re.compile(r"(?<=[a-z]{3})our(?=(?:able|al|ally|ed|er|ful|hood|ing|ism|ist|ite)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{3}[iy])s(?=(?:ation|e[dr]?|ing)$)"), "z"),
    (re.compile(r"(?<=[a-z]{3}[ae]l)l(?=(?:ed|er|ing)$)"), ""),
    (re.compile(r"(?<=log)ue$|(?<=gram)me$"), ""),
    (re.compile(r"(cent|fib|lit|met|tit)re$"), r"\1er"),
    (re.compile(r"ae(?=[a-z]{3})|oe(?=a|ba|dema|soph|str|t(?:al|us)$)"), "e"),
    (re.compile("sulph"), "sulf"),
)
PERHAPS_BRITISH = re.compile("our|[iy]s|[ae]ll|gue$|amme$|[btr]re$|[ao]e|sulph")  # one look for all
RUNS_KEPT = 65_536  # some 8 MB


class Token(NamedTuple):
    """One word of a text; `word` is "" where a stop word stands (it parts word pairs)."""

    word: str
    start: int  # characters into the text that `tokenise` was given
    end: int


def tokenise(text: str) -> list[Token]:
    """Return the words of a text with their places; single Latin letters do not count."""
    folded = _fold(text)
    if folded.isascii():
        return list(_ascii_tokens(folded))
    return [token for match in WORD.finditer(folded) for token in _tokens(match)]


def weighty_words(text: str) -> list[str]:
    """Return what `words` does, "" also for another language's small words: they say nothing of a
    profile, and among English papers the "de" of "de-noising" is rare."""
    found = tokenise(text)
    return ["" if text[t.start : t.end] in FOREIGN_WORDS else t.word for t in found]


def spans(text: str) -> "array[int]":
    """Return where each of the words that `words` returns begins and ends, in turn."""
    folded = _fold(text)
    if folded.isascii():
        return array("I", chain.from_iterable(found.span() for found in COUNTED.finditer(folded)))
    return array("I", chain.from_iterable((start, end) for _, start, end in tokenise(text)))


class Runs(dict[str, str | None]):
    """Runs of letters as words: "" for a stop word, None for what does not count.

    Asked for each word of each paper: a cache of functools takes twice as long to ask.
    """

    def __missing__(self, run: str) -> str | None:
        if JOINT in run:
            return self.setdefault(run, self[run.replace(JOINT, "")])
        if len(self) >= RUNS_KEPT:
            self.clear()
        if len(run) == 1 and run.isalpha():
            return self.setdefault(run, None)
        return self.setdefault(run, "" if run in STOP_WORDS else _american(_singular(run)))


RUNS = Runs()


@lru_cache(maxsize=2_048)  # a day's papers are counted, then quoted from
def words(text: str) -> list[str]:
    """Return the words of a text without their places, "" for a stop word; not to be changed."""
    folded = _fold(text)
    if folded.isascii():
        return [word for word in map(RUNS.__getitem__, _ascii_runs(folded)) if word is not None]
    return [token.word for match in WORD.finditer(folded) for token in _tokens(match)]


def lettered(text: str) -> list[Token]:
    """Return the words of a text with its single Latin letters, and its stop words in capitals.

    They are too common to count, but two phrases that differ in one are not the same: vitamins C
    and D, a CAN bus and a bus. The s of "Alzheimer's" is none.
    """
    return [token for match in WORD.finditer(_fold(text)) for token in _lettered(match)]


def is_small(word: str) -> bool:
    """Tell whether a word of `lettered` is a stop word; 𝒪 is a capital, too."""
    return word.isascii() and word.isupper()


def _lettered(match: re.Match[str]) -> Iterator[Token]:
    run, start = match.group().replace(JOINT, ""), match.start()
    if len(run) > 1 and run in STOP_WORDS:
        yield Token(run.upper(), start, match.end())
    elif run not in LETTERS:
        yield from _tokens(match)
    elif run != "s" or match.string[start - 1 : start] not in ("'", "’"):
        yield Token(run, start, match.end())


def pairs(sequence: Sequence[str]) -> list[str]:
    """Return each two neighbouring words that no stop word parts, joined by a space."""
    return [f"{a} {b}" for a, b in pairwise(sequence) if a and b]


def place_of_term(number: int, sequence: Sequence[str]) -> int:
    """Return the place among a text's words where a term given by its number begins, or -1."""
    sums = map(_checksums, sequence)
    if number % 2 == 0:
        found = (at for at, word in enumerate(sums) if word and word[0] == number)
    else:
        couples = enumerate(pairwise(sums))
        found = (at for at, (a, b) in couples if a and b and crc32(b[2], a[1]) | 1 == number)
    return next(found, -1)


def term_number(term: str) -> int:
    """Return the 32-bit number a term is stored under; its last bit says that it is a pair.

    Two of a million terms share a number about once in ten thousand: harmless noise.
    """
    return crc32(term.encode()) & ~1 | (" " in term)


@lru_cache(maxsize=65_536)
def _checksums(word: str) -> tuple[int, int, bytes] | None:
    """Return a word's number, its checksum, and what it adds as the second of a pair.

    None for "", a stop word.
    """
    if not word:
        return None
    return term_number(word), crc32(word.encode()), b" " + word.encode()


def _fold(text: str) -> str:
    """Lower the case and take off accents, keeping every character's place."""
    text = ABBREVIATING.sub(JOINT, PREFIXED.sub(JOINT, text.replace(JOINT, " ")))
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
        word = RUNS[text]
        if word is not None:
            yield Token(word, start, start + len(text))
        return
    if SYMBOL.fullmatch(text):
        yield Token(text.translate(GREEK), start, start + len(text))
        return
    at = 0
    for run in UNSPACED.finditer(text):
        if run.start() > at:
            yield Token(text[at : run.start()], start + at, start + run.start())
        yield from _bigrams(run.group(), start + run.start())
        at = run.end()
    if at < len(text):
        yield Token(text[at:], start + at, start + len(text))


def _ascii_runs(folded: str) -> list[str]:
    """Return what WORD finds in lower-case ASCII; texts without C++ and C# go a quicker way."""
    if "+" in folded or "#" in folded:
        return WORD.findall(folded)
    return folded.translate(ASCII_GAPS).split()


def _ascii_tokens(folded: str) -> Iterator[Token]:
    end = 0
    for run in _ascii_runs(folded):
        start = folded.index(run, end)  # only gaps lie between
        end = start + len(run)
        word = RUNS[run]
        if word is not None:
            yield Token(word, start, end)


def _bigrams(run: str, start: int) -> Iterator[Token]:
    if len(run) == 1:
        yield Token(run, start, start + 1)
    for i in range(len(run) - 1):
        yield Token(run[i : i + 2], start + i, start + i + 2)


def _singular(word: str) -> str:
    """Take off an English plural; wrong cuts do no harm as profile and paper share them.

    Caches are a "cach", and so is a cache: nothing tells them from approaches.
    """
    if not word.endswith(("s", "e")) or word in IRREGULAR:
        return IRREGULAR.get(word, word)
    if len(word) > 4:
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("ae"):
            return word[:-1]
        if word.endswith(GREEK_PLURALS):
            return word[:-2] + "is"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith(MUTE) else word


def _american(word: str) -> str:
    """Spell as Americans do: a tumour is a tumor; odd results do no harm, as with plurals."""
    if len(word) > 4 and PERHAPS_BRITISH.search(word):
        for british, american in AMERICAN:
            word = british.sub(american, word)
    return word


def find_phrase(phrase: Sequence[str], sequence: list[str]) -> int:
    """Return the place among a text's words where those of a phrase begin side by side, or -1."""
    wanted, at = list(phrase), -1
    if not any(wanted):
        return -1
    for _ in range(sequence.count(wanted[0])):
        at = sequence.index(wanted[0], at + 1)
        if sequence[at : at + len(wanted)] == wanted:
            return at
    return -1
