"""Removes the full stop behind a title; tells titles of what is no paper. Pure."""

import re

# PubMed ends every title with one (NLM's Bibliographic Services write it so), others none; those
# of an abbreviation stay, and so do three in a row.
FULL_STOP = re.compile(r"(?<![.\s])\.$")
ABBREVIATED = re.compile(
    r"(?:\b(?:nov|sp|spp|ssp|subsp|var|gen|comb|stat|al|etc|vs|inc|ltd|ed|eds|co|corp|jr|sr|st|dr|no|vol)"
    r"|\.[^\W\d_]{1,3})\.$",  # "sp. nov.", "U.S."
    re.IGNORECASE,
)

# What journals list among their papers. "Corrections to the mass of frogs" may be research, so that
# the mild words need a colon, a quotation or the names of who is corrected.
NOTICE = re.compile(
    r"^(?:(?:(?:author |publisher )?(?:erratum|corrigendum)|(?:author|publisher) corrections?)"
    r"(?: to\b| for\b|\s?[^\w\s-]| -|$)|publisher[’']s note:"
    r"|(?:(?:outside |inside )?(?:front|back) cover|(?:outside|inside) cover|frontispiece"
    r"|cover (?:picture|feature|image|profile))\s?:"  # with the title of its paper behind it
    r"|(?:corrections?|errata)(?:(?: to| for)?\s?[:“\"‘«]|$)|correction for [^:]{2,80} et al\.,"
    r"|(?:issue (?:information|highlights|editorial masthead|publication information)|masthead"
    r"|(?:ifc: )?editorial board(?:(?:/| and )(?:copyright page|publication information))?"
    r"|(?:ofc|ibc|obc): (?:in|out)side (?:front|back) cover"  # Elsevier
    r"|\[(?:front cover|back cover|blank page)\]"  # IEEE
    r"|cover (?:picture|feature|image)|in this issue|aims and scope|(?:table of )?contents"
    r"|contents list|(?:\[department of error\] )?department of error"  # the Lancet's corrections
    r"|(?:outside |inside )?(?:front|back) (?:cover|matter)"
    r"|staff list|ieee .{2,60} (?:filler|society information)"
    r"|advisory board and contents|subscription and copyright information"
    r"|(?:(?:ieee|journal|proceedings) .{2,100} )?(?:publication information"
    r"|information for authors)"
    r"|.{3,100} cover and (?:front|back) matter)$)",
    re.IGNORECASE,
)


def is_notice(title: str) -> bool:
    """Tell the title of a correction, a cover or a list of names from that of a paper."""
    return bool(NOTICE.match(title))


def without_full_stop(title: str) -> str:
    """Return a title without the full stop that ends it, unless that shortens a word."""
    if not title.endswith(".") or ABBREVIATED.search(title):
        return title
    return FULL_STOP.sub("", title)
