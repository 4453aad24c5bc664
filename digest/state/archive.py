"""Every paper ever collected, once, with all its identities; and which of them letters may choose.

A run's papers and the memories of its sources are stored in one transaction: validators can never
be newer than the papers that came with them.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from digest.identities import find_identity
from digest.models import (
    LEAST_TITLE,
    NEWS,
    SUFFIXES,
    Collected,
    Paper,
    SourceReport,
    SourceState,
    title_key,
)
from digest.state.codec import dump_paper, load_paper
from digest.state.database import Database, batches
from digest.state.memories import load_memories, note_run
from digest.state.schema import identities, papers

BACKLOG = timedelta(days=7)  # of a source's first document, behind its newest paper
EXAMPLES = "examples"  # the source of papers that were looked up for a reader's profile

Merge = Callable[[Iterable[Paper]], list[Paper]]


@dataclass(frozen=True, slots=True)
class Stored:
    """What one call of `Archive.store` changed."""

    new: tuple[Paper, ...]  # not in the archive before
    reports: tuple[SourceReport, ...]  # the sources' reports with `new` filled in


@dataclass(slots=True)
class Rows:
    """The stored papers that a batch may belong to."""

    by_key: dict[int, Paper] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)  # identity -> key of its paper


class Archive:
    """The papers of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def store(self, collected: Sequence[Collected], now: datetime, merge: Merge) -> Stored:
        """Take in what the sources gave, and remember how each of them ended.

        Args:
            merge: `digest.papers.merge_papers`.

        Raises:
            StateError: nothing of it was stored, neither papers nor memories.
        """
        told = [paper for one in collected for paper in one.papers]
        listed = {name for one in collected for paper in candidates(one) for name in paper.ids}
        with self.database.begin() as connection:
            new = take_in(connection, told, listed, now, merge)
            fresh = {name for paper in new for name in paper.ids}
            reports = tuple(count_new(one, fresh) for one in collected)
            for one, report in zip(collected, reports, strict=True):
                note_run(connection, report, one.memory, now)
        return Stored(tuple(new), reports)

    def add(self, told: Sequence[Paper], now: datetime, merge: Merge) -> None:
        """Take in papers that no letter may choose, such as a reader's examples."""
        with self.database.begin() as connection:
            take_in(connection, told, set(), now, merge)

    def listed_since(self, moment: datetime) -> list[Paper]:
        """Return the candidates first seen after the moment, in the order of arrival."""
        question = select(papers.c.body).where(
            papers.c.first_seen > moment.timestamp(), papers.c.listed == 1
        )
        with self.database.read() as connection:
            return [
                load_paper(body) for body in connection.scalars(question.order_by(papers.c.key))
            ]

    def all_papers(self, since: datetime | None = None) -> Iterator[Paper]:
        """Yield every paper in the order of arrival, or those first seen since the moment."""
        question = select(papers.c.body).order_by(papers.c.key)
        if since is not None:
            question = question.where(papers.c.first_seen >= since.timestamp())
        with self.database.read() as connection:
            for body in connection.scalars(question).yield_per(1_000):
                yield load_paper(body)

    def find(self, text: str) -> Paper | None:
        """Return the paper known by an id, a DOI, a link to either, or its title; None for none."""
        with self.database.read() as connection:
            for name in names_of(text):
                question = (
                    select(papers.c.body)
                    .join(identities, identities.c.paper == papers.c.key)
                    .where(identities.c.id == name)
                )
                body = connection.scalar(question)
                if body is not None:
                    return load_paper(body)
        return None

    def count(self) -> int:
        """Return how many papers there are."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(papers)) or 0

    def prune(self, before: datetime) -> int:
        """Forget papers first seen before the moment, and return how many.

        What still stands in a source's last batch stays: forgotten, it would be new again.
        """
        with self.database.begin() as connection:
            old = papers.c.first_seen < before.timestamp()
            batch = {name for one in load_memories(connection).values() for name in one.batch}
            present = keys_of(connection, batch)
            found = connection.scalars(select(papers.c.key).where(old)).all()
            keys = [key for key in found if key not in present]
            for chunk in batches(keys):
                connection.execute(delete(identities).where(identities.c.paper.in_(chunk)))
                connection.execute(delete(papers).where(papers.c.key.in_(chunk)))
        return len(keys)


def keys_of(connection: Connection, names: Iterable[str]) -> set[int]:
    """Return the papers that have any of these identities."""
    keys: set[int] = set()
    for chunk in batches(sorted(names)):
        found = select(identities.c.paper).where(identities.c.id.in_(chunk))
        keys.update(connection.scalars(found))
    return keys


def candidates(collected: Collected) -> list[Paper]:
    """Return the papers that letters may choose: no journal news, and of a source's first
    document only the week before its newest paper."""
    told = [paper for paper in collected.papers if NEWS not in paper.categories]
    dates = [paper.published for paper in told if paper.published]
    if not collected.first or not dates:
        return told
    earliest = max(dates) - BACKLOG
    return [paper for paper in told if paper.published is None or paper.published >= earliest]


def count_new(collected: Collected, fresh: set[str]) -> SourceReport:
    """Return the report with the number of papers that the archive did not have before."""
    new = len({one.id for one in collected.papers if not fresh.isdisjoint(one.ids)})
    report = replace(collected.report, new=new)
    if report.state is SourceState.FRESH and not new:
        return replace(report, state=SourceState.QUIET)
    return report


def take_in(
    connection: Connection, told: Sequence[Paper], listed: set[str], now: datetime, merge: Merge
) -> list[Paper]:
    """Merge the told papers with the stored ones they belong to, write that, return the new."""
    rows = load_rows(connection, told)
    new: list[Paper] = []
    changed: list[tuple[int, Paper]] = []
    for paper in merge([*rows.by_key.values(), *told]):
        keys = sorted({rows.owner[name] for name in paper.ids if name in rows.owner})
        if not keys:
            new.append(replace(paper, first_seen=now))
        elif len(keys) > 1 or paper != rows.by_key[keys[0]]:
            join_rows(connection, keys)
            rows.owner.update((name, keys[0]) for name in paper.ids if name in rows.owner)
            changed.append((keys[0], paper))
            if was_example(rows.by_key[keys[0]]) and not listed.isdisjoint(paper.ids):
                make_candidate(connection, keys[0], now)
    insert_papers(connection, new, now, listed, rows)
    update_papers(connection, changed, rows)
    return new


def was_example(paper: Paper) -> bool:
    """Tell whether a paper is known only because a reader named it."""
    return paper.sources == (EXAMPLES,)


def make_candidate(connection: Connection, key: int, now: datetime) -> None:
    """Let letters choose a paper from now on, as if it had been seen for the first time."""
    values = {"listed": 1, "first_seen": now.timestamp()}
    connection.execute(update(papers).where(papers.c.key == key).values(values))


def load_rows(connection: Connection, told: Sequence[Paper]) -> Rows:
    """Return the stored papers that share an identity or a title with a told one."""
    rows = Rows()
    names = {name for paper in told for name in (*paper.ids, *title_names(paper))}
    for part in batches(sorted(keys_of(connection, names))):
        question = select(papers.c.key, papers.c.body).where(papers.c.key.in_(part))
        rows.by_key.update((key, load_paper(body)) for key, body in connection.execute(question))
        known = select(identities.c.id, identities.c.paper).where(identities.c.paper.in_(part))
        rows.owner.update((name, key) for name, key in connection.execute(known))
    return rows


def join_rows(connection: Connection, keys: Sequence[int]) -> None:
    """Give the identities of later papers to the earliest one, and delete those papers."""
    first, *others = keys
    if others:
        moved = update(identities).where(identities.c.paper.in_(others)).values(paper=first)
        connection.execute(moved)
        was_listed = select(papers.c.key).where(papers.c.key.in_(others), papers.c.listed == 1)
        if connection.scalar(was_listed) is not None:
            connection.execute(update(papers).where(papers.c.key == first).values(listed=1))
        connection.execute(delete(papers).where(papers.c.key.in_(others)))


def insert_papers(
    connection: Connection, new: Sequence[Paper], now: datetime, listed: set[str], rows: Rows
) -> None:
    """Write papers that were not there."""
    if not new:
        return
    values = [
        {
            "id": paper.id,
            "body": dump_paper(paper),
            "first_seen": now.timestamp(),
            "listed": int(any(name in listed for name in paper.ids)),
        }
        for paper in new
    ]
    connection.execute(insert(papers), values)
    keys: dict[str, int] = {}
    for chunk in batches([paper.id for paper in new]):
        question = select(papers.c.id, papers.c.key).where(papers.c.id.in_(chunk))
        keys.update((name, key) for name, key in connection.execute(question))
    insert_names(connection, [(keys[paper.id], paper) for paper in new], rows)


def update_papers(connection: Connection, changed: Sequence[tuple[int, Paper]], rows: Rows) -> None:
    """Write papers of which more is known now."""
    if not changed:
        return
    statement = (
        update(papers)
        .where(papers.c.key == bindparam("row"))
        .values(id=bindparam("name"), body=bindparam("text"))
    )
    values = [{"row": key, "name": paper.id, "text": dump_paper(paper)} for key, paper in changed]
    connection.execute(statement, values)
    insert_names(connection, changed, rows)


def insert_names(connection: Connection, owned: Sequence[tuple[int, Paper]], rows: Rows) -> None:
    """Write the identities and the title of each paper, where nobody has them yet."""
    values: dict[str, int] = {}
    for key, paper in owned:
        for name in (*paper.ids, *title_names(paper)):
            if name not in rows.owner:
                values.setdefault(name, key)
    if values:
        titles = [name for name in values if name.startswith("title:")]
        for chunk in batches(titles):
            question = select(identities.c.id).where(identities.c.id.in_(chunk))
            for name in connection.scalars(question):
                del values[name]
        lines = [{"id": name, "paper": key} for name, key in values.items()]
        connection.execute(insert(identities), lines)


def title_names(paper: Paper) -> tuple[str, ...]:
    """Return the names under which a paper is found by its title, where that tells something:
    alone, which the first of its name keeps, and with the first author's surname."""
    key = paper.title_key
    if len(key) < LEAST_TITLE:
        return ()
    words = name_words(paper.authors[0]) if paper.authors else []
    return tuple(title_name(f"{key}|{word}" if word else key) for word in ("", *words[-1:]))


def name_words(author: str) -> list[str]:
    """Return the words of a name without what stands behind a surname, each as in title keys."""
    return [word for word in map(title_key, author.split()) if word and word not in SUFFIXES]


def title_name(key: str) -> str:
    """Return a title key as it stands among the identities."""
    return f"title:{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def names_of(text: str) -> tuple[str, ...]:
    """Return the identities that a reader's words for a paper may mean, the likeliest first."""
    bare = text.strip()
    return (bare, find_identity(text), f"pmid:{bare}", title_name(title_key(text)))
