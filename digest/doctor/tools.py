"""What the checks use of the outside world, so that a test can hand them a worse one."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digest.doctor.resolving import Resolver


def free_bytes(folder: Path) -> int:
    """Return how much may still be written below a folder."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Tools:
    """The outside world."""

    now: datetime
    resolver: Resolver = field(default_factory=Resolver)
    free_bytes: Callable[[Path], int] = free_bytes
    sleep: Callable[[float], None] = time.sleep
    offline: bool = False  # look at this machine only
