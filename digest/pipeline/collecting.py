"""Collects from every source and takes the papers in, in one transaction."""

from typing import TYPE_CHECKING

from digest.models import SourceReport
from digest.papers import merge_papers
from digest.sources.collecting import collect_sources
from digest.state.archive import Archive
from digest.state.calendar import COLLECTED
from digest.state.memories import HostClocks, SourceBook

if TYPE_CHECKING:
    from digest.pipeline.run import Run


def collect_papers(run: "Run") -> tuple[SourceReport, ...]:
    """Ask every source, store what is new and return how each of them ended.

    Raises:
        StateError: nothing was stored; the next run asks again.
    """
    now = run.clock()
    collected = collect_sources(
        run.config.sources,
        SourceBook(run.database).memories(),
        now=now,
        hosts=host_clocks(run),
        contact=contact(run),
        base_dir=run.config.path.parent,
        progress=run.on_source,
    )
    stored = Archive(run.database).store(collected, now, merge_papers)
    run.database.remember(COLLECTED, now.isoformat())
    return stored.reports


def host_clocks(run: "Run") -> HostClocks:
    """Return the pace of every host, shared with all processes on this database."""
    return HostClocks(run.database, lambda: run.clock().timestamp())


def contact(run: "Run") -> str:
    """Return the address that sources may complain to."""
    return run.config.site.operator or run.config.site.sender
