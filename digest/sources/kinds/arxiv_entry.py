"""Reads one entry of arXiv's feeds: RSS and Atom of the day, the API's Atom, the RDF of old days.

Titles and abstracts of the daily feeds are plain text with LaTeX, whatever the feed's type says.
"""

import re
from typing import Any

from digest.identities import arxiv_id, dois
from digest.models import ANNOUNCED
from digest.sources.building import Draft
from digest.sources.dates import from_timestamp
from digest.sources.text.markup import plain_text
from digest.sources.text.names import split_arxiv

OAI = re.compile(r"^oai:arxiv\.org:", re.I)
GUID = re.compile(r"^https?://(?:\w+\.)?arxiv\.org/(?:abs|pdf|html)/", re.I)
ERROR_ID = re.compile(r"^https?://(?:\w+\.)?arxiv\.org/api/errors")
# "arXiv:2604.21935v1 Announce Type: new \nAbstract: ..."
HEAD = re.compile(
    r"^\s*arXiv:(\S{5,40})\s+Announce Type:\s*([a-z-]+)\s*(?:\n|\s)\s*(?:Abstract:\s*)?", re.I
)
# "A title. (arXiv:2301.00001v1 [cs.CL] CROSS LISTED)", in the feeds until 2024
OLD_TITLE = re.compile(
    r"\.?\s*\(arXiv:(\S{5,40}?)\s*(?:\[([\w.-]+)\])?\s*(UPDATED|CROSS LISTED)?\s*\)\s*$"
)
OLD_ANNOUNCED = {"UPDATED": "replace", "CROSS LISTED": "cross"}


def is_arxiv(row: dict[str, Any]) -> bool:
    """Tell whether an entry is arXiv's own; others' feeds lead there too, in HTML."""
    if OAI.match(row["guid"]):
        return True
    written = row["primary"] or HEAD.match(row["summary"]) or OLD_TITLE.search(row["title"])
    named = any(name.startswith("arxiv_") for name in row["extra"])
    return bool(GUID.match(row["guid"] or row["link"]) and (written or named))


def is_error(row: dict[str, Any]) -> bool:
    """Tell whether an entry is the API's way to say that it was asked wrongly."""
    return bool(ERROR_ID.match(row["guid"]))


def read_arxiv(row: dict[str, Any]) -> Draft:
    """Return the draft of one entry."""
    old = OLD_TITLE.search(row["title"])
    head = HEAD.match(row["summary"])
    found, version = arxiv_id(row["guid"] or row["link"])
    told = head[1] if head else old[1] if old else ""
    told_id, told_version = arxiv_id(told)
    return Draft(
        title=plain_text(row["title"][: old.start()]) if old else row["title"],
        abstract=plain_text(row["summary"]) if old else HEAD.sub("", row["summary"], count=1),
        authors=read_authors(row["authors"]),
        arxiv=found or told_id,
        dois=dois(row["extra"].get("arxiv_doi", "")),
        published=from_timestamp(row["published"] or row["updated"]),
        categories=(row["primary"], *row["tags"]) if not old else (old[2] or "",),
        version=version or told_version,
        announced=read_announced(row, head[2] if head else "", (old[3] or "") if old else ""),
        venue="arXiv",
    )


def read_announced(row: dict[str, Any], head: str, old: str) -> str:
    """Return arXiv's announce type, "new" where none is told."""
    told = (row["extra"].get("arxiv_announce_type") or head).strip().lower()
    return told if told in ANNOUNCED else OLD_ANNOUNCED.get(old, "new")


def read_authors(names: list[str]) -> list[str]:
    """Return the authors: the API's one by one, or the daily feeds' one list."""
    if len(names) != 1:
        return names
    return split_arxiv(plain_text(names[0]) if "<a " in names[0] else names[0])
