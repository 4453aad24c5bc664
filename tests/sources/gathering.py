"""Whole collections over real loopback HTTP, whose pauses take no time."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.config.schema import Source
from digest.models import Collected, SourceMemory
from digest.sources.asking.pacing import LoneClock
from digest.sources.collecting import collect_sources

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)


def rss(*titles: str) -> bytes:
    """Return a feed with one item per title."""
    items = "".join(
        f"<item><title>{t}</title><link>https://example.org/{t.replace(' ', '-')}</link></item>"
        for t in titles
    )
    return f"<rss version='2.0'><channel><title>C</title>{items}</channel></rss>".encode()


FEED = rss("A first paper", "A second paper")


class Nap:
    """Sleeping that takes no time and is counted."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        """Count."""
        if seconds:
            self.seconds.append(seconds)


def collect(
    *sources: Source,
    memories: dict[str, SourceMemory] | None = None,
    now: datetime = NOW,
    nap: Nap | None = None,
    base_dir: Path = Path(),
) -> list[Collected]:
    """Collect with a sleep that takes no time."""
    return collect_sources(
        sources,
        memories or {},
        now=now,
        hosts=LoneClock(),
        contact="Ops <ops@example.org>",
        base_dir=base_dir,
        sleep=nap or Nap(),
        dice=random.Random(1),
    )


def feed(url: str, **told: Any) -> Source:
    """Return a source that reads one address."""
    return Source(kind="feed", query=(url,), name=told.pop("name", "Feed"), **told)
