"""Removes the characters that do harm and cuts what is too long. Pure."""

import re

MAX_TITLE = 500  # characters
MAX_ABSTRACT = 20_000  # characters
MAX_LINE = 300  # characters of a name, a category, a venue

# C0 and C1 controls; soft hyphen; zero-width and bidi controls (UAX #9), interlinear annotation,
# tag characters, byte order mark and noncharacters. White space is left to `clean_line`.
HARMFUL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
SURROGATE = re.compile("[\ud800-\udfff]")


def clean_line(value: str) -> str:
    """Return the text on one line: harmful characters gone, white space collapsed."""
    line = " ".join(value.split())
    if line.isprintable():  # none of the harmful characters is
        return line
    if not value.isascii():
        value = SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    return " ".join(HARMFUL.sub("", value).split())


def cut(value: str, length: int) -> str:
    """Return at most `length` characters; a cut text ends with an ellipsis."""
    return value if len(value) <= length else value[: length - 1].rstrip() + "…"
