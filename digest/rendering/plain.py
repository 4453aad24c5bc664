"""Makes text safe and short: control characters, links, cutting, wrapping. Knows no markup."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

# C0, DEL and C1 controls, lone surrogates; `split` has made spaces of all line separators.
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Embeddings, overrides and isolates would turn the text that follows them around (UAX 9).
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
FIRST_STRONG, POP = "\u2068", "\u2069"  # of these, the isolates that are ours
SENTENCE_END = re.compile(
    r"[.!?؟।](?=[\"'”’)]*\s+[^a-z\s])[\"'”’)]*|(?:[。！？]|．(?=\D))[」』”’）]*"
)
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|viz|etc|al|resp|approx|Fig|Eq|Sec|Ref|No|Dr|Prof|St|nov|spp?|sect)"
    r"|\b[A-Z])\.$"
)
UNSAFE_IN_URL = re.compile(r"[\s<>\"'`\\^{|}]")
TEXT_COLUMNS = 72  # RFC 3676 4.2 advises 78 at most; 72 leaves room for quoting
LEAST_SHARE = 0.35  # of the limit that a cut at a sentence must keep
WIDE = frozenset("WF")  # East Asian Width (UAX 11): two columns
# Where combining marks, wide characters and what has no width at all may lie; not the punctuation
# of Western texts, which is one cell wide.
NOT_ONE_CELL = re.compile("[\u0300-\u200f\u2028-\u202f\u2060-\u206f\u20d0-\u20ff\u2e80-\U0010ffff]")
# Han, kana, Hangul: written without spaces, so a line may break between any two of them (UAX 14);
# closing marks stay with the character before, opening ones with what follows.
CJK = "\u2e80-\u2fff\u3005-\u3007\u3021-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
OPENING = "‘“〈《「『【〔〖（［｛｢"
WIDE_OR_NARROW = re.compile(
    f"[{OPENING}]{{0,3}}[{CJK}][^{CJK}{OPENING}\\w]*|[^{CJK}]+?(?=[{OPENING}]{{0,3}}[{CJK}]|$)"
)
JOINER = "\u200d"
RIGHT_TO_LEFT = frozenset(("R", "AL"))  # of UAX 9's classes


def clean(text: str) -> str:
    """Return one line of text without control characters and runs of white space."""
    if text.isprintable() and "  " not in text:  # no character of category C or Z but the space
        return text.strip()
    text = BIDI.sub("", CONTROLS.sub("", " ".join(text.split())))
    return " ".join(text.split())  # two spaces may have met


def web_url(url: str) -> str:
    """Return the URL fit for an href, or "" when it is not http(s) with a host."""
    url = BIDI.sub("", CONTROLS.sub("", url.strip()))
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    return UNSAFE_IN_URL.sub(lambda match: quote(match[0]), url)


def cut(text: str, limit: int) -> str:
    """Shorten to at most `limit` characters at a word, with an ellipsis.

    The marks of `isolate` do not count, and stay: one left open would turn around what follows.
    """
    if len(text) <= limit:
        return text
    if text[0] == FIRST_STRONG and text[-1] == POP:
        return f"{FIRST_STRONG}{cut(text[1:-1], limit)}{POP}"
    end = limit - 1
    while end > 1 and is_joined(text, end):
        end -= 1
    head = text[:end]
    space = head.rfind(" ")
    if space > limit // 2:
        head = head[:space]
    return head.rstrip(" ,;:–—-(") + "…"


def is_joined(text: str, place: int) -> bool:
    """Tell whether a cut there would part what is one sign: a letter and its mark, an emoji."""
    behind = text[place]
    return JOINER in text[place - 1 : place + 1] or unicodedata.category(behind)[0] == "M"


def cut_at_sentence(text: str, limit: int) -> str:
    """Shorten to whole sentences within `limit` characters, or at a word when none ends there."""
    if len(text) <= limit:
        return text
    end = 0
    for match in SENTENCE_END.finditer(text, 0, limit):
        if not ABBREVIATION.search(text, max(0, match.start() - 8), match.start() + 1):
            end = match.end()
    if end < limit * LEAST_SHARE:
        return cut(text, limit)
    return text[:end] + "\u00a0…"  # never alone on a line


def direction(text: str) -> str:
    """Return "rtl" or "ltr" by the first strong character (UAX 9, P2 and P3)."""
    if text.isascii():
        return "ltr"
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in RIGHT_TO_LEFT:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def isolate(text: str) -> str:
    """Keep a text with right-to-left words from reordering what stands beside it (UAX 9, 2.4)."""
    if text.isascii() or not any(unicodedata.bidirectional(one) in RIGHT_TO_LEFT for one in text):
        return text
    return f"{FIRST_STRONG}{text}{POP}"


def set_apart(text: str, way: str) -> str:
    """Isolate a text in a line of that direction: "J." keeps its full stop among Hebrew names."""
    return f"{FIRST_STRONG}{text}{POP}" if text and way == "rtl" else isolate(text)


def one_cell(text: str) -> bool:
    """Tell whether each character fills one cell of a terminal."""
    return text.isascii() or not NOT_ONE_CELL.search(text)


def columns(text: str) -> int:
    """Return how many cells of a terminal a text fills."""
    if one_cell(text):
        return len(text)
    return sum(
        (2 if unicodedata.east_asian_width(character) in WIDE else 1)
        for character in text
        if not unicodedata.combining(character)
    )


def wrap(text: str, width: int = TEXT_COLUMNS, indent: int = 0, first: int | None = None) -> str:
    """Wrap at words to `width` columns; a longer word, such as a URL, keeps its own line whole.

    Args:
        text: one line, already clean.
        width: columns, the indent included.
        indent: spaces before every line.
        first: columns that the caller has already written on the first line; None: as `indent`.
    """
    margin = " " * indent
    used, line = (indent, margin) if first is None else (first, "")
    if used + len(text) <= width and used + columns(text) <= width:
        return line + text
    if one_cell(text):
        return line + f"\n{margin}".join(narrow_lines(text, width - used, width - indent))
    lines, empty = [], True
    for gap, word in words_of(text):
        size = columns(word)
        if not empty and used + len(gap) + size > width:
            lines.append(line)
            used, line, empty = indent, margin, True
        line += word if empty else gap + word
        used += size if empty else len(gap) + size
        empty = False
    return "\n".join([*lines, line])


def narrow_lines(text: str, room: int, later: int) -> Iterator[str]:
    """Yield the lines of a text of one-cell characters, parted at spaces alone.

    Args:
        room: columns left on the first line.
        later: columns of every other line.
    """
    start = 0
    while len(text) - start > room:
        end = text.rfind(" ", start, start + room + 1)
        if end < 0:  # a longer word keeps its own line whole
            end = text.find(" ", start)
        if end < 0:
            break
        yield text[start:end]
        start, room = end + 1, later
    yield text[start:]


def words_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield words, each with the space before it; wide characters may part without one."""
    for word in text.split(" "):
        gap = " "
        for piece in (word,) if word.isascii() else WIDE_OR_NARROW.findall(word):
            yield gap, piece
            gap = ""
