"""Asks every source once, as a run does, and stores nothing."""

from collections.abc import Iterator
from contextlib import closing

from digest.config.schema import Config
from digest.doctor.findings import Finding, bad, good, note
from digest.doctor.tools import Tools
from digest.errors import StateError
from digest.models import Collected, SourceMemory, SourceState
from digest.sources.asking.pacing import LoneClock
from digest.sources.collecting import collect_sources
from digest.state.database import open_database
from digest.state.memories import SourceBook

GIVE_IT_TIME = "it may pass by itself; `digest status` says since when"


def check_sources(config: Config, tools: Tools) -> Iterator[Finding]:
    """Yield how each source answers."""
    found = collect_sources(
        config.sources,
        known_memories(config),
        now=tools.now,
        hosts=LoneClock(),
        contact=config.site.operator,
        base_dir=config.path.parent,
        sleep=tools.sleep,
    )
    yield from map(finding_of, found)


def known_memories(config: Config) -> dict[str, SourceMemory]:
    """Return what sources left behind, so that they are not asked for all they have."""
    try:
        with closing(open_database(config.state, create=False)) as database:
            return SourceBook(database).memories()
    except StateError:
        return {}


def finding_of(collected: Collected) -> Finding:
    """Return one source's answer as a finding."""
    report = collected.report
    subject = f"source {report.name}"
    if report.state is SourceState.FAILED:
        advice = "check its entry under `sources:`; `digest sources try URL` shows what it gives"
        return bad(subject, report.reason or "failed", advice)
    if report.state in (SourceState.LATE, SourceState.PARTIAL):
        return note(subject, report.reason or str(report.state), GIVE_IT_TIME)
    news = f"papers: {report.papers}" if report.papers else "nothing new"
    return good(subject, f"answers; {news}")
