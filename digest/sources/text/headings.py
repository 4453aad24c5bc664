"""Removes the word Abstract where it is a heading; sets headings and sentences apart. Pure."""

import re

FIRST_WORDS = (  # of sentences and sections
    r"(?:The|This|These|Those|There|We|Our|In|On|At|An?|Here|It|Its|They|Their|For|From|To|By|With|"
    r"As|While|When|Although|Though|However|Thus|Hence|Therefore|Moreover|Furthermore|Finally|"
    r"Specifically|Using|Based|Both|All|If|Experiments|Experimental|First|Second|Since|But|Such|"
    r"Another|Most|Many|Some|Under|What|No|Throughout|Recent|Background|Motivation|Objectives?|"
    r"Aims?|Purpose|Introduction|Importance|Context|Methods?|Results?|Conclusions?|Significance|"
    r"Premise|Rationale|Summary)\b"
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

# what databases write where there is none, and CNKI before one cut from the text
NOTHING = re.compile(
    r"^\W*(?:no abstracts?(?: (?:is )?(?:available|provided))?(?: for this article)?"
    r"|abstract (?:is )?(?:not|un)\s?available)\W*$",
    re.IGNORECASE,
)
BODY = re.compile(r"^\s*[<〈《＜]正[>〉》＞]\s*")

# "BackgroundFrogs sing.MethodsWe count": SAGE, PNAS, Frontiers and bioRxiv lose what stood between.
# Such a word may begin a name, "ContextBench"; before one that opens sentences it surely does not.
GLUED = (
    r"(?:^|(?<=[.?!)])[ \t]{0,9})(Abstract|Significance|Background|Introduction|Context|Rationale|"
    r"Motivation|Aims?|Purpose|Objectives?|(?:Materials and )?[Mm]ethods?|Design|Results?|"
    r"Discussion|Findings|Conclusions?|Interpretation|Importance|Summary)"
)
MAYBE_GLUED = re.compile(
    rf"{GLUED}(?=(?:[A-Z][a-z]+|A|I)[ ,-]|(?<=^Significance)[A-Z])", re.MULTILINE
)
SURELY_GLUED = re.compile(rf"{GLUED}(?={FIRST_WORDS}[ ,]|(?<=^Significance)[A-Z])", re.MULTILINE)
# not within names such as torch.Tensor
SENTENCE = re.compile(rf"[.?!](?<=[a-z)\]]{{2}}.)(?={FIRST_WORDS}[ ,])")


def without_heading(abstract: str) -> str:
    """Return an abstract without its heading, "" for words that say that there is none."""
    return NOTHING.sub("", HEADING.sub("", BODY.sub("", abstract)))


def set_apart(abstract: str) -> str:
    """Return an abstract with ": " behind the headings that its first words are glued to, where one
    is so for certain."""
    return MAYBE_GLUED.sub(r"\n\1: ", abstract) if SURELY_GLUED.search(abstract) else abstract


def with_gaps(abstract: str) -> str:
    """Return an abstract, on one line, with a space between sentences that stand without one."""
    return SENTENCE.sub(r"\g<0> ", abstract)
