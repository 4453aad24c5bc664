"""Reads one short piece of LaTeX with pylatexenc, taught what it lacks. Pure.

pylatexenc drops the macros that it does not know, and with them their arguments. Here their words
stay; where even their number of arguments is unknown, there is no reading.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from digest.sources.text.macros import ACCENTS, ALIKE, MACRON, OPERATORS, SIGNS, SWITCHES
from digest.sources.text.scripts import APART, SHIFTED, fraction, script, settle

# name: (arguments as pylatexenc writes them, what is shown: a text with their places, or a function
# of their texts, "" for an optional one that is absent)
SHOWN: dict[str, tuple[str, str | Callable[..., str]]] = {
    "abs": ("{", "|%(1)s|"),
    "norm": ("{", "‖%(1)s‖"),
    "ceil": ("{", "⌈%(1)s⌉"),
    "floor": ("{", "⌊%(1)s⌋"),
    "bra": ("{", "⟨%(1)s|"),
    "ket": ("{", "|%(1)s⟩"),
    "braket": ("{", "⟨%(1)s⟩"),
    "expval": ("{", "⟨%(1)s⟩"),
    "mel": ("{{{", "⟨%(1)s|%(2)s|%(3)s⟩"),
    "substack": ("{", lambda lines: ",".join(lines.split("\n"))),
    "unicode": ("[{", lambda _font, code: show_character(code)),
    "color": ("[{", ""),
    "item": ("[", " •%(1)s"),
    "xrightarrow": ("[{", lambda _below, above: "→" + script("^", above)),
    "url": ("{", "%(1)s"),
    "href": ("{{", lambda url, text: show_link(url, text)),
    "colon": ("", ": "),
    "operatorname": ("*{", APART + "%(2)s" + APART),
    "underset": ("{{", lambda below, base: base + script("_", below)),
    "overset": ("{{", lambda above, base: base + script("^", above)),
    "stackrel": ("{{", lambda above, base: base + script("^", above)),
    "mod": ("", " mod "),
    "bmod": ("", " mod "),
    "pmod": ("{", APART + "(mod %(1)s)"),
    "SI": ("[{{", "%(2)s %(3)s"),
    "qty": ("[{{", "%(2)s %(3)s"),
    "num": ("[{", "%(2)s"),
    "si": ("[{", "%(2)s"),
    "unit": ("[{", "%(2)s"),
    "per": ("", " per "),
    "textsuperscript": ("{", lambda text: script("^", text)),
    "textsubscript": ("{", lambda text: script("_", text)),
    "sqrt": ("[{", lambda degree, text: show_root(degree, text)),
    "ce": ("{", lambda formula: show_substance(formula)),
}
FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "textfrac")
SHOWN |= dict.fromkeys(FRACTIONS, ("{{", lambda above, below: show_fraction(above, below)))
SHOWN |= dict.fromkeys(("binom", "dbinom", "tbinom"), ("{{", "C(%(1)s,%(2)s)"))
SHOWN |= dict.fromkeys(("underline", "overbrace", "underbrace"), ("{", "%(1)s"))
SHOWN |= {"Bra": SHOWN["bra"], "Ket": SHOWN["ket"], "Braket": SHOWN["braket"]}
SHOWN |= {name: ("", sign) for name, sign in SIGNS.items()}
SHOWN |= {name: ("", APART + name + APART) for name in OPERATORS}
SHOWN |= {
    name: ("{", lambda text, mark=mark: show_accent(text, mark)) for name, mark in ACCENTS.items()
}
ATOMS = re.compile(r"(?<=[A-Za-z)\]])\d+")  # of one kind in a molecule, or of a group in brackets
# the package physics gives both sides an argument
BRAKET = re.compile(r"\\braket\{([^{}]{1,200})\}\{([^{}]{1,200})\}")
SCRIPTED = re.compile(r"([_^])\s*(\\[a-zA-Z]+(?:\{[^{}]*\}){1,2}|[−-]\d+|\+\d+\b(?!\\))")
# a sign with a blank behind it, whose other blank ended the command before it
NO_BLANK = re.compile(r"(?<=[^\s(\[{^_,;=<>≤≥−+-])([=<>×±≤≥≠≈≃≅≡∼∝→∈∉⊂⊆∪∩∖⊕⊗≪≫])(?= \S)")
# a sign with a blank before it, whose other blank ended the command
SET_APART = re.compile(r"(?<= )([×∖±≤≥≠≈≃≅≡∼∝→←↔⇒⇔⟹⟸⟺⇝∈∉∋⊂⊆∪∩∧∨⊕⊗≪≫⋘⋙≲≳≔≕≝⊨⊭⊲⊳⊴⊵])(?=\S)")
# one sign, which may have scripts or another accent
ACCENTED = re.compile(rf"\S[\u0300-\u036f{SHIFTED}]*")
PERCENT = re.compile(r"(?<!\\)%")


@lru_cache(maxsize=4096)
def convert(piece: str) -> str:
    """Return a piece in Unicode, or "" where there is no reading."""
    piece = BRAKET.sub(r"\\braket{\1|\2}", piece)
    piece = SCRIPTED.sub(r"\1{\2}", PERCENT.sub(r"\%", piece))
    to_text, context = converter()
    try:
        text = to_text.latex_to_text(piece, latex_context=context)
    except Exception:  # noqa: BLE001  # it raises IndexError, ValueError ... on odd input
        return ""
    text = SET_APART.sub(r"\1 ", NO_BLANK.sub(r" \1", settle(text)))
    return text.replace("\xa0", " ")


def is_known(name: str) -> bool:
    """Tell whether a macro has a meaning here."""
    return bool(converter()[0].latex_context.get_macro_spec(name).macroname)


@lru_cache(maxsize=1)
def converter() -> tuple[Any, Any]:
    """Return pylatexenc's converter and its list of macros, made once."""
    from pylatexenc import latex2text, latexwalker, macrospec  # only where there is LaTeX at all

    context = latexwalker.get_default_latex_context_db()
    context.add_context_category(
        "digest",
        prepend=True,
        macros=[
            *(macrospec.std_macro(name, arguments) for name, (arguments, _) in SHOWN.items()),
            *(macrospec.std_macro(name, "{") for name in ALIKE),
        ],
        specials=[
            macrospec.SpecialsSpec(mark, args_parser=macrospec.MacroStandardArgsParser("{"))
            for mark in "_^"
        ],
    )
    shown = latex2text.get_default_latex_context_db()
    alike = {name: shown.get_macro_spec(like).simplify_repl for name, like in ALIKE.items()}
    texts = {name: made_of(*told) for name, told in SHOWN.items()} | alike
    shown.add_context_category(
        "digest",
        prepend=True,
        macros=[latex2text.MacroTextSpec(name, text) for name, text in texts.items()],
        specials=[latex2text.SpecialsTextSpec(mark, show_script) for mark in "_^"],
    )
    shown.set_unknown_macro_spec(latex2text.MacroTextSpec("", show_unknown))
    to_text = latex2text.LatexNodes2Text(
        shown, math_mode="text", keep_comments=True, strict_latex_spaces=False
    )
    return to_text, context


