"""Finds authors, DOI and abstract in the descriptions of journal feeds. Pure.

Elsevier, Pensoft, PubMed, PLOS, Nature and others write there, in HTML, what has elements of its
own elsewhere. A DOI counts only where a line says nothing else: abstracts cite other works.
"""

import re
from dataclasses import dataclass, field

from digest.identities import doi
from digest.sources.text.characters import clean_line
from digest.sources.text.markup import plain_text
from digest.sources.text.names import split_names

AUTHORS = re.compile(r"^(?:authors?|author\(s\)|by)\s*(?:[:：]|(?<=by)\s)\s*(.+)$", re.IGNORECASE)
DOI_LINE = re.compile(
    r"^(?:https?://(?:dx\.)?doi\.org/|doi:?\s*(?:https?://\S*doi\.org/)?)(10\.\S+)$", re.I
)
PUBMED_LINE = re.compile(r"^PMID:\s*(\d{1,9})(?:\s*\|\s*(?:PMC:\s*\S+\s*\|\s*)?DOI:\s*(10\.\S+))?")
ABSTRACT = re.compile(r"^(?:abstract|summary)\b\s*[:：.]?\s*(.*)$", re.IGNORECASE)
BOILERPLATE = re.compile(
    r"^(?:publication date:|source:|volume \d+,? issue|.{2,100}, published online:|pmid:|"
    r"the post .+ appeared first on|(?:html|xml|pdf)$|[\w.-]+\.(?:com|org|net|edu|gov|io)$|"
    r"(?:bio|med)rxiv [\d.]+; *doi:|add to selected citations|"
    r".{2,150}, (?:vol\. \S+, (?:issue|no)\b|volume \d+,? issue|ahead of print|earlyview))",
    re.IGNORECASE,
)
WORD = r"[^\W\d_][\w.'’-]{0,40}"
NAME = re.compile(rf"^{WORD}(?: {WORD}){{1,4}}$")


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
    for line in map(clean_line, plain_text(fragment).split("\n")):
        if not any(map(str.isalnum, line)) or read_label(line, found):
            continue
        match = ABSTRACT.match(line)
        if match and not began and (not match[1] or line.lower().startswith("abstract")):
            kept, began = [match[1]], True
        elif not BOILERPLATE.match(line):
            kept.append(line)
    found.abstract = finish_text(kept, found, began=began)
    return found


def read_label(line: str, found: Description) -> bool:
    """Take a line that is a label with its value into `found`; False for running text."""
    if match := PUBMED_LINE.match(line):
        found.pmid, found.doi = match[1], doi(match[2] or "") or found.doi
    elif match := DOI_LINE.match(line):
        found.doi = found.doi or doi(match[1])
    elif (match := AUTHORS.match(line)) and len(line) < 5_000 and not found.authors:
        found.authors = split_names(match[1])
    else:
        return False
    return True


def finish_text(kept: list[str], found: Description, *, began: bool) -> str:
    """Return the running text: nothing of a PubMed item without abstract, no bare name list."""
    if found.pmid and not began:
        return ""
    if kept and found.doi and not found.authors and not began and is_name_list(kept[0]):
        found.authors = split_names(kept.pop(0))
    return "\n".join(kept)


def is_name_list(line: str) -> bool:
    """Tell whether a line is names and commas alone."""
    parts = [part.strip() for part in line.split(",")]
    return len(line) < 3_000 and all(NAME.match(part) and part[0].isupper() for part in parts)
