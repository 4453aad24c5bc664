"""From stored papers to editions: which papers a reader may get, the ranking, who gets nothing."""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby, islice

from digest.config.schema import Ranking as RankingOptions
from digest.models import Due, Edition, Paper, SourceReport, SourceState, Subscriber
from digest.pipeline.profiles import Case
from digest.ranking.index import Index
from digest.ranking.ranker import Ranking, Scene, open_scene, rank_block

BLOCK_READERS = 250  # ranked and frozen together; bounds memory
NEWCOMER_DAYS = 3  # how far back the first letter of all looks
LONGEST_GAP_DAYS = 14  # how far back a catch-up looks
BROKEN = (SourceState.LATE, SourceState.PARTIAL, SourceState.FAILED)


@dataclass(frozen=True, slots=True)
class Day:
    """What all letters of one run have in common."""

    now: datetime
    secret: bytes
    reports: tuple[SourceReport, ...]
    options: RankingOptions
    opened: list[Scene] = field(default_factory=list)  # the one that was ranked last

    def scene(self, index: Index, pool: Sequence[Paper]) -> Scene:
        """Return what readers of one pool share, made once for all blocks that follow another."""
        if not self.opened or list(self.opened[0].papers) != list(pool):
            self.opened[:] = [open_scene(index, pool, options=self.options, now=self.now)]
        return self.opened[0]

    @property
    def broken(self) -> tuple[SourceReport, ...]:
        """The sources whose papers of today are missing or incomplete."""
        return tuple(report for report in self.reports if report.state in BROKEN)


class Fate(Enum):
    """What happens to an edition that was chosen."""

    SEND = "send"
    SKIP = "skip"  # an empty day of somebody who does not want empty letters
    WAIT = "wait"  # empty while a source was broken: a later run today may fill it


@dataclass(frozen=True, slots=True)
class Choice:
    """What ranking came to for one subscriber."""

    edition: Edition
    fate: Fate
    problem: str = ""  # a sentence where an interest could not be ranked


def window_start(due: Due, last: datetime | None, now: datetime) -> datetime:
    """Return the moment after which a paper must have been first seen to be a candidate."""
    if last is None:
        return now - timedelta(days=NEWCOMER_DAYS)
    return max(last, now - timedelta(days=LONGEST_GAP_DAYS))


def blocks_by_window(
    dues: Iterable[Due], lasts: Mapping[str, datetime], now: datetime
) -> Iterator[tuple[datetime, list[Due]]]:
    """Yield (start of the window, at most BLOCK_READERS editions that share it)."""

    def start(due: Due) -> datetime:
        return window_start(due, lasts.get(due.subscriber.email), now)

    for moment, sharing in groupby(sorted(dues, key=start), key=start):
        while block := list(islice(sharing, BLOCK_READERS)):
            yield moment, block


def choose_editions(
    index: Index, pool: Sequence[Paper], cases: Sequence[Case], day: Day
) -> Iterator[Choice]:
    """Rank one pool for one block of readers and yield a choice for each, in order."""
    readers = [case.reader for case in cases]
    rankings = rank_block(day.scene(index, pool), readers) if pool else [Ranking()] * len(readers)
    for case, ranking in zip(cases, rankings, strict=True):
        choice = make_choice(case.due, ranking, len(pool), day)
        problems = filter(None, (case.problem, choice.problem))
        yield replace(choice, problem="; ".join(problems))


def make_choice(due: Due, ranking: Ranking, considered: int, day: Day) -> Choice:
    """Return one subscriber's edition and whether it is worth a letter."""
    person = due.subscriber
    edition = Edition(
        id=delivery_id(day.secret, due),
        date=due.date,
        slot=due.slot,
        email=person.email,
        made_at=day.now,
        name=person.name,
        timezone=person.timezone,
        language=person.language,
        sections=ranking.sections,
        trending=ranking.trending,
        reports=day.broken,
        since=due.since,
        considered=considered,
    )
    problem = f"{person.email}: {ranking.problem}" if ranking.problem else ""
    return Choice(edition, fate_of(edition, person, day), problem)


def fate_of(edition: Edition, person: Subscriber, day: Day) -> Fate:
    """Say what happens to the edition."""
    chosen = sum(len(section.picks) for section in edition.sections)
    if chosen >= person.min_papers or person.when_empty == "send":
        return Fate.SEND
    return Fate.WAIT if day.broken else Fate.SKIP


def delivery_id(secret: bytes, due: Due) -> str:
    """Return the id of one edition for one person: 24 of [0-9a-f], the same at every run.

    It is part of the envelope sender (VERP), so it says nothing about the person.
    """
    name = f"{due.date.isoformat()}|{due.subscriber.email}"
    return hmac.digest(secret, name.encode(), "sha256").hex()[:24]
