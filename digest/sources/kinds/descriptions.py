"""Finds authors, DOI and abstract in the descriptions of journal feeds. Pure.

Elsevier, Pensoft, PubMed, PLOS, Nature and others write there, in HTML, what has elements of its
own elsewhere. A DOI counts only where a line says nothing else: abstracts cite other works.
"""

import re
from dataclasses import dataclass, field

from digest.identities import doi
from digest.sources.text.characters import clean_line
from digest.sources.text.headings import OPENING
from digest.sources.text.markup import plain_text
from digest.sources.text.names import BEHALF, ET_AL, GROUP, PARTICLE, split_names
from digest.sources.text.typesetting import without_marks

AUTHORS = re.compile(r"^(?:authors?|author\(s\)|by)\s*[:：]\s*(.+)$", re.IGNORECASE)
BYLINE = re.compile(r"^by\s+(.+)$", re.IGNORECASE)
DOI_LINE = re.compile(
    r"^(?:https?://(?:dx\.)?doi\.org/|doi:?\s*(?:https?://\S*doi\.org/)?)(10\.\S+?)"
    r"(?:,\s*[\w -]{0,30}(?:article|communication|paper|perspective|review))?$",
    re.IGNORECASE,
)
# the head of the Royal Society of Chemistry's items: "J. Frogs, 2026, Advance Article DOI: 10...",
# and of Copernicus': "J. Frogs, 18, 1-9, https://doi.org/10..., 2026"
CITED = re.compile(
    r"^.{2,100}?, \d{4}, ?(?:advance article|accepted manuscript|\d+, ?\d+[\d-]*)"
    r"(?:,? ?DOI ?: ?(10\.[^\s,]+).{0,300})?$"
    r"|^.{2,150}?, ?https?:?//doi\.org/(10\.[^\s,]+), ?\d{4}$",
    re.IGNORECASE,
)
PUBMED_LINE = re.compile(r"^PMID:\s*(\d{1,9})(?:\s*\|\s*(?:PMC:\s*\S+\s*\|\s*)?DOI:\s*(10\.\S+))?")
# a heading: alone on its line, set off from the text, in capitals or before an opening
ABSTRACT = re.compile(
    rf"^(?:(?i:abstract|summary)\s*(?:[:：.—]|$)|ABSTRACT\s|(?i:abstract)\s+{OPENING})\s*(.*)$"
)
EARLY = r"(?:ahead of print|early ?view|just accepted|online ?first|accepted article)"
BOILERPLATE = re.compile(
    rf"^(?:{EARLY}\.?$|"
    r"publication date:|author\(s\):$|volume \d+,? issue|.{2,100}, published online:|pmid:|"
    r"the post .+ appeared first on|(?:html|xml|pdf)$|[\w.-]+\.(?:com|org|net|edu|gov|io)$|"
    r"(?:bio|med)rxiv [\d.]+; *doi:|add to selected citations|"
    r"to cite this article before page numbers|the content of this rss feed|open access$|"
    r"this article is licensed under a creative commons|preprint under review for .{2,99}$|"
    r"\[[^\[\]]{2,100}\] published \w{3} \w{3} \d)",  # the American Physical Society
    re.IGNORECASE,
)
# what Substack, Medium and WordPress put between and behind the words of a post
BUTTON = re.compile(
    r"^(?:(?:subscribe(?: now)?|share(?: this:)?|leave a comment|upgrade to paid)$"
    r"|thanks for reading .{2,150}!(?: subscribe\b| this post is public\b|$)"
    r"|.{2,150} is a reader-supported publication\b"
    r"|.{2,200} was originally published in .{2,150} on medium, where|click to share on )",
    re.IGNORECASE,
)
GO_ON = re.compile(r"(?:^|(?<=[.!?…\]])) ?(?:Continue reading|Read [Mm]ore)\b[^.!?]{0,150}$")
# where the article stands, at times with the abstract on the same line
PLACE = re.compile(
    r"^.{2,150}, (?:vol\. \S+, (?:issue|no)\b|volume \d+,? issue|"
    rf"{EARLY}(?=\.|$))"
    r"[^.]{0,100}(?:\. )?",
    re.IGNORECASE,
)
LEAST_BEHIND = 40  # characters; what is shorter belongs to the place
# Optica's place, at the end: "[Opt. Frogs 32, 8000-8010 (2026)]"
PLACE_BEHIND = re.compile(r"(?<=[.!?])\s*\[[A-Z][^\[\]]{2,60} \d+, [\w-]+ \(\d{4}\) ?\]$")
# the name of a journal, with or without volume and issue
SOURCE = re.compile(r"^Source: (?:(?:[A-Z\d&(][^\s;]*|of|and|the|in|for|on|de|la)(?: |$)){1,20}$")
WORD = r"['’]?[^\W\d_][\w.'’-]{0,40}"
NAME = re.compile(rf"^{WORD}(?: {WORD}){{1,4}}$")
ARTICLES = frozenset({"the", "of", "for", "in", "on"})  # in the names of groups
BETWEEN_NAMES = re.compile(r",? (?:and|&) |, ?")


