"""Splits author lists and puts every name as "First Last". Pure."""

import re

from digest.sources.text.characters import MAX_LINE, clean_line, cut
from digest.sources.text.latex import readable
from digest.sources.text.markup import has_markup, plain_text

MAX_AUTHORS = 200

SUFFIX = re.compile(r"^(?:Jr|Sr|II|III|IV|PhD|MD)\.?$", re.IGNORECASE)
INITIALS = re.compile(r"^(?:[^\W\d_]\.?[ -]?){1,4}$")
TRAILING_INITIALS = re.compile(r"^(.{2,}?) ([A-Z]{1,3})$")
ET_AL = re.compile(r"\bet\.? al\b\.?.*$", re.IGNORECASE)
JOINED = re.compile(r"\s*;\s*|,?\s+(?:and|&)\s+", re.IGNORECASE)


def clean_authors(names: list[str], *, more: int = 0) -> tuple[str, ...]:
    """Return cleaned names, each once, at most 200; the rest as "and N more"."""
    cleaned = dict.fromkeys(filter(None, map(clean_author, names)))
    kept = tuple(cleaned)
    hidden = max(0, len(kept) - MAX_AUTHORS) + more
    return (*kept[:MAX_AUTHORS], f"and {hidden} more") if hidden else kept


def clean_author(name: str) -> str:
    """Return one name as plain text, LaTeX accents made letters."""
    if "<" in name or "&" in name:
        name = plain_text(name) if has_markup(name) else name
    name = clean_line(readable(name)).strip(",; ")
    return cut(name, MAX_LINE) if any(map(str.isalpha, name)) else ""


def split_arxiv(creators: str) -> list[str]:
    """Split arXiv's `dc:creator`: names by commas, affiliations in parentheses left out.

    "A. Gould (1), S. Dorsher (2 and 3) ((1) Ohio, USA, (2) CfA)" gives the two names.
    """
    names = [
        name.strip() for name in re.split(r",|\s+and\s+", clean_line(drop_parentheses(creators)))
    ]
    return join_suffixes([name for name in names if name])


def drop_parentheses(text: str) -> str:
    """Return the text without what stands in parentheses, however deep."""
    kept, depth = [], 0
    for letter in text:
        depth += letter == "("
        if not depth:
            kept.append(letter)
        depth -= letter == ")" and depth > 0
    return "".join(kept)


def split_names(text: str) -> list[str]:
    """Split an author list of unknown making: "A B, C D", "Last, F.; Last, F.", "Last F, ..."."""
    text = ET_AL.sub("", clean_line(text)).rstrip(" ,;")
    groups = [group for group in JOINED.split(text) if group]
    names = [name for group in groups for name in split_commas(group)]
    return [turn_name(name) for name in names]


def split_commas(group: str) -> list[str]:
    """Split at the commas between people, not at those between surname and forename."""
    parts = join_suffixes([part.strip() for part in group.split(",") if part.strip()])
    if len(parts) < 2:
        return parts
    if len(parts) % 2 == 0 and all(map(are_initials, parts[1::2])):
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [f"{surname}, {forename}" for surname, forename in pairs]
    if len(parts) == 2 and (" " not in parts[0] or " " not in parts[1]):
        return [f"{parts[0]}, {parts[1]}"]
    return parts


def are_initials(part: str) -> bool:
    """Tell "J. R." from the short surname of "H. Li"."""
    return INITIALS.match(part) is not None and part == part.upper()


def join_suffixes(parts: list[str]) -> list[str]:
    """Give "Jr." back to the name before it."""
    joined: list[str] = []
    for part in parts:
        if joined and SUFFIX.match(part):
            joined[-1] += f" {part}"
        else:
            joined.append(part)
    return joined


def turn_name(name: str) -> str:
    """Return "Surname, Forename" and "Surname FM" with the forename first."""
    surname, comma, forename = name.partition(",")
    if comma and forename.strip():
        return f"{forename.strip()} {surname.strip()}"
    match = TRAILING_INITIALS.match(name)
    if match and not match[1].isupper():
        return f"{match[2]} {match[1]}"
    return name
