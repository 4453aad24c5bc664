"""Makes the LaTeX in titles, names and abstracts readable, piece by piece. Pure.

pylatexenc sees only the pieces that are LaTeX for certain (a formula, a command with its
arguments), never a whole text: `%` and a lone `$` would swallow what follows them.
"""

import re
from collections import Counter
from unicodedata import normalize

from digest.sources.text.conversion import convert, is_known
from digest.sources.text.macros import SWITCHES
from digest.sources.text.scripts import script

# Pandoc's rule: no space behind the opening dollar nor before the closing one, and no digit
# behind that, so that "costs $5 or $6" is no formula.
FORMULA = (
    r"(?<!\\)(?P<dollars>\${1,2})(?=[^\s$])(?P<formula>[^$]{1,1000}?)(?<=[^\s\\])(?P=dollars)(?!\d)"
)
# ... unless what stands between the dollars can be nothing but a formula
CERTAIN = r"(?<!\\)\$(?P<certain>[^$\\^_]{0,100}[\\^_][^$]{0,300})\$"
ROUND = r"\\\((?P<round>[^$]{1,1000}?)\\\)|\\\[(?P<square>[^$]{1,1000}?)\\\]"
GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,200}\}){0,200}\}){0,300}\}"
COMMAND = (
    r"\{\\(?:[a-zA-Z]+ ?|[^a-zA-Z\s])[^{}]{0,60}\}"  # {\"o}, {\em word}
    rf"|\\[cvHukbdrt](?:\s?{GROUP}|\s+[a-zA-Z](?![a-zA-Z]))"  # \c{c}, \v s
    r"|\\(?:aa|AA|ae|AE|oe|OE|o|O|ss|l|L|i|j)(?![a-zA-Z])(?:\{\}| )?"  # \o stergaard
    rf"|\\[a-zA-Z]+\*?(?:\[[^\]]{{0,100}}\])?(?:{GROUP}){{0,4}}"  # \emph{...}
    rf"|\\[\"'`^~=.](?:\s?{GROUP}|\s?\\[ij](?![a-zA-Z])|\s?[a-zA-Z])"  # \'e
    r"|\\[%&$#_{},;:!@/ -]"  # \%
)
PROTECTED = r"\{(?P<protected>[A-Za-z0-9-]{1,40})\}"  # {B}ayesian, as BibTeX wants it
PIECE = re.compile(f"{FORMULA}|{CERTAIN}|{ROUND}|(?P<command>{COMMAND})|{PROTECTED}")
BARE = re.compile(r"\\([a-zA-Z]+)\*?(?:\{\})?$")
NAME = re.compile(r"^\\[a-zA-Z]+\*?(?:\[[^\]]{0,100}\])?(?=\{)")
SCRIPT = re.compile(r"([_^])(?:\{([^{}_^]*)\}|([+−-]\d*|[0-9a-zA-Z*]))")
NOT_SHOWN = re.compile(
    r"\\(?:cite[a-z]*|ref|eqref|label|color|hspace|vspace|[hv]?phantom)\*?"
    r"(?:\[[^\]]{0,100}\])*\{[^{}]{0,200}\}"
)
LONE_ACCENT = re.compile(r"(?:^|\s)[\u0300-\u036f]")
# commands with an argument that is not to be read
UNREAD = re.compile(
    r"\\(?:begin|end|color|textcolor|href|unicode)\*?(?:\[[^\]]*\])?\{[^{}]*\}(?:\{[lcr|]*\})?|\\[a-zA-Z]+"
)


def readable(value: str) -> str:
    """Return the text with its LaTeX made readable, or as it is where that would lose words."""
    if "\\" not in value and "$" not in value:
        return re.sub(PROTECTED, r"\1", value) if "{" in value else value
    return PIECE.sub(translate, NOT_SHOWN.sub("", value))


def translate(match: re.Match[str]) -> str:
    """Return one formula or command in Unicode, or a protected word without its braces."""
    if match["protected"]:
        return match["protected"]
    if match["command"]:
        return from_command(match["command"])
    inner = match["formula"] or match["certain"] or match["round"] or match["square"] or ""
    return from_math(inner.strip(), match[0])


def from_math(inner: str, whole: str) -> str:
    """Return a formula in Unicode; the whole source when it does not come out well."""
    if not re.search(r"[\\~]", inner):
        simple = SCRIPT.sub(lambda match: script(match[1], match[2] or match[3] or ""), inner)
        if not re.search(r"[{}]", simple):
            return simple
    text = convert(inner.replace("''", "″"))
    return text if text and keeps_words(inner, text) else whole


def from_command(piece: str) -> str:
    """Return a command with its arguments in Unicode; itself when its words would be lost."""
    if len(piece) == 2 and piece[1] in "%&$#_{}@/":
        return piece[1]
    bare = BARE.match(piece)
    if bare and not is_known(bare[1]):  # a switch, or an author's own macro
        return "" if bare[1] in SWITCHES else piece.removesuffix("{}")
    text = convert(piece) or convert(NAME.sub("", piece).replace("}{", "} {"))
    return text if text and keeps_words(piece, text) else piece.removesuffix("{}")


def keeps_words(source: str, text: str) -> bool:
    """Tell whether every letter and digit that a source shows is in the text made of it.

    An accent without a letter is a macro of the author's with the accent's name.
    """
    return not LONE_ACCENT.search(text) and letters(UNREAD.sub("", source)) <= letters(text)


def letters(text: str) -> Counter[str]:
    """Count letters and digits, whatever their accent, style or height."""
    return Counter(filter(str.isalnum, normalize("NFKD", text)))
