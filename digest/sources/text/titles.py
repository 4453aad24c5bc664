"""Removes the full stop behind a title. Pure."""

import re

# PubMed ends every title with one (NLM's Bibliographic Services write it so), others none; those
# of an abbreviation stay, and so do three in a row.
FULL_STOP = re.compile(r"(?<![.\s])\.$")
ABBREVIATED = re.compile(
    r"(?:\b(?:nov|sp|spp|ssp|subsp|var|gen|comb|stat|al|etc|vs|inc|ltd|ed|eds|co|corp|jr|sr|st|dr|no|vol)"
    r"|\.[^\W\d_]{1,3})\.$",  # "sp. nov.", "U.S."
    re.IGNORECASE,
)


def without_full_stop(title: str) -> str:
    """Return a title without the full stop that ends it, unless that shortens a word."""
    if not title.endswith(".") or ABBREVIATED.search(title):
        return title
    return FULL_STOP.sub("", title)
