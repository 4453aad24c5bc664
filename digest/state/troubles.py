"""Remembers for how long letters could not be handed over at all, and whether the operator knows.

What is remembered of broken sources lies with them, in `digest.state.memories`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from digest.state.database import Database

RELAY = "relay trouble"  # the fact


@dataclass(frozen=True, slots=True)
class RelayTrouble:
    """A stretch of runs that ended early because the way out of the letters was blocked."""

    since: datetime
    runs: int
    reason: str
    told: bool = False
    ended: datetime | None = None  # letters went out again


STORED = TypeAdapter(RelayTrouble)


def note_delivery(database: Database, now: datetime, *, problem: str, sent: bool) -> None:
    """Remember how a run's delivery ended.

    Args:
        problem: why the run ended early, "" where it did not.
        sent: at least one letter went out.
    """
    known = load_trouble(database)
    if problem:
        began = known if known and not known.ended else RelayTrouble(now, 0, problem)
        save_trouble(database, replace(began, runs=began.runs + 1, reason=problem))
    elif known and sent and not known.ended:
        save_trouble(database, replace(known, ended=now))


def load_trouble(database: Database) -> RelayTrouble | None:
    """Return the last trouble, None where there was none."""
    fact = database.fact(RELAY)
    return STORED.validate_json(fact) if fact else None


def save_trouble(database: Database, trouble: RelayTrouble) -> None:
    """Keep the trouble in place of the one before."""
    database.remember(RELAY, STORED.dump_json(trouble).decode())
