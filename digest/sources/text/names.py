"""Splits author lists and puts every name as "First Last". Pure."""

import re
from itertools import takewhile

from digest.sources.text.characters import MAX_LINE, clean_line, cut
from digest.sources.text.latex import readable
from digest.sources.text.markup import has_markup, plain_text

MAX_AUTHORS = 200

SUFFIX = re.compile(r"^(?:Jr|Sr|II|III|IV|PhD|MD)\.?$", re.IGNORECASE)
BEHIND = re.compile(r" (?:Jr|Sr|II|III|IV|PhD|MD)\.?$", re.IGNORECASE)
# Chinese commas and semicolons
SIGNS = str.maketrans("，、；", ",,;")
EAST_ASIAN = re.compile(r"^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,5}$")  # a whole name
# What stands in small letters within a name
PARTICLE = re.compile(
    r"(?:a[flv]|bin|d[aeiou]|d[ao]s|de[lnr]|della|e|el|i|ibn|l[ae]|l[ao]s|san|santa|te[nr]|und|van|"
    r"vo[mn]|y|z[ou]|zu[mr])$|(?:al|el|de)-|[dl]['’]"
)
# What surnames of several words begin with, and hardly a forename does: Da and Le are forenames
IBERIAN = (
    r"(?:\w{2,}[eé]z|R[uú]iz|D[ií]az|Ortiz|Mu[ñn]oz|Garc[ií]a|Silva|Santos|Costa|Cruz|Castro|Torres|"
    r"Ramos|Moreno|Romero|Navarro|Ortega|Sou[sz]a|Pereira|Ferreira|Oliveira|Almeida)"
)
LONG_SURNAME = re.compile(
    rf"^(?:(?:De[lnr]?|Della|D[ao]s|L[ao]s|Te[nr]|V[ao]n|Zu[mr]) |{IBERIAN}[ -]{IBERIAN}$)"
)
INITIALS = re.compile(r"^(?:[^\W\d_]\.?[ -]?){1,4}$")
TRAILING_INITIALS = re.compile(
    r"^(.{2,}?) ([^\W\d_](?:-?[^\W\d_]){0,2})(\.?)( (?:Jr|Sr|II|III|IV)\.?)?$"
)
# What may as well be a surname in capitals: LI, ITO, KIM
SHORT_SURNAME = re.compile(
    r"^(?:[^AEIOUY][AEIOUY]{1,2}[^AEIOUY]?|[AEIOU][^AEIOU][AEIOU]|A[INU]|OH|IM|NG)$"
)
ET_AL = re.compile(r"\bet\.? al\b\.?.*$", re.IGNORECASE)
BEHALF = re.compile(r",?\s+on behalf of\s+(?:the\s+)?", re.IGNORECASE)
AND = re.compile(r"(,?\s+(?:and|&)\s+)", re.IGNORECASE)
# What the name of a group holds and that of a person does not
GROUP = re.compile(
    r"\b(?:of|for|(?i:institut\w*|universi\w*|department|ministry|cent(?:er|re)s?|society|"
    r"association|college|consortium|collaborat\w+|group|team|network|committee|council|commission|"
    r"executive|foundation|agency|academy|laborator\w+|hospital|investigators|initiative|"
    r"program(?:me)?|organi[sz]ation|project|administration|authority))\b"
)
# Where one name ends and the next begins with nothing between, not within McRing or DeLong
SEAM = re.compile(
    r"(?<=[^\W\d_A-Z])(?<!\bMc)(?<!\bMac)(?<!\bD[eiu])(?<!\bL[ae])(?<!\bVan)(?=[A-Z])"
)
# "Alan Ring1Department of Ponds, UK": what stands behind the last of such names
AFFILIATED = re.compile(r"(?:,|(?<=[^\W\d_])\d).*", re.DOTALL)
# PNAS letters its affiliations: "Alan RingaDepartment of Ponds, UK 12345bInstitute of Frogs"
LETTERED = re.compile(r"\wb(?=[A-Z])")
# "Ada Byron, Alan Ring (Author)": Open Journal Systems writes the role behind a run of names
ROLE = re.compile(
    r"\s*\((?:authors?|autor(?:/?a|es|en|in|i)?|auteure?s?|penulis|yazar|автор|作者|著者)\)",
    re.IGNORECASE,
)
# "Grace Hopper (FROG Collaboration)", as the American Physical Society writes
IN_PARENTHESES = re.compile(r"\s+\((?:the )?([^()]{2,100}\bCollaborations?)\)$", re.IGNORECASE)


