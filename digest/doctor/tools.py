"""What the checks use of the outside world, so that a test can hand them a worse one.

The only file that knows dnspython.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

SECONDS = 8.0  # for one question, retries included


class Unresolved(Exception):
    """The DNS did not answer; whether there is such a record is not known."""


class Resolver:
    """Asks as this machine is configured to; what does not exist is an empty answer.

    Raises:
        Unresolved: by each method.
    """

    def txt(self, name: str) -> list[str]:
        """Return the TXT records of a name, the strings of each joined."""
        return [b"".join(one.strings).decode("utf-8", "replace") for one in self._ask(name, "TXT")]

    def mx(self, name: str) -> list[str]:
        """Return the hosts that take a domain's mail, the preferred one first."""
        records = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [str(record.exchange) for record in records]

    def addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a host."""
        return [str(record) for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def _ask(self, name: str, kind: str) -> list[Any]:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer, resolve

        try:
            return list(resolve(name, kind, lifetime=SECONDS))
        except (NXDOMAIN, NoAnswer):
            return []
        except DNSException as error:
            raise Unresolved(f"the DNS does not answer for {name}: {error}") from error


@dataclass(frozen=True, slots=True)
class Tools:
    """The outside world."""

    now: datetime
    resolver: Resolver = field(default_factory=Resolver)
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    sleep: Callable[[float], None] = time.sleep
    offline: bool = False  # look at this machine only
