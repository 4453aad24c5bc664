"""Makes the LaTeX in titles, names and abstracts readable, piece by piece. Pure.

pylatexenc sees only the pieces that are LaTeX for certain (a formula, a command with its
arguments), never a whole text: `%` and a lone `$` would swallow what follows them.
"""

import re
from functools import lru_cache

# Pandoc's rule: no space behind the opening dollar nor before the closing one, and no digit
# behind that, so that "costs $5 or $6" is no formula.
FORMULA = (
    r"(?<!\\)(?P<dollars>\${1,2})(?=[^\s$])(?P<formula>[^$]{1,1000}?)(?<=[^\s\\])(?P=dollars)(?!\d)"
)
# ... unless what stands between the dollars can be nothing but a formula
CERTAIN = r"(?<!\\)\$(?P<certain>[^$\\^_]{0,100}[\\^_][^$]{0,300})\$"
ROUND = r"\\\((?P<round>[^$]{1,1000}?)\\\)|\\\[(?P<square>[^$]{1,1000}?)\\\]"
GROUP = r"\{(?:[^{}]|\{[^{}]{0,200}\}){0,300}\}"
COMMAND = (
    r"\{\\(?:[a-zA-Z]+ ?|[^a-zA-Z\s])[^{}]{0,60}\}"  # {\"o}, {\em word}
    rf"|\\[cvHukbdrt](?:\s?{GROUP}|\s+[a-zA-Z](?![a-zA-Z]))"  # \c{c}, \v s
    r"|\\(?:aa|AA|ae|AE|oe|OE|o|O|ss|l|L|i|j)(?![a-zA-Z])(?:\{\}| )?"  # \o stergaard
    rf"|\\[a-zA-Z]+\*?(?:\[[^\]]{{0,100}}\])?(?:{GROUP}){{0,4}}"  # \emph{...}
    rf"|\\[\"'`^~=.](?:\s?{GROUP}|\s?\\[ij](?![a-zA-Z])|\s?[a-zA-Z])"  # \'e
    r"|\\[%&$#_{},;:!@/ -]"  # \%
)
PIECE = re.compile(f"{FORMULA}|{CERTAIN}|{ROUND}|(?P<command>{COMMAND})")
BARE = re.compile(r"\\([a-zA-Z]+)\*?$")
# commands that show nothing themselves
SWITCH_NAMES = (
    "rm bf it em tt sl sc sf cal mathrm mathbf mathit left right big Big bigg Bigg bigl bigr "
    "displaystyle textstyle scriptstyle limits nolimits noindent par newline linebreak small "
    "large Large footnotesize centering boldmath unboldmath protect xspace hfill quad qquad"
)
SWITCHES = frozenset(SWITCH_NAMES.split())
PROTECTED = re.compile(r"\{([A-Za-z0-9-]{1,40})\}")  # {B}ayesian, as BibTeX wants it
SCRIPT = re.compile(r"([_^])(?:\{([0-9a-z+\-=()]{1,8})\}|([0-9]))")
REFERENCE = re.compile(r"\\(?:cite[a-z]*|ref|eqref|label)\*?(?:\[[^\]]{0,100}\])*\{[^{}]{0,200}\}")

RAISED = str.maketrans("0123456789+-=()nimj", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵐʲ")
LOWERED = str.maketrans("0123456789+-=()ijkn", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₙ")


def readable(value: str) -> str:
    """Return the text with its LaTeX made readable, or as it is where that would lose words."""
    if "\\" not in value and "$" not in value:
        return PROTECTED.sub(r"\1", value) if "{" in value else value
    value = PIECE.sub(translate, REFERENCE.sub("", value))
    return PROTECTED.sub(r"\1", value)


def translate(match: re.Match[str]) -> str:
    """Return one formula or command in Unicode."""
    if match["command"]:
        return from_command(match["command"])
    inner = match["formula"] or match["certain"] or match["round"] or match["square"] or ""
    return from_math(inner.strip(), match[0])


def from_math(inner: str, whole: str) -> str:
    """Return a formula in Unicode; the whole source when it does not come out well."""
    inner = SCRIPT.sub(raise_or_lower, inner)
    if not re.search(r"[\\{}~]", inner):
        return inner
    return convert(inner) or whole


def from_command(piece: str) -> str:
    """Return a command with its arguments in Unicode; itself when its words would be lost."""
    if len(piece) == 2 and piece[1] in "%&$#_{}@/":
        return piece[1]
    bare = BARE.match(piece)
    text = convert(piece)
    if bare and not text:
        return "" if bare[1] in SWITCHES else piece  # an author's own macro: nobody knows it here
    words = re.findall(r"\{([^{}\\]{4,})\}", piece)
    if any(word not in text for word in words):
        return " ".join(words)
    return text


@lru_cache(maxsize=4096)
def convert(piece: str) -> str:
    """Return pylatexenc's reading of one short piece, or "" when it has none."""
    try:
        return str(converter().latex_to_text(piece)).replace("\xa0", " ")
    except Exception:  # noqa: BLE001  # it raises IndexError, ValueError ... on odd input
        return ""


@lru_cache(maxsize=1)
def converter():  # type: ignore[no-untyped-def]
    """Return pylatexenc's converter, made once."""
    from pylatexenc.latex2text import LatexNodes2Text  # only where there is LaTeX at all

    return LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)


def raise_or_lower(match: re.Match[str]) -> str:
    """Return a short exponent or index in Unicode where all its characters exist there."""
    text = match[2] or match[3]
    table = RAISED if match[1] == "^" else LOWERED
    if all(ord(letter) in table for letter in text):
        return text.translate(table)
    return match[0]