def clean_authors(names: list[str]) -> tuple[str, ...]:
    """Return cleaned names, each once, at most 200; the rest as "and N more"."""
    kept = tuple(dict.fromkeys(filter(None, map(clean_author, names))))
    hidden = len(kept) - MAX_AUTHORS
    return (*kept[:MAX_AUTHORS], f"and {hidden} more") if hidden > 0 else kept


def clean_author(name: str) -> str:
    """Return one name as plain text, LaTeX accents made letters."""
    name = plain_text(name) if has_markup(name) else name
    name = clean_line(readable(name)).strip(",; ")
    return cut(name, MAX_LINE) if any(map(str.isalpha, name)) else ""


def split_arxiv(creators: str) -> list[str]:
    """Split arXiv's `dc:creator`: names by commas, affiliations in parentheses left out.

    "A. Gould (1), S. Dorsher (2 and 3) ((1) Ohio, USA, (2) CfA)" gives the two names.
    """
    line = clean_line(drop_parentheses(creators))
    names = [name.strip() for name in re.split(r",|\s+and\s+", line)]
    return join_suffixes([name for name in names if name and not ET_AL.match(name)])


def drop_parentheses(text: str) -> str:
    """Return the text without what stands in parentheses, however deep."""
    kept, depth = [], 0
    for letter in text:
        depth += letter == "("
        if not depth:
            kept.append(letter)
        depth -= letter == ")" and depth > 0
    return "".join(kept)


def split_glued(text: str) -> list[str]:
    """Return the names of a list that lost all that stood between them and the affiliations behind.

    "Ada ByronAlan RingUniversity of Ponds, UK" gives the two names; any other text gives itself.
    """
    people = AFFILIATED.sub("", text)
    numbered = text[len(people) :][:1].isdigit()
    parts = SEAM.split(people)
    names = list(takewhile(lambda part: not GROUP.search(part), parts))
    glued = (len(parts) > 1 or numbered) and names and all(" " in part for part in parts)
    glued = glued and not text.startswith("The ")  # a group's name
    if len(names) < len(parts) and LETTERED.search(text[len(people) :]):
        names[-1:] = [name.removesuffix("a") for name in names[-1:]]
    return [name.strip() for name in names] if glued else [text]


def split_names(text: str) -> list[str]:
    """Split an author list of unknown making: "A B, C D", "Last, F.; Last, F.", "Last F, ..."."""
    return turn_names(split_list(text))


def read_names(elements: list[str]) -> list[str]:
    """Return the names of elements made for one person each, though some hold a list."""
    texts = [clean_line(text) for text in elements]
    if len(texts) > 1 and all(text.count(",") == 1 and not AND.search(text) for text in texts):
        return turn_names(texts)  # "Surname, Forename" throughout
    return turn_names([name for text in texts for name in split_element(text)])


def split_element(text: str) -> list[str]:
    """Return the names of one element: of single words around "and" a group's."""
    people = split_and(text)
    lone = len(people) > 1 and not all(" " in name for name in people) and "," not in text
    return [text] if lone else split_list(text)


def split_list(text: str) -> list[str]:
    """Return the names of a list as they stand there."""
    text = ET_AL.sub("", ROLE.sub("", clean_line(text.translate(SIGNS)))).rstrip(" ,;")
    text = IN_PARENTHESES.sub(r" on behalf of \1", text)
    names = []
    for section in re.split(r"\s*;\s*", text):
        people, *behind = BEHALF.split(section)
        told = [split_parts(part) for part in split_and(people)]
        surname_first = ";" in text or (len(told) > 1 and all(len(parts) == 2 for parts in told))
        for parts in told:
            alone = surname_first and len(parts) == 2 and not match_initials(parts[0])
            names += [", ".join(parts)] if alone else split_commas(parts)
        names += behind
    return names


