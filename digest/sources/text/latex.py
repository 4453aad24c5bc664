"""Makes the LaTeX in titles, names and abstracts readable, piece by piece. Pure.

pylatexenc sees only the pieces that are LaTeX for certain (a formula, a command with its
arguments), never a whole text: `%` and a lone `$` would swallow what follows them.
"""

import re
from collections import Counter
from unicodedata import normalize

from digest.sources.text.conversion import convert, is_known
from digest.sources.text.macros import SWITCHES

# Pandoc's rule: no space behind the opening dollar nor before the closing one, and no digit
# behind that, so that "costs $5 or $6" is no formula.
FORMULA = (
    r"(?<!\\)(?P<dollars>\${1,2})(?=[^\s$])(?P<formula>[^$]{1,1000}?)(?<=[^\s\\])(?P=dollars)(?!\d)"
)
# ... unless what stands between the dollars can be nothing but a formula
CERTAIN = r"(?<!\\)\$(?P<certain>[^$\\^_]{0,100}[\\^_][^$]{0,300})\$"
# ... or is one sign or ends with a relation: "$<$5 ms", "$n=$5", but not "US$-$5"
SIGN = r"(?<![\\$A-Z])\$(?P<sign> ?(?:[<>=+~α-ωΑ-Ω-]|\\\$) ?|[^$\s\d][^$]{0,40}[<>=])\$"
# ... or has blanks on both sides, and is a letter, a number or has a relation within:
# "$ ab = ba $", but not "$ 5 = 4 € $"
SPACED = (
    r"(?<![\\$\w])\$ (?P<spaced>[^$\s\d][^$]{0,100} ?[<>=] ?[^$\s][^$]{0,100}"
    r"|[A-Za-z]|\d[\d.]{0,10}) \$(?!\w)"
)
ROUND = (
    r"(?<!\\)\\\((?P<round>(?:[^$\\]|\\[^($]){1,1000}?)\\\)"
    r"|(?<!\\)\\\[(?P<square>(?:[^$\\]|\\[^\[$]){1,1000}?)\\\]"
)
DISPLAY = (
    r"\\begin\{(?P<name>(?:equation|align|eqnarray|gather|multline|displaymath|math)\*?)\}"
    r"(?P<display>[^$]{1,1000}?)\\end\{(?P=name)\}"
)
GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,200}\}){0,200}\}){0,300}\}"
BRACED = rf"\{{\\(?:[a-zA-Z]+ ?|[^a-zA-Z\s{{}}])(?:[^{{}}]|{GROUP}){{0,300}}\}}"
COMMAND = (
    rf"[_^]?{BRACED}|\{{{BRACED}\}}"  # {\"o}, {\em word}, {{\large F}}
    rf"|\\[cvHukbdrt](?:\s?{GROUP}|\s+[a-zA-Z](?![a-zA-Z]))"  # \c{c}, \v s
    r"|(?<=[a-zA-Z])\\[cvHukbdrt]\s+[a-z]|\\v\s+[CSZ]"  # Ho\v rava
    r"|\\(?:aa|AA|ae|AE|oe|OE|o|O|ss|l|L|i|j)(?![a-zA-Z])(?:\{\}| )?"  # \o stergaard
    rf"|\\[a-zA-Z]+\*?(?:\[[^\]]{{0,100}}\])?(?:{GROUP}){{0,4}}"  # \emph{...}
    rf"|\\[\"'`^~=.](?:\s?{GROUP}|\s?\\[ij](?![a-zA-Z])|\s?[a-zA-Z])"  # \'e
    r"|\\[%&$#_{},;:!@/ -]"  # \%
)
# {B}ayesian, as BibTeX wants it; 8{,}660
PROTECTED = r"\{(?P<protected>(?:[^\W_]|-){1,40}|(?<=\d\{),(?=\}\d))\}"
# a blank that breaks no line: "Fig.~1", "5~GHz", but not "y~x", "5~10" or "/~ada"
# A tie: between words, behind a sign, between a number and its unit, before the number of a figure;
# elsewhere before a number it means "about", and between two a range.
NUMBERED = (
    "Fig|Figs|Figure|Table|Tab|Section|Sec|Eq|Eqs|Ref|Refs|Theorem|Lemma|Appendix|Chapter|Part"
)
TIE = (
    r"(?P<tie>(?:(?<=[^\W\d_]{2})~(?=[^\W\d_]|[\\($])|(?<=[.,;:)\]}$])~(?=[\w\\($])"
    rf"|(?:{'|'.join(f'(?<={word})' for word in NUMBERED.split('|'))})~(?=\d)"
    r"|(?<=\d)~(?=[^\W\d_]|[\\$])|~(?=\{\\)))"
)
PIECE = re.compile(
    f"{SIGN}|{FORMULA}|{CERTAIN}|{SPACED}|{ROUND}|{DISPLAY}|(?P<command>{COMMAND})|{PROTECTED}|{TIE}"
)
MARK = re.compile(r"[\\${~`]|--")  # no LaTeX is without one
# a dash; a range, or the two names of Navier--Stokes; an address or a DOI stays as it is
DASH = re.compile(
    r"(?:https?://|www\.|\bxn--|\b10\.\d{4,9}/)\S+"
    r"|(?<=[\w\s”)])---(?=[\w\s“(])|(?<=[\w)$}])--(?=[\w($\\])"
)
DASHES = {"---": "—", "--": "–"}
# ended by " as some type it, but neither in ``Schr\"odinger's cat'' nor in ``so "it" is''
QUOTED = re.compile(r"``([^`]{1,300}?)(?:''|(?<!\\)\"(?![^`]{0,300}''))")
# not Bell`s equation, nor \`e, nor from the end of `f()` on
QUOTED_ONCE = re.compile(
    r"(?<![^\s({\[\"“/=—–-])`(?!\s)((?:[^`']|'(?=[\w$]|(?<=\\'))){1,100}?)(?<!\\)'(?![\w'$])"
)
BARE = re.compile(r"\\([a-zA-Z]+)\*?(?:\{\})?$")
NAME = re.compile(r"^\\[a-zA-Z]+\*?(?:\[[^\]]{0,100}\])?(?=\{)")
NOT_SHOWN = re.compile(
    r"~?\\(?:cite[a-z]*|ref|eqref|label|(?<!\{\\)color|hspace|vspace|[hv]?phantom)\*?"
    r"(?:\[[^\]]{0,100}\])*\{[^{}]{0,200}\}"
)
ALIGNED = re.compile(r"(?<!\\)&")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^{}]*\}(?:\{[lcr|]*\})?")
LONE_ACCENT = re.compile(r"(?:^|\s)[\u0300-\u036f]")
# commands with an argument that is not to be read
UNREAD = re.compile(
    r"\\(?:begin|end|color|textcolor|href|unicode)\*?(?:\[[^\]]*\])?\{[^{}]*\}(?:\{[lcr|]*\})?"
    r"|\\[a-zA-Z]+"
)


