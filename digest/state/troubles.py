"""Remembers for how long letters could not be handed over at all, and whether the operator knows.

What is remembered of broken sources lies with them, in `digest.state.memories`.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime

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


def note_delivery(
    database: Database, now: datetime, *, problem: str, sent: bool
) -> RelayTrouble | None:
    """Remember how a run's delivery ended; return the trouble that there is or has just been.

    Args:
        problem: why the run ended early, "" where it did not.
        sent: at least one letter went out.
    """
    known = load_trouble(database)
    if problem:
        began = known if known and not known.ended else RelayTrouble(now, 0, problem)
        trouble = replace(began, runs=began.runs + 1, reason=problem)
        save_trouble(database, trouble)
        return trouble
    if known and sent and not known.ended:
        known = replace(known, ended=now)
        save_trouble(database, known)
    return known


def load_trouble(database: Database) -> RelayTrouble | None:
    """Return the last trouble, None where there was none or it is forgotten."""
    fact = database.fact(RELAY)
    if not fact:
        return None
    told = json.loads(fact)
    since, ended = datetime.fromisoformat(told["since"]), told["ended"]
    return RelayTrouble(
        since,
        told["runs"],
        told["reason"],
        told["told"],
        datetime.fromisoformat(ended) if ended else None,
    )


def save_trouble(database: Database, trouble: RelayTrouble | None) -> None:
    """Keep the trouble; None: forget it."""
    if trouble is None:
        database.remember(RELAY, "")
        return
    ended = trouble.ended.isoformat() if trouble.ended else None
    fact = {
        "since": trouble.since.isoformat(),
        "runs": trouble.runs,
        "reason": trouble.reason,
        "told": trouble.told,
        "ended": ended,
    }
    database.remember(RELAY, json.dumps(fact))
