"""Readers as ranking wants them: example papers found, papers they were told of known."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest.identities import find_identity, is_title
from digest.models import Due, Interest, Paper, Subscriber
from digest.papers import merge_papers
from digest.ranking.library import parse_library
from digest.ranking.readers import Reader
from digest.state.archive import Archive

if TYPE_CHECKING:
    from digest.pipeline.run import Run

ASKED = "examples asked for"  # the fact that keeps failed look-ups from being repeated all day
LIBRARY_PAPERS = 500  # the last so many of a library count as examples
LIBRARIES_KEPT = 8  # those that several readers share


@dataclass(frozen=True, slots=True)
class Case:
    """One edition to be made, and for whom."""

    due: Due
    reader: Reader
    problem: str = ""  # a sentence where a library of theirs could not be read


class Library(NamedTuple):
    """What a library file says."""

    liked: Mapping[str, Paper]  # its last papers, by title or id
    owned: frozenset[str]  # names of all its papers


NO_LIBRARY = Library({}, frozenset())


def make_cases(run: "Run", block: Sequence[Due], pool: Sequence[Paper]) -> list[Case]:
    """Return each edition with its reader, in order."""
    people = [due.subscriber for due in block]
    examples = find_examples(run, people)
    told = run.outbox.told([person.email for person in people], since=eve_of(pool, run.clock()))
    return [make_case(due, examples, told.get(due.subscriber.email, frozenset())) for due in block]


def eve_of(pool: Sequence[Paper], now: datetime) -> date | None:
    """Return the day before the first of these papers came: no earlier letter told of one.

    A day early, since a reader's date may be behind that of UTC. None where a paper came by a
    clock that was ahead: then any letter may have.
    """
    seen = [paper.first_seen for paper in pool if paper.first_seen]
    if not seen or max(seen) > now:
        return None
    return min(seen).date() - timedelta(days=1)


def find_examples(run: "Run", people: Sequence[Subscriber]) -> dict[str, Paper]:
    """Return the papers that `like` and `avoid` name, by entry.

    They come from the archive or, asked for once a day, from arXiv and Crossref. A liked title
    that nobody knows stands for itself: its words say what the reader likes.
    """
    interests = [interest for person in people for interest in person.interests]
    liked = dict.fromkeys(entry for interest in interests for entry in interest.like)
    entries = [*liked, *(entry for interest in interests for entry in interest.avoid)]
    archive = Archive(run.database)
    found = known_papers(archive, entries)
    if wanted := not_asked_today(run, [entry for entry in entries if entry not in found]):
        from digest.pipeline.collecting import contact, host_clocks  # seldom needed
        from digest.sources.trying import fetch_papers

        hosts, address = host_clocks(run), contact(run)
        fetched = fetch_papers(wanted, now=run.clock(), hosts=hosts, contact=address)
        archive.add(fetched, run.clock(), merge_papers)
        found |= known_papers(archive, wanted)
    titles = (entry for entry in liked if entry not in found and is_title(entry))
    return found | {title: title_paper(title) for title in titles}


def not_asked_today(run: "Run", entries: Sequence[str]) -> list[str]:
    """Return the ids among the entries that were not looked up today (UTC), and note them."""
    today = run.clock().date().isoformat()
    asked = json.loads(run.database.fact(ASKED) or "{}")
    known = set(asked.get("entries", ())) if asked.get("day") == today else set()
    wanted = [
        entry for entry in dict.fromkeys(entries) if find_identity(entry) and entry not in known
    ]
    if wanted:
        fact = {"day": today, "entries": sorted(known.union(wanted))}
        run.database.remember(ASKED, json.dumps(fact))
    return wanted


def make_case(due: Due, examples: Mapping[str, Paper], told: frozenset[str]) -> Case:
    """Return the edition's reader, with the papers of their libraries among the liked ones."""
    person = due.subscriber
    if not any(interest.library for interest in person.interests):
        return Case(due, Reader(person, examples, told))
    interests, found, problems, owned = [], dict(examples), [], list[frozenset[str]]()
    for interest in person.interests:
        library = NO_LIBRARY
        try:
            library = read_library(interest)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            problems.append(f"{person.email}: {interest.name}: {interest.library}: {why}")
        found |= library.liked
        if library.owned:
            owned.append(library.owned)
        interests.append(replace(interest, like=(*interest.like, *library.liked)))
    names = owned[0] if len(owned) == 1 else frozenset[str]().union(*owned)  # mostly shared
    reader = Reader(replace(person, interests=tuple(interests)), found, told, names)
    return Case(due, reader, "; ".join(problems))


def read_library(interest: Interest) -> Library:
    """Return what an interest's library file says; nothing where it has none.

    Raises:
        OSError, ValueError: the file cannot be read, or is no library.
    """
    if not interest.library:
        return NO_LIBRARY
    path = Path(interest.library)
    state = path.stat()
    return parsed(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size)


@lru_cache(LIBRARIES_KEPT)
def parsed(path: Path, *_state: int) -> Library:
    """Read a library file once for all who share it, and again when its state has changed."""
    from digest.sources.reading.decoding import decode  # few readers have a library

    papers: dict[str, Paper] = {}
    for title, abstract, ids in parse_library(decode(path.read_bytes()), path.suffix):
        name = title or ids[0]
        known = papers[name].ids[1:] if name in papers else ()
        papers[name] = replace(title_paper(name, *known, *ids), title=title, abstract=abstract)
    last = {name: papers[name] for name in list(papers)[-LIBRARY_PAPERS:]}
    return Library(last, frozenset(name for paper in papers.values() for name in paper.names))


def bad_libraries(people: Iterable[Subscriber]) -> Iterator[str]:
    """Name the libraries that say nothing, or cannot be read."""
    for person in people:
        for interest in filter(attrgetter("library"), person.interests):
            named = f"{person.email}: {interest.name}: {interest.library}"
            try:
                if not read_library(interest).liked:
                    yield f"{named}: holds no paper"
            except (OSError, ValueError) as error:
                yield f"{named}: {getattr(error, 'strerror', None) or error}"


def title_paper(title: str, *ids: str) -> Paper:
    """Return a paper of which the title is known, and perhaps what its source would call it.

    It goes by its title: what is remembered of the paper itself must not come from that alone.
    """
    digest = blake2b(title.encode(), digest_size=8).hexdigest()
    return Paper((f"hash:{digest}", *ids), title)


def known_papers(archive: Archive, entries: Iterable[str]) -> dict[str, Paper]:
    """Return the papers of the archive that entries name."""
    found = {entry: archive.find(entry) for entry in entries}
    return {entry: paper for entry, paper in found.items() if paper is not None}