def split_and(text: str) -> list[str]:
    """Split at "and" and "&" between people, not at those within the name of a group."""
    first, *rest = AND.split(text)
    parts = [first]
    for word, part in zip(rest[::2], rest[1::2], strict=True):
        before, after = parts[-1].rsplit(",", 1)[-1].strip(), part.split(",", 1)[0]
        if GROUP.search(before) or (" " not in before and GROUP.search(after)):
            parts[-1] += word + part
        else:
            parts.append(part)
    return parts


def split_parts(text: str) -> list[str]:
    """Return what stands between the commas."""
    return join_suffixes([part.strip() for part in text.split(",") if part.strip()])


def split_commas(parts: list[str]) -> list[str]:
    """Join what a comma divides within a name: a surname and its forename."""
    if len(parts) % 2 == 0 and all(map(are_initials, parts[1::2])):
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [f"{surname}, {forename}" for surname, forename in pairs]
    if len(joined := join_initials(parts)) < len(parts):
        return joined
    if len(parts) == 2 and is_turned(*parts):
        return [f"{parts[0]}, {parts[1]}"]
    return parts


def join_initials(parts: list[str]) -> list[str]:
    """Give dotted initials back to the surname before them: bioRxiv has groups without any among
    "Byron, A., Ring, A. M."."""
    joined: list[str] = []
    for part in parts:
        if joined and "." in part and are_initials(part) and "," not in joined[-1]:
            joined[-1] += f", {part}"
        else:
            joined.append(part)
    return joined


def is_turned(before: str, after: str) -> bool:
    """Tell a surname and its forename, or a group and its place, from two names."""
    if match_initials(before) or (EAST_ASIAN.match(before) and EAST_ASIAN.match(after)):
        return False
    return (
        " " not in before
        or " " not in after
        or PARTICLE.match(before.split()[0]) is not None
        or LONG_SURNAME.match(before) is not None
        or re.search(r" [^\W\d_]\.?$", after) is not None  # "Maria J."
        or (GROUP.search(before) is not None and not GROUP.search(after))
    )


def are_initials(part: str) -> bool:
    """Tell "J. R." from the short surname of "H. Li"."""
    part = BEHIND.sub("", part)
    return INITIALS.match(part) is not None and part.isupper()


def join_suffixes(parts: list[str]) -> list[str]:
    """Give "Jr." back to the name before it."""
    joined: list[str] = []
    for part in parts:
        if joined and SUFFIX.match(part):
            joined[-1] += f" {part}"
        else:
            joined.append(part)
    return joined


def turn_names(names: list[str]) -> list[str]:
    """Return the names with the forename first, "Surname FM" where the whole list is so written."""
    turned = [turn_name(name) for name in names]
    people = [name for name in names if "," not in name and not GROUP.search(name)]
    return [turn_initials(name) for name in turned] if have_initials(people) else turned


def turn_name(name: str) -> str:
    """Return "Surname, Forename Jr." with the forename first; a group stays as it is."""
    surname, comma, forename = name.partition(",")
    if not comma or not forename.strip() or GROUP.search(name):
        return name
    behind = BEHIND.search(forename.strip())
    given = BEHIND.sub("", forename.strip())
    return f"{given} {surname.strip()}{behind[0] if behind else ''}"


def have_initials(names: list[str]) -> bool:
    """Tell whether most names are "Surname FM", and one cannot be "Forename LI" or "Ann Smith MD".

    A single word tells nothing.
    """
    found = [match for name in names if (match := match_initials(name))]
    others = sum(" " in name for name in names) - len(found)
    return len(found) >= 2 * others and any(
        not (match[3] or SHORT_SURNAME.match(match[2]) or SUFFIX.match(match[2])) for match in found
    )


def match_initials(name: str) -> re.Match[str] | None:
    """Return the match of a name in small letters with capitals behind it."""
    match = TRAILING_INITIALS.match(name)
    return match if match and match[2].isupper() and not match[1].isupper() else None


def turn_initials(name: str) -> str:
    """Return PubMed's "Surname FM Jr" with the initials first."""
    match = match_initials(name)
    return f"{match[2]} {match[1]}{match[4] or ''}" if match else name
