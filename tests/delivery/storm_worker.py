"""A process of the crash storm: recovers, sends what is due, and may be killed at any moment."""

import os
import resource
import sys
from datetime import datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from digest.config.schema import Delivery, Relay
from digest.delivery.delivering import deliver_letters
from digest.delivery.loop import run_loop
from digest.state.database import open_database
from digest.state.outbox import Outbox
from tests.delivery.conftest import letter_of


def peak_kilobytes() -> int:
    """Return the most memory this process ever used; getrusage would count its parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def work(url: str, relay: Relay, now: datetime, largest: int, peak: "Synchronized[int]") -> None:
    """Recover and deliver, and exit.

    Args:
        largest: bytes of a file that it may write, and its complaints go nowhere; 0: any.
        peak: is told how many kilobytes it took.
    """
    if largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    outbox = Outbox(open_database(url), max_lateness=timedelta(days=3_650))
    outbox.recover(now)
    report = run_loop(
        deliver_letters(
            outbox,
            letter_of,
            Delivery(smtp=(relay,)),
            clock=lambda: now,
            back_off=(0.01,) * 20,
        )
    )
    peak.value = peak_kilobytes()
    sys.exit(0 if report.error is None else 3)
