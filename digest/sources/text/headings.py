"""Removes the word Abstract where it is a heading, and sets other headings apart. Pure."""

import re

FIRST_WORDS = (  # of sentences and sections
    r"(?:The|This|These|There|We|Our|In|On|At|An?|Here|It|For|From|To|By|With|As|While|Although|"
    r"Recent|Background|Motivation|Objectives?|Aims?|Purpose|Introduction|Importance|Context|"
    r"Methods?|Results?|Conclusions?|Significance|Premise|Rationale|Summary)\b"
)
# What follows a heading that lost its line break: a word that opens sentences or sections, or any
# word with a capital before one without ("Abstract Frogs sing"). "Abstract interpretation" and
# "Abstract Meaning Representation" are what the paper is about.
OPENING = (
    rf"(?={FIRST_WORDS}"
    r"|(?!(?:Algebra|Argumentation|Art|Banach|Boolean|Cauchy|Data|Hilbert|Interpretation|Meaning|"
    r"Reasoning|State|Syntax|Wiener)\b)[A-Z][\w-]*[,:]? (?![A-Z]))"
)
HEADING = re.compile(rf"^\s*(?:(?i:abstract)(?:[ \t]*(?:[.:：—\n]\s*|$)|\s+{OPENING})|ABSTRACT\s+)")

# "BackgroundFrogs sing.MethodsWe count": SAGE, PNAS, Frontiers and bioRxiv lose what stood between
GLUED = re.compile(
    r"(?:^|(?<=[.?!)])[ \t]{0,9})(Abstract|Significance|Background|Introduction|Context|Rationale|"
    r"Aims?|Purpose|Objectives?|(?:Materials and )?[Mm]ethods|Design|Results|Discussion|Findings|"
    r"Conclusions?|Interpretation|Importance)(?=(?:[A-Z][a-z]+|A|I)[ ,-])",
    re.MULTILINE,
)
# One alone may be a name, "ContextBench", but not before a word that opens sentences
SURE = re.compile(rf"^(?:Significance[A-Z]|[A-Z][a-z]+{FIRST_WORDS})")


def without_heading(abstract: str) -> str:
    """Return an abstract without the word Abstract before it."""
    return HEADING.sub("", abstract)


def set_apart(abstract: str) -> str:
    """Return an abstract with ": " behind the headings that its first words are glued to."""
    if len(set(GLUED.findall(abstract))) < 2 and not SURE.match(abstract):
        return abstract
    return GLUED.sub(r"\n\1: ", abstract).lstrip("\n")