def made_of(wanted: str, what: str | Callable[..., str]) -> Any:
    """Return what pylatexenc takes for a text or for a function of the arguments' texts."""
    if isinstance(what, str):
        return what
    return lambda node, l2tobj: what(*arguments(node, l2tobj, len(wanted)))


def arguments(node: Any, l2tobj: Any, count: int) -> list[str]:
    """Return the text of each argument, "" for one that is absent."""
    return [str(l2tobj.node_arg_to_text(node, place)) for place in range(count)]


def show_script(node: Any, l2tobj: Any) -> str:
    """Return what stands behind `_` or `^`, of "χ^(2)" without braces the first bracket alone."""
    mark, (text,) = node.specials_chars, arguments(node, l2tobj, 1)
    return f"{mark}(" if text == "(" else script(mark, text)


def show_link(url: str, text: str) -> str:
    """Return a link's text with its address, unless that is what the text says."""
    return text if text.strip("/ ") in url else f"{text} ({url})"


def show_fraction(above: str, below: str) -> str:
    """Return a fraction; outside dollars "\\frac{1}2" has no arguments, and no reading but "12"."""
    return fraction(above, below) if below else r"\frac"


def show_root(degree: str, text: str) -> str:
    """Return a root, its degree raised before it; outside dollars "\\sqrt n" has no argument."""
    return f"{script('^', degree) if degree else ''}√{f'({settle(text)})' if text else ''}"


def show_substance(formula: str) -> str:
    """Return a formula as the package mhchem shows it: H2SO4 with its numbers lowered."""
    lowered = ATOMS.sub(lambda match: script("_", match[0]), formula)
    return lowered.replace("<=>", "⇌").replace("->", "→")


def show_accent(text: str, mark: str) -> str:
    """Return a text with its accent: above one letter, or a line above a few."""
    text = settle(text).strip()
    if ACCENTED.fullmatch(text):
        return normalize("NFC", text[0] + mark) + text[1:]
    if mark == MACRON and text.isalpha() and len(text) < 4:
        return normalize("NFC", "".join(letter + mark for letter in text))
    return text


def show_character(code: str) -> str:
    """Return the character that a number in MathJax' notation means: "x2013", "8211"."""
    return chr(int(code[1:], 16) if code.startswith("x") else int(code))


def show_unknown(node: Any, l2tobj: Any) -> str:
    """Return the arguments, or without any the name.

    Raises:
        ValueError: a group follows and may be an argument; nobody knows what the macro makes of it.
    """
    name, behind = node.macroname, node.parsing_state.s[node.pos + node.len :]
    given = node.nodeargd.argnlist if node.nodeargd else ()
    if any(given):
        return "".join(arguments(node, l2tobj, len(given)))
    if name in SWITCHES or not name.isalpha():
        return ""
    if behind.startswith("{"):
        raise ValueError(name)
    return f"{name}{node.macro_post_space}"
