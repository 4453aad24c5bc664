"""Removes the characters that do harm and cuts what is too long. Pure."""

import re

MAX_TITLE = 500  # characters
MAX_ABSTRACT = 20_000  # characters
MAX_LINE = 300  # characters of a name, a category, a venue

# C0 and C1 controls; soft hyphen; zero-width and bidi controls (UAX #9), interlinear annotation,
# private use, which `scripts` and `mathml` mark places with, tag characters, byte order mark and
# noncharacters. White space is left to `clean_line`.
HARMFUL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
    "\U000f0000-\U0010ffff]"
)
# U+200C and U+200D are spelling between letters of the scripts from Arabic to Mongolian, and make
# one emoji of several (UTS #51)
JOINERS = frozenset("\u200c\u200d")
JOINED = re.compile(
    "[\u0600-\u109f\u1780-\u18af\ua8e0-\ua8ff]{2}"
    "|[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]{2}"
)
SURROGATE = re.compile("[\ud800-\udfff]")


def clean_line(value: str) -> str:
    """Return the text on one line: harmful characters gone, white space collapsed."""
    line = " ".join(value.split())
    if line.isprintable():  # none of the harmful characters is
        return line
    if not value.isascii():
        value = SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    return " ".join(HARMFUL.sub(keep_joiner, value).split())


def keep_joiner(match: re.Match[str]) -> str:
    """Return a joiner that stands between what it joins, "" for all else that is harmful."""
    text, place = match.string, match.start()
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return match[0] if match[0] in JOINERS and JOINED.fullmatch(around) else ""


def cut(value: str, length: int) -> str:
    """Return at most `length` characters; a cut text ends with an ellipsis."""
    return value if len(value) <= length else value[: length - 1].rstrip() + "…"
