"""Ticks until told to stop: APScheduler keeps the time, the main thread does the work.

Signals reach the main thread alone, so that is where a pass runs: SIGTERM finds it there and it
can finish what is on the wire. APScheduler's thread only drops ticks into a queue.

What would go wrong with APScheduler's defaults: a tick more than one second late is dropped
(`misfire_grace_time`), a night asleep is made good tick by tick (`coalesce`), a slow job is started
again beside itself (`max_instances`), a shared job store runs a job in every process (the jobs
here live in memory; the database's lock keeps processes apart), a clock that was set back
silences it until the old time comes round again (the queue is not waited on for longer than two
ticks), and for one that jumps ahead by decades, as where no battery keeps it until the network is
up, every tick in between is counted, which takes minutes and gigabytes (`Steadily` counts none).
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from queue import Empty, SimpleQueue
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
EXIT_OF_SIGNAL = 128  # a shell's convention: 128 + the signal's number
LOST_AFTER_TICKS = 2.0

log = logging.getLogger(__name__)


class Call(Enum):
    """What the daemon is asked to do next."""

    TICK = "tick"
    RELOAD = "reload"
    STOP = "stop"


class Steadily(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Fires every so often from now on, whatever the clock was before."""

    def __init__(self, seconds: float) -> None:
        self.pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return when to fire next."""
        return now + self.pause


@dataclass(slots=True)
class Daemon:
    """One process that serves until it is stopped.

    Attributes:
        tick: looks who is due and serves them; returns an exit code, of which one above 128 means
            that a signal ended it.
        reload: reads the configuration again; True: although nothing seems to have changed.
        every_seconds: between two ticks.
    """

    tick: Callable[[], int]
    reload: Callable[[bool], object]
    every_seconds: float = 60.0
    calls: SimpleQueue[Call] = field(default_factory=SimpleQueue)
    stopped_by: int = 0  # the signal's number

    def run(self) -> int:
        """Serve; return the exit code when a signal has ended it."""
        with self._listening(), self._ticking() as wake:
            self.calls.put(Call.TICK)
            while not self.stopped_by:
                code = self._answer(wake)
                if code > EXIT_OF_SIGNAL:
                    return code
        return EXIT_OF_SIGNAL + self.stopped_by

    def _answer(self, wake: Callable[[], None]) -> int:
        try:
            call = self.calls.get(timeout=LOST_AFTER_TICKS * self.every_seconds)
        except Empty:
            log.warning("daemon event=clock_changed")
            wake()
            call = Call.TICK
        if call is Call.STOP:
            return 0
        self.reload(call is Call.RELOAD)
        return 0 if self.stopped_by else self.tick()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Answer SIGTERM, SIGINT and SIGHUP; a queue that a signal handler may put into."""

        def stop(number: int, _frame: FrameType | None) -> None:
            self.stopped_by = number
            self.calls.put(Call.STOP)

        def reload(_number: int, _frame: FrameType | None) -> None:
            self.calls.put(Call.RELOAD)

        handlers = dict.fromkeys(STOP_SIGNALS, stop) | {signal.SIGHUP: reload}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def _ticking(self) -> Iterator[Callable[[], None]]:
        """Drop a tick into the queue now and then; yields what sets the clock anew."""
        scheduler = BackgroundScheduler(timezone="UTC")
        job = scheduler.add_job(
            self._drop_tick,
            Steadily(self.every_seconds),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        scheduler.start()
        try:
            yield lambda: job.reschedule(Steadily(self.every_seconds))
        finally:
            scheduler.shutdown(wait=False)

    def _drop_tick(self) -> None:
        """Ask for a tick, unless one already waits for a long pass to end."""
        if self.calls.empty():
            self.calls.put(Call.TICK)