def readable(value: str) -> str:
    """Return the text with its LaTeX made readable, or as it is where that would lose words."""
    if not MARK.search(value):
        return value
    value = DASH.sub(lambda match: DASHES.get(match[0], match[0]), value)
    value = QUOTED.sub(r"“\1”", QUOTED_ONCE.sub(r"‘\1’", value))
    return PIECE.sub(translate, NOT_SHOWN.sub("", value))


def translate(match: re.Match[str]) -> str:
    """Return one formula or command in Unicode, or what braces protect without them."""
    inner = match[match.lastgroup or 0]
    match match.lastgroup:
        case "tie":
            return " "
        case "protected":
            return inner
        case "command":
            return from_command(inner)
        case "display":
            inner = ALIGNED.sub("", inner).replace(r"\\", ";")
    return from_math(inner.strip(), match[0])


def from_math(inner: str, whole: str) -> str:
    """Return a formula in Unicode; the whole source when it does not come out well."""
    if "\\" not in inner:  # no matrix, whose cells an ampersand parts
        inner = inner.replace("&", r"\&")
    text = convert(inner.replace("''", "″"))
    return text if text and keeps_words(inner, text) else whole


def from_command(piece: str) -> str:
    """Return a command with its arguments in Unicode; itself when its words would be lost."""
    if len(piece) == 2 and piece[1] in "%&$#_{}@/":
        return piece[1]
    if piece == r"\S":  # within formulas it is an author's macro
        return "§"
    if ENVIRONMENT.match(piece):
        return ENVIRONMENT.sub("", piece)
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
