"""From stored papers to editions: which papers a reader may get, the ranking, who gets nothing."""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from digest.models import Due, Edition, Subscriber
from digest.pipeline.agenda import Day
from digest.pipeline.profiles import Case
from digest.ranking.ranker import Ranking, rank_block
from digest.ranking.scene import Scene


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
    problem: str  # sentences where a library could not be read or an interest not be ranked


def choose_editions(scene: Scene | None, cases: Sequence[Case], day: Day) -> Iterator[Choice]:
    """Rank for one block of readers and yield a choice for each, in order.

    Args:
        scene: the candidates; None where there are none.
    """
    readers = [case.reader for case in cases]
    rankings = [Ranking()] * len(readers) if scene is None else rank_block(scene, readers)
    considered = 0 if scene is None else len(scene.papers)
    for case, ranking in zip(cases, rankings, strict=True):
        yield make_choice(case, ranking, considered, day)


def make_choice(case: Case, ranking: Ranking, considered: int, day: Day) -> Choice:
    """Return one subscriber's edition and whether it is worth a letter."""
    due, person = case.due, case.due.subscriber
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
    unranked = f"{person.email}: {ranking.problem}" if ranking.problem else ""
    problem = "; ".join(filter(None, (case.problem, unranked)))
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
