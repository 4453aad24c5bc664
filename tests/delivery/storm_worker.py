"""A process of the crash storm: recovers, sends what is due, and may be killed at any moment."""

import resource
import sys
from datetime import datetime, timedelta
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


def main() -> None:
    """Arguments: database URL, port, connections, time as ISO 8601, largest file in bytes."""
    url, port, connections, moment, largest = sys.argv[1:6]
    if int(largest):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), resource.RLIM_INFINITY))
    now = datetime.fromisoformat(moment)
    outbox = Outbox(open_database(url), max_lateness=timedelta(days=3_650))
    relay = Relay(
        host="127.0.0.1", port=int(port), tls="none", connections=int(connections),
        local_hostname="here", timeout_seconds=10,
    )  # fmt: skip
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
    print(peak_kilobytes())
    sys.exit(0 if report.error is None else 3)


if __name__ == "__main__":
    main()
