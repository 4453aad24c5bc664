"""How often each host may be asked, by its own terms."""

from typing import Protocol
from urllib.parse import urlsplit

DEFAULT_SECONDS = 0.5  # between two requests to a host that states no terms
# Seconds between requests, over all hosts of a name.
PACES = {
    "arxiv.org": 3.0,  # info.arxiv.org/help/api/tou.html: 1 request / 3 s, all APIs together
    "ncbi.nlm.nih.gov": 0.34,  # 3 requests/s without a key: NCBI E-utilities, chapter 2
    "huggingface.co": 0.6,  # 500 anonymous requests in 5 minutes
    "biorxiv.org": 1.0,
    "crossref.org": 0.25,
    "openalex.org": 0.1,
    "semanticscholar.org": 1.0,  # 1 request/s with a key
}


class HostClock(Protocol):
    """Knows when each host may be asked next."""

    def reserve(self, host: str, seconds: float) -> float:
        """Take the host's next free moment and return how many seconds it is away; nobody gets
        another one for `seconds` after it."""


class LoneClock:
    """The clock of a process that shares its hosts with nobody, such as a single trial."""

    def __init__(self) -> None:
        self.waits: dict[str, float] = {}

    def reserve(self, host: str, seconds: float) -> float:
        """Return 0 for the first request to a host; each later one waits for those before it.

        The caller sleeps for what it is told, so that time between two calls has passed already.
        """
        wait = self.waits.get(host, 0.0)
        self.waits[host] = seconds
        return wait


def host_of(url: str) -> str:
    """Return the name under which a host is paced: `arxiv.org` for all of arXiv's."""
    name = urlsplit(url).netloc.rpartition("@")[2].lower()
    bare = name.partition(":")[0]
    return next((known for known in PACES if bare == known or bare.endswith(f".{known}")), name)


def pace_of(host: str) -> float:
    """Return the seconds between two requests to a host as `host_of` names it."""
    if host.startswith(("127.", "localhost", "[::1]")):
        return 0.0
    return PACES.get(host, DEFAULT_SECONDS)