@dataclass(slots=True)
class Description:
    """What a description told beside its running text."""

    abstract: str = ""
    authors: list[str] = field(default_factory=list)
    doi: str = ""
    pmid: str = ""


def read_description(fragment: str) -> Description:
    """Return the parts of one description."""
    found, kept, began = Description(), [], False
    for line in map(read_line, without_marks(plain_text(fragment)).split("\n")):
        if not any(map(str.isalnum, line)) or read_label(line, found):
            continue
        match = ABSTRACT.match(line)
        if match and not began and (not match[1] or line.lower().startswith("abstract")):
            kept, began = [match[1]], True
        elif not any(known.match(line) for known in (BOILERPLATE, SOURCE, BUTTON)):
            kept.append(line)
    found.abstract = finish_text(kept, found, began=began)
    return found


def read_line(text: str) -> str:
    """Return a cleaned line without the article's place in its journal."""
    line = GO_ON.sub("", PLACE_BEHIND.sub("", clean_line(text)))
    if match := PLACE.match(line):
        line = line[match.end() :]
        return line if len(line) >= LEAST_BEHIND else ""
    return line


def read_label(line: str, found: Description) -> bool:
    """Take a line that is a label with its value into `found`; False for running text."""
    if match := PUBMED_LINE.match(line):
        found.pmid, found.doi = match[1], doi(match[2] or "") or found.doi
    elif match := DOI_LINE.match(line):
        found.doi = found.doi or doi(match[1])
    elif match := CITED.match(line):
        found.doi = found.doi or doi(match[1] or match[2] or "")
    elif not found.authors and (names := find_names(line)):
        found.authors = names
    else:
        return False
    return True


def find_names(line: str) -> list[str]:
    """Return the names of a line that says that it is the authors', or none."""
    if (match := AUTHORS.match(line)) and len(line) < 5_000:
        return split_names(match[1])
    match = BYLINE.match(line)
    return split_names(match[1]) if match and is_name_list(match[1]) else []


def finish_text(kept: list[str], found: Description, *, began: bool) -> str:
    """Return the running text: nothing of a PubMed item without abstract, no bare name list."""
    if found.pmid and not began:
        return ""
    if kept and found.doi and not found.authors and not began and is_name_list(kept[0]):
        found.authors = split_names(kept.pop(0))
    return "\n".join(kept)


def is_name_list(line: str) -> bool:
    """Tell whether a line is names alone, half of them at least of two words or more."""
    if len(line) >= 3_000:
        return False
    people, *_ = BEHALF.split(ET_AL.sub("", line).strip(" ,."))
    others = [part for part in BETWEEN_NAMES.split(people) if not is_name(part)]
    return 2 * len(others) <= len(BETWEEN_NAMES.split(people)) and all(map(may_sign, others))


def is_name(text: str) -> bool:
    """Tell whether a text may be a person's name: with capitals, but for words like "van"."""
    small = (word for word in text.split() if word[0].islower())
    return bool(NAME.match(text)) and all(map(PARTICLE.match, small))


def may_sign(text: str) -> bool:
    """Tell whether a text may stand among names: a single name, or "the FROG Consortium"."""
    small = {word for word in text.split() if word[0].islower()}
    return (" " not in text and text[:1].isupper()) or bool(
        GROUP.search(text) and small <= ARTICLES
    )
