"""Shows what a document would give before it becomes a source; and fetches single papers by id."""

import random
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args
from urllib.parse import quote

from digest.config.schema import Announce, Source
from digest.errors import SourceError
from digest.identities import find_identity
from digest.models import Collected, Paper, SourceMemory
from digest.sources.asking.courier import Courier
from digest.sources.asking.door import Door
from digest.sources.asking.pacing import HostClock, LoneClock
from digest.sources.collecting import carry_out
from digest.sources.plans.arxiv import API
from digest.sources.plans.searches import CROSSREF, ENTREZ
from digest.sources.plans.single import harvest_files, harvest_url
from digest.sources.plans.task import Task, with_query

PORTION = 100  # ids in one question


@dataclass(frozen=True, slots=True)
class Trial:
    """What one document gave."""

    collected: Collected
    kind: str  # what it was recognised as; "" where it was not


def try_source(target: str, *, now: datetime) -> Trial:
    """Read a URL, a file or a folder as a source would be, replacements included.

    Nothing is remembered; a failure is a value.
    """
    is_web = target.startswith(("http://", "https://"))
    source = Source(
        kind="feed" if is_web else "file",
        query=(target,),
        name=target,
        announce=get_args(Announce),
        limit=30_000,
    )
    door = Door("")
    try:
        courier = Courier(door, LoneClock(), time.sleep, random.Random())
        task = Task(source, SourceMemory(), now, courier, Path())
        return Trial(*carry_out(task, harvest_url if is_web else harvest_files))
    finally:
        door.close()


def fetch_papers(
    ids: Sequence[str],
    *,
    now: datetime,
    hosts: HostClock,
    contact: str,
) -> tuple[Paper, ...]:
    """Return the papers of arXiv ids, DOIs and PubMed ids as people write them, where found.

    Other texts (titles) are left out. What cannot be fetched is missing from the answer: examples
    are a wish, not a need.
    """
    door = Door(contact)
    try:
        source = Source(kind="feed", query=("examples",), name="examples")
        courier = Courier(door, hosts, time.sleep, random.Random(), tries=1)
        task = Task(source, SourceMemory(), now, courier, Path())
        papers: list[Paper] = []
        for url in questions(ids, contact):
            with suppress(SourceError):
                papers += task.read_url(url).papers
        return tuple(papers)
    finally:
        door.close()


def questions(ids: Iterable[str], contact: str) -> list[str]:
    """Return the addresses that tell of these papers, as few as possible."""
    found = dict.fromkeys(find_identity(text).partition(":")[::2] for text in ids)
    arxiv, pubmed, dois = (
        [name for kind, name in found if kind == wanted] for wanted in ("arxiv", "pmid", "doi")
    )
    return [
        *(with_query(API, id_list=",".join(part), max_results=PORTION) for part in portions(arxiv)),
        *(
            with_query(f"{ENTREZ}efetch.fcgi", db="pubmed", id=",".join(part), retmode="xml")
            for part in portions(pubmed)
        ),
        *(with_query(f"{CROSSREF}/{quote(name)}", mailto=contact) for name in dois),
    ]


def portions(names: list[str]) -> list[list[str]]:
    """Return the names in portions that fit into one question."""
    return [names[start : start + PORTION] for start in range(0, len(names), PORTION)]
