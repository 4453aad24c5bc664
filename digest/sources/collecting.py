"""Collects every source of a run: in parallel over hosts, one after the other within a host.

A source's failure is a value; the others go on.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from digest.config.schema import Source
from digest.errors import SourceError
from digest.models import Collected, Paper, SourceMemory, SourceReport, SourceState
from digest.sources.asking.courier import Courier
from digest.sources.asking.door import Door
from digest.sources.asking.pacing import HostClock, host_of
from digest.sources.asking.threads import in_threads
from digest.sources.plans.arxiv import FEEDS, harvest_arxiv
from digest.sources.plans.biorxiv import harvest_biorxiv
from digest.sources.plans.huggingface import harvest_huggingface
from digest.sources.plans.searches import SEARCHES
from digest.sources.plans.single import harvest_files, harvest_url
from digest.sources.plans.task import Harvest, Plan, Task, as_it_stands

log = logging.getLogger(__name__)

MAX_BATCH = 5_000  # identities remembered of a source's last batch
OLD_NEWS = timedelta(days=30)  # what has so old a date was never new to a feed
DOUBTED_DAYS = 60  # asked for again where a clock was ahead; most kinds ask for fewer
GOOD = frozenset({SourceState.FRESH, SourceState.QUIET, SourceState.NOT_MODIFIED})

PLANS: dict[str, Plan] = {
    "arxiv": harvest_arxiv,
    "huggingface": harvest_huggingface,
    "biorxiv": harvest_biorxiv,
    "medrxiv": harvest_biorxiv,
    "feed": harvest_url,
    "file": harvest_files,
    **SEARCHES,
}


def collect_sources(
    sources: Sequence[Source],
    memories: Mapping[str, SourceMemory],
    *,
    now: datetime,
    hosts: HostClock,
    contact: str = "",
    base_dir: Path = Path(),
    progress: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    dice: random.Random | None = None,
) -> list[Collected]:
    """Return what every source gave, in the order of the configuration. Never raises for one.

    Different hosts are asked at the same time.

    Args:
        memories: by source name; a source without one runs for the first time.
        now: the run's moment, UTC.
        hosts: paces the requests, over processes where it is `state.memories.HostClocks`.
        contact: the operator's mail address, for the User-Agent.
        base_dir: relative paths of `file` sources start here.
        progress: told the name of each source that ended.
        sleep: takes seconds.
    """
    door = Door(contact)
    courier = Courier(door, hosts, sleep, dice or random.Random())  # jitter
    lanes: dict[str, list[Task]] = {}
    for source in sources:
        memory = believed(memories.get(source.name, SourceMemory()), now)
        task = Task(source, memory, now, courier, base_dir)
        lanes.setdefault(lane_of(source), []).append(task)

    def run_lane(lane: list[Task]) -> list[Collected]:
        return [collect_source(task, progress) for task in lane]

    try:
        done = {
            collected.report.name: collected
            for lane in in_threads(run_lane, list(lanes.values()))
            for collected in lane
        }
    finally:
        door.close()
    return [done[source.name] for source in sources]


def lane_of(source: Source) -> str:
    """Return the host that a source asks, whose other sources must wait meanwhile."""
    if source.url or source.kind == "feed":
        return host_of(source.url or source.query[0])
    return host_of(FEEDS) if source.kind == "arxiv" else source.kind


def collect_source(task: Task, progress: Callable[[str], None] | None) -> Collected:
    """Return what one source gave; its failure is a value too."""
    collected, _ = carry_out(task, plan_of(task.source))
    report = collected.report
    log.info(
        "source name=%r state=%s papers=%d reason=%r",
        report.name,
        report.state.value,
        report.papers,
        report.reason,
    )
    if progress:
        progress(task.source.name)
    return collected


def carry_out(task: Task, plan: Plan) -> tuple[Collected, str]:
    """Return what a plan gave, and what its documents were recognised as ("" for a failure)."""
    try:
        harvest = plan(task)
        return finish(task, harvest), harvest.kind
    except SourceError as error:
        return failed(task, error.reason), ""
    except Exception as error:  # a parser's bug must not cost the other sources
        log.exception("source name=%r state=failed", task.source.name)
        reason = f"a mistake in this program: {type(error).__name__}: {error}"
        return failed(task, reason), ""


def believed(memory: SourceMemory, now: datetime) -> SourceMemory:
    """Return what a source remembers without days to come: they were collected by a wrong clock.

    How far it was really read is not known then.
    """
    today = now.date()
    if memory.covered is None or memory.covered <= today:
        return memory
    return replace(memory, covered=today - timedelta(days=DOUBTED_DAYS))


def plan_of(source: Source) -> Plan:
    """Return how a source is asked: a single document at a configured URL is read as it stands."""
    if source.kind in {"huggingface", *SEARCHES} and as_it_stands(source.url):
        return harvest_url
    return PLANS[source.kind]


def finish(task: Task, harvest: Harvest) -> Collected:
    """Return the harvest with its state, its report and what is remembered of it.

    New papers beyond the source's limit wait for the next run where it asks for all of them again;
    one that asks for the days since loses them, and is partial. A first run has only a backlog.
    """
    told = (as_told_by(task.source, paper) for paper in harvest.papers)
    found = [paper for paper in told if paper.announced in task.source.announce]
    names = list(dict.fromkeys(paper.id for paper in found))
    beyond = len(names) - task.source.limit
    taken, waiting, memory = set(names[: task.source.limit]), set[str](), harvest.memory
    fresh = taken.difference(task.memory.batch)
    lost = beyond > 0 and memory.covered is not None
    first = is_first(task.memory) or has_moved(task.memory, memory)
    if beyond > 0 and not lost and not first:
        new = new_names(task, found, names)
        fresh, waiting = set(new[: task.source.limit]), set(new[task.source.limit :])
        taken = (taken | fresh) - waiting
    state = harvest.state or (SourceState.FRESH if fresh else SourceState.QUIET)
    state = SourceState.PARTIAL if lost else state
    problem = f"{beyond} papers beyond the limit were left out" if lost else ""
    if waiting:
        problem = f"{len(waiting)} papers beyond the limit wait for the next run"
        memory = replace(memory, etag="", last_modified="")
    reason = "; ".join(filter(None, (harvest.reason, problem)))
    batch = names if harvest.batch is None else harvest.batch
    if harvest.batch is None and (not names or state is SourceState.PARTIAL):
        batch = [*dict.fromkeys((*names, *task.memory.batch))]  # what is missing may come again
    batch = tuple(name for name in batch if name not in waiting)
    papers = tuple(paper for paper in found if paper.id in taken)
    succeeded = task.now if state in GOOD else task.memory.succeeded
    memory = replace(memory, asked=task.now, succeeded=succeeded, batch=batch[:MAX_BATCH])
    report = SourceReport(
        name=task.source.name,
        state=state,
        papers=len({paper.id for paper in harvest.papers}),
        new=len(fresh),
        reason=reason,
        last_success=succeeded,
    )
    return Collected(report, papers, memory, first=first)


def as_told_by(source: Source, paper: Paper) -> Paper:
    """Return a paper without its version where a feed that is not arXiv's names it: any feed may
    imitate arXiv's, and the highest version is what letters show."""
    theirs = source.kind == "feed" and lane_of(source) != "arxiv.org"
    return replace(paper, version=0) if theirs and paper.version else paper


