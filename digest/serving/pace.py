"""Says whether a tick is worth a pass, so that a daemon asks no source and no relay each minute.

Pure but for what it remembers of the passes before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from digest.models import Due
from digest.state.glance import is_recent
from digest.state.waiting import ASK_AGAIN

REST = timedelta(minutes=5)  # after a pass in which a letter or the relay failed
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass is to do."""

    due: tuple[Due, ...] = ()
    collect: bool = False


@dataclass(slots=True)
class Pace:
    """What the passes of this process have tried."""

    tried: set[tuple[str, date]] = field(default_factory=set)
    tried_at: datetime = NEVER
    rest_until: datetime = NEVER
    held_until: datetime = NEVER

    def next_pass(
        self, due: Sequence[Due], *, unfinished: bool, collected: datetime | None, now: datetime
    ) -> Pass | None:
        """Return what to do now; None: nothing.

        An edition that was tried and is still due waits for a broken source: it is tried again
        half an hour later.

        Args:
            unfinished: letters of an earlier pass can go out now.
            collected: when the sources were last read; None: never.
        """
        if now < self.held_until <= now + REST:
            return None
        again = abs(now - self.tried_at) >= ASK_AGAIN
        wanted = tuple(one for one in due if again or key_of(one) not in self.tried)
        if wanted:
            return Pass(wanted, collect=True)
        if not is_recent(collected, now):
            return Pass(collect=True)
        resting = now < self.rest_until <= now + REST
        return Pass() if unfinished and not resting else None

    def hold(self, now: datetime) -> None:
        """Make no pass for a while: the database could not be used, or something as grave."""
        self.held_until = now + REST

    def note(self, done: Pass, *, failed: bool, now: datetime) -> None:
        """Remember a pass that was made."""
        if abs(now - self.tried_at) >= ASK_AGAIN:
            self.tried.clear()
            self.tried_at = now
        self.tried.update(key_of(one) for one in done.due)
        self.rest_until = now + REST if failed else now


def key_of(due: Due) -> tuple[str, date]:
    """Return what tells an edition from all others."""
    return due.subscriber.email, due.date
