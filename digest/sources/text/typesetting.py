"""Takes out what HighWire's typesetting left in the texts of bioRxiv and medRxiv. Pure."""

import re

# figures with the heading before them, headings, list items, small capitals
FIGURE = re.compile(
    r"(?:(?:Graphical abstract|TOC graphic)\s{0,9})?O_FIG\b.{0,2000}?C_FIG",
    re.DOTALL | re.IGNORECASE,
)
HEADING = re.compile(r"O_ST_ABS(.{0,100}?)[:.\s]*C_ST_ABS[:\s]*", re.DOTALL)
# not within DOC_LIST
MARK = re.compile(
    r"(?:(?<![A-Z])|(?<=_LI)|(?<=HIGHLIGHTS))[OC]_(LI)"
    r"|[OC]_(?:ST_ABS|SCPLOW|SCPCAP|FIG|TBL|TEXTBOX|INLINEFIG|DISPLAYFORM)"
)


def without_marks(text: str) -> str:
    """Return the text without the typesetter's marks, its headings as "Background: "."""
    if "C_" not in text:
        return text
    text = HEADING.sub(r"\n\1: ", FIGURE.sub("", text))
    return MARK.sub(lambda mark: "\n" if mark[1] == "LI" else "", text)
