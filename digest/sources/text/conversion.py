"""Reads one short piece of LaTeX with pylatexenc, taught what it lacks. Pure.

pylatexenc drops the macros that it does not know, and with them their arguments. Here their words
stay; where even their number of arguments is unknown, there is no reading.
"""

import re
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from digest.sources.text.macros import ACCENTS, ALIKE, MACRON, OPERATORS, SIGNS, SWITCHES
from digest.sources.text.scripts import APART, SHIFTED, fraction, script, settle

# name: (arguments as pylatexenc writes them, what is shown)
SHOWN = {
    "abs": ("{", "|%(1)s|"),
    "norm": ("{", "‖%(1)s‖"),
    "ceil": ("{", "⌈%(1)s⌉"),
    "floor": ("{", "⌊%(1)s⌋"),
    "bra": ("{", "⟨%(1)s|"),
    "ket": ("{", "|%(1)s⟩"),
    "braket": ("{", "⟨%(1)s⟩"),
    "expval": ("{", "⟨%(1)s⟩"),
    "mel": ("{{{", "⟨%(1)s|%(2)s|%(3)s⟩"),
    "substack": ("{", lambda node, l2tobj: ",".join(argument(node, l2tobj, 0).split("\n"))),
    "unicode": ("[{", lambda node, l2tobj: show_character(argument(node, l2tobj, 1))),
    "color": ("[{", ""),
    "item": ("[", " •%(1)s"),
    "xrightarrow": ("[{", lambda node, l2tobj: "→" + script("^", argument(node, l2tobj, 1))),
    "url": ("{", "%(1)s"),
    "href": ("{{", lambda node, l2tobj: show_link(node, l2tobj)),
    "colon": ("", ": "),
    "operatorname": ("*{", APART + "%(2)s" + APART),
    "underset": ("{{", lambda node, l2tobj: show_beside("_", node, l2tobj)),
    "overset": ("{{", lambda node, l2tobj: show_beside("^", node, l2tobj)),
    "stackrel": ("{{", lambda node, l2tobj: show_beside("^", node, l2tobj)),
    "mod": ("", " mod "),
    "bmod": ("", " mod "),
    "pmod": ("{", APART + "(mod %(1)s)"),
    "SI": ("[{{", "%(2)s %(3)s"),
    "qty": ("[{{", "%(2)s %(3)s"),
    "num": ("[{", "%(2)s"),
    "si": ("[{", "%(2)s"),
    "unit": ("[{", "%(2)s"),
    "per": ("", " per "),
    "textsuperscript": ("{", lambda node, l2tobj: script("^", argument(node, l2tobj, 0))),
    "textsubscript": ("{", lambda node, l2tobj: script("_", argument(node, l2tobj, 0))),
    "sqrt": ("[{", lambda node, l2tobj: show_root(node, l2tobj)),
    "ce": ("{", lambda node, l2tobj: show_substance(argument(node, l2tobj, 0))),
}
FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "textfrac")
SHOWN |= dict.fromkeys(FRACTIONS, ("{{", lambda node, l2tobj: show_fraction(node, l2tobj)))
SHOWN |= dict.fromkeys(("binom", "dbinom", "tbinom"), ("{{", "C(%(1)s,%(2)s)"))
SHOWN |= dict.fromkeys(("underline", "overbrace", "underbrace"), ("{", "%(1)s"))
SHOWN |= {"Bra": SHOWN["bra"], "Ket": SHOWN["ket"], "Braket": SHOWN["braket"]}
SHOWN |= {name: ("", sign) for name, sign in SIGNS.items()}
SHOWN |= {name: ("", APART + name + APART) for name in OPERATORS}
SHOWN |= dict.fromkeys(ACCENTS, ("{", lambda node, l2tobj: show_accent(node, l2tobj)))
ATOMS = re.compile(r"(?<=[A-Za-z)\]])\d+")  # of one kind in a molecule, or of a group in brackets
# the package physics gives both sides an argument
BRAKET = re.compile(r"\\braket\{([^{}]{1,200})\}\{([^{}]{1,200})\}")
SCRIPTED = re.compile(r"([_^])\s*(\\[a-zA-Z]+(?:\{[^{}]*\}){1,2}|-\d+)")
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
    texts = {name: text for name, (_, text) in SHOWN.items()} | alike
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


def show_script(node: Any, l2tobj: Any) -> str:
    """Return what stands behind `_` or `^`."""
    return script(node.specials_chars, argument(node, l2tobj, 0))


def show_link(node: Any, l2tobj: Any) -> str:
    """Return a link's text with its address, unless that is what the text says."""
    url, text = argument(node, l2tobj, 0), argument(node, l2tobj, 1)
    return text if text.strip("/ ") in url else f"{text} ({url})"


def show_fraction(node: Any, l2tobj: Any) -> str:
    """Return both arguments as a fraction."""
    return fraction(argument(node, l2tobj, 0), argument(node, l2tobj, 1))


def show_root(node: Any, l2tobj: Any) -> str:
    """Return a root, its degree raised before it."""
    degree = argument(node, l2tobj, 0)
    return f"{script('^', degree) if degree else ''}√({settle(argument(node, l2tobj, 1))})"


def show_substance(formula: str) -> str:
    """Return a formula as the package mhchem shows it: H2SO4 with its numbers lowered."""
    lowered = ATOMS.sub(lambda match: script("_", match[0]), formula)
    return lowered.replace("<=>", "⇌").replace("->", "→")


def show_accent(node: Any, l2tobj: Any) -> str:
    """Return the argument with its accent: above one letter, or a line above a few."""
    text, mark = settle(argument(node, l2tobj, 0)).strip(), ACCENTS[node.macroname]
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
    arguments = node.nodeargd.argnlist if node.nodeargd else ()
    if any(arguments):
        return "".join(argument(node, l2tobj, place) for place in range(len(arguments)))
    if name in SWITCHES or not name.isalpha():
        return ""
    if behind.startswith("{"):
        raise ValueError(name)
    return f"{name}{node.macro_post_space}"


def show_beside(mark: str, node: Any, l2tobj: Any) -> str:
    """Return the second argument with the first as its index or exponent."""
    return argument(node, l2tobj, 1) + script(mark, argument(node, l2tobj, 0))


def argument(node: Any, l2tobj: Any, place: int) -> str:
    """Return the text of an argument, "" for an optional one that is absent."""
    return str(l2tobj.node_arg_to_text(node, place))
