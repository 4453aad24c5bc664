"""Writes the formulas of MathML and JATS on one line, linear in the text's length. Pure."""

import html
import re

from digest.sources.text.macros import OPERATORS
from digest.sources.text.scripts import APART, fraction, script, settle

TAG = re.compile(r"<(/?)(?:[\w-]{1,20}:)?([a-zA-Z][\w-]{0,30})\b[^<>]{0,2000}>")
FORMULAS = frozenset(["math", "alternatives", "tex-math", "msub", "msup", "msubsup", "mfrac"])
UNSEEN = frozenset({"annotation", "annotation-xml", "mphantom"})
SEPARATORS = {"mtr": " ", "mtable": "; "}
ACCENTS = {"¯": "\u0304", "‾": "\u0304", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303"}
ACCENTS |= {"˜": "\u0303", "˙": "\u0307", "→": "\u20d7"}
APPLIED = "\u2061"  # between a function and what it is of
BODY = re.compile(r"\\begin\{document\}(.*)\\end\{document\}", re.DOTALL)

# private use: mark what an element around must tell apart
PRESCRIPTS, TEX = "\ue002", "\ue003"

Open = tuple[str, list[str]]  # an open element's name and what its children show


def read_formulas(fragment: str) -> str:
    """Return HTML or JATS with its formulas as (escaped) text; of two forms of one the MathML.

    A formula that never ends stays as it is.
    """
    whole: Open = ("", [])
    stack, place, start = [whole], 0, 0
    for tag in TAG.finditer(fragment):
        name = tag[2].lower()
        if len(stack) == 1 and (tag[1] or name not in FORMULAS):
            continue
        add_text(stack, fragment[place : tag.start()])
        place = tag.end()
        if tag[1]:
            close_named(stack, name)
            continue
        start = tag.start() if len(stack) == 1 else start
        stack.append((name, []))
        if tag[0].endswith("/>"):
            close(stack)
    return "".join(whole[1]) + fragment[start if len(stack) > 1 else place :]


def close_named(stack: list[Open], name: str) -> None:
    """Close the innermost element if it has this name, all if the formula has it."""
    if name == stack[-1][0]:
        close(stack)
    elif name == stack[1][0]:
        while len(stack) > 1:
            close(stack)


def add_text(stack: list[Open], text: str) -> None:
    """Add text to the innermost open element; blanks count only outside of formulas."""
    name, parts = stack[-1]
    if not name:
        parts.append(text)
    elif text.strip():
        parts.append(html.unescape(text if name == "mtext" else text.strip()))


def close(stack: list[Open]) -> None:
    """Close the innermost element and give what it shows to the one around it."""
    name, parts = stack.pop()
    shown = show(name, parts)
    if len(stack) == 1:
        shown = html.escape(settle(shown).replace(TEX, "").replace(PRESCRIPTS, ""), quote=False)
    stack[-1][1].append(shown)


def show(name: str, parts: list[str]) -> str:
    """Return what an element shows, given what its children show."""
    if name in UNSEEN:
        return ""
    if name in {"mspace", "mprescripts"}:
        return " " if name == "mspace" else PRESCRIPTS
    if name in {"mi", "mo"} and "".join(parts) in OPERATORS:
        return APART + "".join(parts) + APART
    if name == "mo" and parts == [APPLIED]:
        return APART
    if name == "tex-math":
        tex = "".join(parts)
        body = BODY.search(tex)
        return TEX + (body[1] if body else tex)
    if name == "alternatives":
        return "".join(part for part in parts if not part.startswith(TEX)) or "".join(parts)
    if name == "mmultiscripts" and parts:
        return scripted(parts)
    if name == "mfenced":
        return f"({','.join(parts)})"
    if name == "msqrt":
        return f"√({settle(''.join(parts))})"
    return show_pair(name, parts) or SEPARATORS.get(name, "").join(parts)


def show_pair(name: str, parts: list[str]) -> str:
    """Return what an element of two or three children shows, "" for all others."""
    match name, parts:
        case "mover", [base, accent] if accent in ACCENTS:
            return base + ACCENTS[accent]
        case (("msub" | "munder"), [base, index]):
            return base + script("_", index)
        case (("msup" | "mover"), [base, power]):
            return base + script("^", power)
        case (("msubsup" | "munderover"), [base, index, power]):
            return base + script("_", index) + script("^", power)
        case "mfrac", [above, below]:
            return fraction(above, below)
        case "mroot", [base, degree]:
            return f"{script('^', degree)}√({settle(base)})"
    return ""


def scripted(parts: list[str]) -> str:
    """Return a base with the scripts behind and before it: ¹³C."""
    base, *rest = parts
    place = rest.index(PRESCRIPTS) if PRESCRIPTS in rest else len(rest)
    sides = (rest[place + 1 :], rest[:place])
    before, behind = ("".join(map(script, "_^" * len(side), side)) for side in sides)
    return before + base + behind
