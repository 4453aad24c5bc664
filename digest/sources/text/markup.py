"""Takes HTML, MathML and JATS tags out of text and leaves every other `<` alone. Pure.

Only names that are tags are taken for tags, so that `a<b`, `Vec<String>` and `<think>` survive.
Nothing here makes text safe for HTML: rendering escapes every field again.
"""

import html
import re

from digest.sources.text.mathml import read_formulas
from digest.sources.text.scripts import script

MAX_FRAGMENT = 200_000  # characters looked at; the patterns below are linear in this

BREAKING_NAMES = (
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr li main nav ol p pre section sec table tbody td tfoot th thead title tr "
    "ul list list-item label st break disp-formula disp-quote"
)
INLINE_NAMES = (
    "a abbr acronym audio b bdi bdo big body button canvas center cite code data del dfn em embed "
    "font head html i iframe img input ins kbd link map mark meta meter noscript object option "
    "output param picture progress q rp rt ruby s samp select small source span strike strong sub "
    "sup textarea time track tt u var video wbr xml italic bold underline sc monospace "
    "script style template inline-formula tex-math ext-link xref alternatives abstract "
    "math mi mn mo mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr mover munder "
    "munderover mfrac mroot mfenced menclose mpadded mphantom mmultiscripts mprescripts none "
    "scp styled-content named-content uri email roman fn inline-graphic chem-struct "
    "related-article semantics annotation svg path g circle rect defs stop lineargradient "
    "radialgradient "
    "emphasis subscript superscript inlineequation equationsource"  # Springer's
)
BREAKING = frozenset(BREAKING_NAMES.split())
INLINE = frozenset(INLINE_NAMES.split())
TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*(?::[a-zA-Z-]+|-[a-z]+)?)"
    r"(?:[\s/](?:[^<>\"']|\"[^\"<]{0,2000}\"|'[^'<]{0,2000}'){0,4000})?>"
)
COMMENT = re.compile(r"<!(?=--).*?-->", re.DOTALL)
SILENT = re.compile(r"<(script|style|svg|noscript|template)\b", re.IGNORECASE)
SCRIPTED = re.compile(
    r"<(?:\w{1,10}:)?(su[bp](?:er)?(?:script)?)\b[^<>]{0,200}>"
    r"((?:[^<]|<(?!/?(?:\w{1,10}:)?su[bp](?:er)?(?:script)?\b)){0,200}?)</(?:\w{1,10}:)?\1>",
    re.IGNORECASE,
)
# a structured abstract's heading in bold, which its author set apart by nothing else
HEADINGS = (
    "aim|aims|background|conclusion|conclusions|context|design|discussion|findings|funding|"
    "importance|interpretation|introduction|limitations|materials and methods|methods|"
    "methods and results|motivation|objective|objectives|purpose|rationale|results|"
    "results and discussion|setting|significance"
)
HEADED = re.compile(
    rf"(?<![\w,]\s)<((?:jats:)?(?:b|bold|strong))>\s{{0,9}}({HEADINGS})"
    r"\s{0,9}[:.]?\s{0,9}</\1>\s{0,9}[:.]?[ \t]{0,9}",
    re.IGNORECASE,
)
# IOP's formulas: LaTeX in one instruction, the same in MathML in another or in an element
TEX = re.compile(r"<\?CDATA\b([^?]{0,2000})\?>")
TWICE = re.compile(
    r"<\?MML\b[^?]{0,9000}\?>|<((?:jats:)?tex-math)>(?:(?!</\1>).){0,2000}</\1>\s{0,99}"
    r"(?=<(?:\w{1,9}:)?math\b)",
    re.DOTALL,
)
# WordPress shows LaTeX as images, which say what they show
FORMULA = re.compile(r'(?=[^>]*\sclass="(?:[\w-]+ )*latex[ "])[^>]*?\salt="([^"<>]+)"')
POWER = re.compile(r"[\d+−=/-]|^[^\W\d_]$")  # what would be misread on the line
# an element of text or a character that was escaped once too often
ESCAPED = re.compile(
    r"<(i|em|b|strong|su[bp]|p|span|italic|bold)\b[^<>]{0,200}>[^<>]{1,300}</\1>"
    r"|&(?:amp|nbsp|quot|apos|[rl][sd]quo|[nm]dash|#\d{2,5}|#x[\da-f]{2,4}"
    r"|[a-z](?:acute|grave|uml|circ|tilde|cedil));",
    re.IGNORECASE,
)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def has_markup(value: str) -> bool:
    """Tell whether a text whose type nobody stated is HTML: it has a known tag or an entity."""
    if ENTITY.search(value):
        return True
    names = (local_name(match[2]) for match in TAG.finditer(value))
    return any(name in BREAKING or name in INLINE for name in names)


def plain_text(fragment: str) -> str:
    """Return the words of an HTML fragment, entities decoded once, lines where blocks end."""
    fragment = fragment[:MAX_FRAGMENT]
    if "<" in fragment:
        fragment = TWICE.sub("", TEX.sub(r"\1", fragment))
        fragment = HEADED.sub(r"\n\2: ", read_formulas(drop_silent(drop_comments(fragment))))
        fragment = TAG.sub(replace_tag, SCRIPTED.sub(raise_or_lower, fragment))
    return html.unescape(fragment)


def unescaped_text(fragment: str) -> str:
    """Return the words of a fragment that Crossref's and Europe PMC's publishers may have escaped
    once too often."""
    text = plain_text(fragment)
    return plain_text(text) if "</" in text else html.unescape(text)


def drop_comments(fragment: str) -> str:
    """Remove comments and the marks of CDATA sections."""
    fragment = fragment.replace("<![CDATA[", "").replace("]]>", "")
    closed, end, rest = fragment.rpartition("-->")  # else each start of a comment looks for one
    return COMMENT.sub("", closed + end) + rest


def drop_silent(fragment: str) -> str:
    """Remove the elements whose content no reader sees, such as scripts."""
    lower = fragment.lower()
    kept, place = [], 0
    unclosed: set[str] = set()
    for match in SILENT.finditer(fragment):
        name = match[1].lower()
        if match.start() < place or name in unclosed:
            continue
        end = lower.find(f"</{name}", match.end())
        if end < 0:
            unclosed.add(name)
            continue
        kept.append(fragment[place : match.start()])
        close = fragment.find(">", end)
        place = close + 1 if close >= 0 else len(fragment)
    return "".join((*kept, fragment[place:]))


def replace_tag(match: re.Match[str]) -> str:
    """Return what stands for a tag in plain text; itself when it is no tag at all."""
    name = local_name(match[2])
    if name in BREAKING:
        return "\n"
    if name == "img" and (formula := FORMULA.match(match[0])):
        return f"${formula[1]}$"
    return "" if name in INLINE else match[0]


def raise_or_lower(match: re.Match[str]) -> str:
    """Return an exponent or index in Unicode: on the line where that has no signs for a word."""
    text = html.unescape(TAG.sub(replace_tag, match[2])).strip()
    mark = "^" if match[1][2] in "pP" else "_"
    shown = script(mark, text)
    if shown.startswith(mark) and (mark == "_" or not POWER.search(text)):
        shown = text
    return html.escape(shown, quote=False)


def local_name(name: str) -> str:
    """Return the name in lower case, without the prefix `jats:` or `mml:`."""
    return name.lower().rpartition(":")[2]
