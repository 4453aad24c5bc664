"""An installation whose letters are planned, and ways to plan them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.config import load_config
from digest.models import Due, Outcome
from digest.pipeline.apart import (
    Compose,
    Planning,
    prepare_planning,
)
from digest.pipeline.collecting import collect_papers
from digest.pipeline.run import Run
from digest.state.database import open_database
from tests.scene import all_titles, feed

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
READERS = 240  # enough for two processes


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """An installation of some readers whose papers have been collected; its blocks are small."""
    for module in ("agenda", "apart"):
        monkeypatch.setattr(f"digest.pipeline.{module}.BLOCK_READERS", READERS // 4)
    monkeypatch.setattr("digest.pipeline.agenda.FIRST_READERS", READERS // 20)
    (tmp_path / "feed.xml").write_bytes(feed(23, all_titles(23)))
    (tmp_path / "digest.yaml").write_text(
        "site: {from: digest@example.org}\nsources: [{file: feed.xml}]\n"
        "delivery: {folder: outbox}\n"
    )
    people = [
        f"  - {{email: u{number}@example.org, interests: [{topic}]}}"
        for number in range(READERS)
        for topic in [("attention", "proteins", "nothing of the kind")[number % 3]]
    ]
    (tmp_path / "subscribers.yaml").write_text("\n".join(["subscribers:", *people, ""]))
    config = load_config(tmp_path / "digest.yaml", {})
    run = Run(config, open_database(config.state), lambda: NOW)
    collect_papers(run)
    yield run
    run.database.close()


def plan(run: Run, spare: int) -> Planning:
    """Begin to plan everybody's letter of today."""
    due = [Due(person, NOW.date()) for person in run.config.subscribers]
    return begin(run, due, spare)


def begin(run: Run, due: Sequence[Due], spare: int, compose: Compose | None = None) -> Planning:
    """Plan these letters of papers that have been collected before."""
    planning = prepare_planning(run, due, spare, None if compose is None else lambda: compose)
    planning.begin(())
    return planning


def editions(run: Run) -> dict[str, object]:
    """Return what every planned letter is made of, by address."""
    letters = run.outbox.history(limit=READERS)
    planned = [letter.id for letter in letters if letter.outcome is Outcome.PLANNED]
    return {found.email: found for one in planned if (found := run.outbox.edition(one))}