def new_names(task: Task, found: Sequence[Paper], names: Sequence[str]) -> list[str]:
    """Return what was not in the last batch, in the document's order; a backlog beyond the limit is
    none, nor is what no batch could remember."""
    known = set(task.memory.batch)
    news = {paper.id for paper in found if is_news(paper, task.now)} | {*names[: task.source.limit]}
    return [name for name in names[:MAX_BATCH] if name in news - known]


def is_news(paper: Paper, now: datetime) -> bool:
    """Tell whether a paper that was not there before is no backlog; one without a date is none."""
    return paper.published is None or now - paper.published < OLD_NEWS


def is_first(memory: SourceMemory) -> bool:
    """Tell whether a source with this memory never gave anything."""
    return memory.succeeded is None and not memory.batch


def has_moved(before: SourceMemory, after: SourceMemory) -> bool:
    """Tell whether a source of one document reads another one now, whose backlog is no news."""
    return after.covered is None and before.url not in {"", after.url}


def failed(task: Task, reason: str) -> Collected:
    """Return the failure of a source, which remembers all it knew."""
    report = SourceReport(
        name=task.source.name,
        state=SourceState.FAILED,
        reason=reason,
        last_success=task.memory.succeeded,
    )
    memory = replace(task.memory, asked=task.now)
    return Collected(report, (), memory, first=is_first(task.memory))
