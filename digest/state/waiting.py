"""What is broken, and whose letters wait for it: cron neither asks nor complains at every call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from digest.state.database import Database

ASK_AGAIN = timedelta(minutes=29)  # a source that was broken; cron is never quite punctual
TELL_AGAIN = timedelta(hours=20)  # of what is broken in the same way
KEY = "waiting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a run ended after which something was wrong."""

    at: datetime  # UTC; when that run began
    told_at: datetime  # UTC; when the complaints were printed
    emails: tuple[str, ...]  # whose letters wait for a broken source
    complaints: tuple[str, ...]

    def covers(self, emails: Sequence[str], now: datetime) -> bool:
        """Tell whether all these people wait, and it is too soon to ask the sources again."""
        return abs(now - self.at) < ASK_AGAIN and set(emails) <= set(self.emails)

    def has_told(self, complaints: Sequence[str], now: datetime) -> bool:
        """Tell whether the same was printed lately."""
        return tuple(complaints) == self.complaints and abs(now - self.told_at) < TELL_AGAIN


STORED = TypeAdapter(Waiting)


def load_waiting(database: Database) -> Waiting | None:
    """Return what was wrong with the last run; None: nothing."""
    known = database.fact(KEY)
    return STORED.validate_json(known) if known else None


def note_waiting(database: Database, waiting: Waiting | None) -> None:
    """Remember what is wrong; None: nothing any more."""
    database.remember(KEY, STORED.dump_json(waiting).decode() if waiting else "")
