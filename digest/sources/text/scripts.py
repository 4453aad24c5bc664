"""Writes exponents, indices and fractions on one line, in Unicode where it has the signs. Pure."""

import re

RAISED = str.maketrans("0123456789+-−‐–=()nimjT⊤∘°*∗⋆•●", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁻⁼⁽⁾ⁿⁱᵐʲᵀᵀ°°***••")
LOWERED = str.maketrans("0123456789+-−‐–=()ijknx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₋₌₍₎ᵢⱼₖₙₓ")
SHIFTED = "²³¹ʲᵀᵐᵢⱼ\u2070-\u209f"  # what these tables give, in a class of characters
# what may keep a few signs that Unicode does not raise or lower: notes 1,2; alleles +/-; PM 2.5
NOTES = re.compile(r"[\d,–-]+|[+−‐–-]/[+−‐–-]")
INDICES = re.compile(r"[\dijkn.,]+")
PRIMES = frozenset("′″‴†‡")
ORDINALS = frozenset({"st", "nd", "rd", "th"})
WORD = re.compile(rf"[^\W_{SHIFTED}]+")  # of letters and digits on the line

# private use: around a fraction until it is known what stands beside it
OPEN, CLOSE = "\ue000", "\ue001"
# private use: on both sides of an operator, until it is known what stands there
APART = "\ue004"
FRACTION = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
LONE_FRACTION = re.compile(rf"(?<![\w)])(?<![\w)] ){FRACTION.pattern}(?! ?[\w(√∑∫])")
ON_LINE = rf"(?=[^\W_{SHIFTED}]|√)"  # a letter or digit that is no script, or a root
BETWEEN = re.compile(rf"(?<=[\w)\]]){APART}+{ON_LINE}")
# a large operator or a limit with its scripts, and no blank before what it is of
SCRIPTED = re.compile(
    r"((?:[∑∏∐∫∬∭∮⋀⋁⋂⋃⨁⨂⨆⨄]|(?<![a-zA-Z_])(?:min|max|sup|inf|lim|log))"
    rf"(?:[{SHIFTED}]|\^(?:∞|[^\W_])|_[Α-ω]|[_^]\([^()]{{1,80}}\)){{1,40}})" + ON_LINE
)
BRACKETED = re.compile(r"\([^()]*\)")
SIGN = re.compile(r"[\s+\-−±∓=<>≤≥/*·×,;:]")
PRODUCT = re.compile(r"[0-9][^\W\d_]")


def script(mark: str, text: str) -> str:
    """Return an exponent (mark `^`) or an index (mark `_`): "⁻³", "_max", "^(x+y)"."""
    text = settle(text.strip()).replace(", ", ",")
    table, some = (RAISED, NOTES) if mark == "^" else (LOWERED, INDICES)
    if all(ord(letter) in table for letter in text) or some.fullmatch(text):
        return text.translate(table)
    if mark == "^" and (text in ORDINALS or PRIMES.issuperset(text)):
        return text
    if len(text) == 1 or BRACKETED.fullmatch(text) or (mark == "_" and WORD.fullmatch(text)):
        return mark + text
    return f"{mark}({text})"


def fraction(above: str, below: str) -> str:
    """Return a fraction with the brackets that it needs within; `settle` gives it those around."""
    above, below = (settle(part.strip()).replace("∂ ", "∂") for part in (above, below))
    first = f"({above})" if SIGN.search(BRACKETED.sub("", above), 1) else above
    bare = BRACKETED.sub("", below)
    second = f"({below})" if SIGN.search(bare) or PRODUCT.search(bare) else below
    return f"{OPEN}{first}/{second}{CLOSE}"


def settle(text: str) -> str:
    """Return the text with blanks around operators and brackets around fractions in products."""
    text = BETWEEN.sub(" ", text).replace(APART, "")
    if OPEN in text:
        text = FRACTION.sub(r"(\1)", LONE_FRACTION.sub(r"\1", text))
    return SCRIPTED.sub(r"\1 ", text)
