"""Removes the word Abstract where it is a heading. Pure."""

import re

# What follows a heading that lost its line break: a word that opens sentences or sections, or any
# word with a capital before one without ("Abstract Frogs sing"). "Abstract interpretation" and
# "Abstract Meaning Representation" are what the paper is about.
OPENING = (
    r"(?=(?:The|This|These|There|We|Our|In|On|At|An?|Here|It|For|From|To|By|With|As|While|Although|"
    r"Recent|Background|Motivation|Objectives?|Aims?|Purpose|Introduction|Importance|Context|"
    r"Methods?|Results?|Conclusions?|Significance|Premise|Rationale|Summary)\b"
    r"|(?!(?:Algebra|Argumentation|Art|Banach|Boolean|Cauchy|Data|Hilbert|Interpretation|Meaning|"
    r"Reasoning|State|Syntax|Wiener)\b)[A-Z][\w-]*[,:]? (?![A-Z]))"
)
HEADING = re.compile(rf"^\s*(?:(?i:abstract)(?:[ \t]*(?:[.:：—\n]\s*|$)|\s+{OPENING})|ABSTRACT\s+)")


def without_heading(abstract: str) -> str:
    """Return an abstract without the word Abstract before it."""
    return HEADING.sub("", abstract)
