"""arXiv: the feed of the day, and the API or OAI-PMH for days that were missed.

A day counts as covered when its batch was read whole; only that moves the memory's `covered`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from digest.errors import SourceError
from digest.models import Paper, SourceMemory, SourceState
from digest.sources.document import Document
from digest.sources.plans.arxiv_calendar import (
    batch_day,
    days_between,
    eastern_day,
    is_holiday,
    window,
)
from digest.sources.plans.task import (
    MAX_PAGES,
    Basket,
    Harvest,
    Task,
    left_out,
    nearly_all,
    read_pages,
    with_query,
)

FEEDS = "https://rss.arxiv.org/atom/"
API = "https://export.arxiv.org/api/query"
OAI = "https://oaipmh.arxiv.org/oai"
SLICE = 2_000  # entries, arXiv's limit for one answer
OLD_DAYS = 7  # a feed older than that is a copy, and its date says nothing about today
BUILT_EARLY = timedelta(hours=2)  # a feed stamped shortly before midnight is the coming day's
MOST_MISSED = 30  # days that are made good
# archives whose papers carry the archive's classes (math.AG) rather than its own name
ARCHIVE_NAMES = "astro-ph cond-mat cs econ eess math nlin physics q-bio q-fin stat"
PHYSICS_NAMES = (
    "astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nlin nucl-ex nucl-th physics "
    "quant-ph"
)
PHYSICS = frozenset(PHYSICS_NAMES.split())
ARCHIVES = frozenset(ARCHIVE_NAMES.split())


def harvest_arxiv(task: Task) -> Harvest:
    """Read today's batch, and the batches since the last covered day.

    Raises:
        SourceError: today's feed cannot be read, and nothing else was.
    """
    today = eastern_day(task.now)
    if task.memory.covered == batch_day(today) and task.memory.url == feed_url(task):
        return nothing_to_ask(task, today)
    answer = task.ask_again(feed_url(task))
    memory = replace(task.memory, url=feed_url(task))
    document = task.read(answer) if answer.status != 304 else None
    if document is not None and not document.whole:
        return keep_whole(document, memory)
    got = covered_day(task, document, today)
    if got:
        memory = replace(memory, etag=answer.etag, last_modified=answer.last_modified)
    return complete(task, document, replace(memory, covered=got or memory.covered), got)


def nothing_to_ask(task: Task, today: date) -> Harvest:
    """Say why arXiv is not asked: its answer does not change within a day."""
    state = SourceState.QUIET if today.weekday() > 4 else SourceState.NOT_MODIFIED
    return Harvest(task.memory, state=state)


def keep_whole(document: Document, memory: SourceMemory) -> Harvest:
    """Return the entries before the cut; the day is not covered, so that it is asked again."""
    basket = Basket()
    basket.add(document)
    return replace(basket.harvest(memory), batch=memory.batch)


def covered_day(task: Task, document: Document | None, today: date) -> date | None:
    """Return the day whose batch the feed holds, None where it holds none that is new to us."""
    if document is None or not document.papers:
        return None
    if is_stale(document.papers, task.memory):
        return None
    due = batch_day(today)
    built = batch_day(eastern_day(document.built + BUILT_EARLY)) if document.built else due
    if built > due or (due - built).days > OLD_DAYS:
        return due
    return max(built, task.memory.covered or built)


def is_stale(papers: Sequence[Paper], memory: SourceMemory) -> bool:
    """Tell whether a feed serves the last batch again, maybe under a new date."""
    return bool(memory.batch) and {paper.id for paper in papers} <= set(memory.batch)


def complete(
    task: Task, document: Document | None, memory: SourceMemory, got: date | None
) -> Harvest:
    """Return the day's batch with the missed ones, in the state that their days make.

    Args:
        got: the day whose batch the feed holds, None where it holds none that is new to us.
    """
    today, basket = eastern_day(task.now), Basket()
    if document is not None and got:
        basket.add(document)
    told = tuple(basket.papers)
    batch = tuple(paper.id for paper in told) if got else memory.batch
    missed = missed_days(task, got, today)
    if missed and has_api(task):
        memory = make_good(task, missed, memory, basket)
        if is_repeated(told, basket.papers[len(told) :]):
            memory = replace(memory, covered=min(missed[-1], memory.covered or missed[-1]))
    harvest = replace(basket.harvest(memory), batch=batch)
    due = batch_day(today)
    if harvest.state is not None or (memory.covered or date.min) >= due:
        return harvest
    return explain_missing(harvest, document, today, due)


def explain_missing(harvest: Harvest, document: Document | None, today: date, due: date) -> Harvest:
    """Say what it means that the batch of the day that is due has not come."""
    if today.weekday() > 4 or is_holiday(due):
        return replace(harvest, state=None if harvest.papers else SourceState.QUIET)
    empty = document is not None and not document.entries
    words = "today's feed is empty" if empty else "it still serves the last batch"
    return replace(harvest, state=SourceState.LATE, reason=f"{words} on a working day")


def is_repeated(told: Sequence[Paper], missed: Sequence[Paper]) -> bool:
    """Tell whether a feed serves the batch of a missed day again: most of its new papers are of
    those, while moderators hold back a few only."""
    new = {paper.id for paper in told if paper.announced == "new"}
    return 2 * len(new.intersection(paper.id for paper in missed)) > len(new)


def missed_days(task: Task, got: date | None, today: date) -> tuple[date, ...]:
    """Return the days before today whose batches we do not have.

    On a first run the feed's own batch is enough; where it is empty, the last day before it.
    """
    before = task.memory.covered
    last = batch_day(today)
    if before is None:
        earlier = reversed(days_between(last - timedelta(days=MOST_MISSED), last))
        recent = next((day for day in earlier if day != today and not is_holiday(day)), None)
        return (recent,) if got is None and recent else ()
    missing = [day for day in days_between(before, last) if day not in {got, today}]
    return tuple(missing[-MOST_MISSED:])


def make_good(
    task: Task, missed: Sequence[date], memory: SourceMemory, basket: Basket
) -> SourceMemory:
    """Fetch missed days from the API; the memory goes back to the last covered day on failure."""
    start, end = window(missed[0], missed[-1])
    found, whole = fetch_between(task, start, end)
    if found.cut:
        basket.reasons.append(f"of {len(missed)} missed days {left_out(task)}")
    newest = sorted(found.papers, key=lambda paper: paper.published or start, reverse=True)
    basket.papers.extend(classify(paper, task) for paper in newest)
    if whole:
        return replace(memory, covered=max(missed[-1], memory.covered or missed[-1]))
    why = "; ".join(dict.fromkeys(found.reasons))
    basket.reasons.append(f"{len(missed)} missed days could not be fetched: {why}")
    return replace(memory, covered=task.memory.covered)


def fetch_between(task: Task, start: datetime, end: datetime) -> tuple[Basket, bool]:
    """Return the papers submitted between two moments, and whether these are all: from the API,
    and, where that fails, also from OAI-PMH, which another machine serves."""
    found = Basket()
    for fetch in (from_api, from_oai):
        part = Basket()
        try:
            whole = fetch(task, start, end, part)
        except SourceError as error:
            part.reasons.append(error.reason)
            whole = False
        known = {paper.id for paper in found.papers}
        whole = whole and nearly_all(len(part.papers), len(known))
        part.papers = [paper for paper in part.papers if paper.id not in known]
        found.take(part)
        if whole:
            return found, True
        found.reasons += filter(None, [part.short])
    return found, False


def from_api(task: Task, start: datetime, end: datetime, found: Basket) -> bool:
    """Read the API's slices.

    Raises:
        SourceError: the first slice cannot be read.
    """
    return read_pages(task, slices(task, start, end, found), found)


def from_oai(task: Task, start: datetime, end: datetime, found: Basket) -> bool:
    """Read the records changed since the first moment, and keep the new ones of our classes.

    A record's datestamp is that of its announcement or later, so that there is no last day to ask.

    Raises:
        SourceError: a page cannot be read.
    """
    base = endpoint(task, "/oai", OAI)
    for name in sorted({set_of(name) for name in task.source.query}):
        wanted = {"metadataPrefix": "arXiv", "set": name, "from": f"{start:%Y-%m-%d}"}
        for _ in range(MAX_PAGES):
            document = task.read_url(with_query(base, verb="ListRecords", **wanted))
            found.papers += [paper for paper in document.papers if fits(paper, task, start, end)]
            if not document.whole:
                found.reasons.append(document.reason)
                return False
            if not document.cursor:
                break
            wanted = {"resumptionToken": document.cursor}
    return True


def set_of(name: str) -> str:
    """Return the OAI set that holds an arXiv class: its archive, physics' ones within physics."""
    archive = name.partition(".")[0]
    return f"physics:{archive}" if archive in PHYSICS else archive


def fits(paper: Paper, task: Task, start: datetime, end: datetime) -> bool:
    """Tell whether a harvested record is a new paper of our classes, submitted in time."""
    asked = any(is_asked(name, task) for name in paper.categories)
    told = paper.published
    in_time = told is not None and start.date() <= told.date() <= end.date()
    return asked and in_time and paper.announced == "new"


def slices(task: Task, start: datetime, end: datetime, found: Basket) -> Iterator[str]:
    """Yield the API's URLs for submissions between two moments, from the first not yet found on."""
    names = (f"{name}.*" if name in ARCHIVES else name for name in task.source.query)
    classes = " OR ".join(f"cat:{name}" for name in names)
    between = f"submittedDate:[{start:%Y%m%d%H%M} TO {end:%Y%m%d%H%M}]"
    size = min(SLICE, task.source.limit)
    for _ in range(MAX_PAGES):
        yield with_query(
            endpoint(task, "/api/query", API),
            search_query=f"({classes}) AND {between}",
            start=found.entries,
            max_results=size,
            sortBy="submittedDate",
            sortOrder="descending",  # beyond the limit the oldest are left out
        )


def classify(paper: Paper, task: Task) -> Paper:
    """Return the API's paper with the announce type that the feed would have given it."""
    own = any(is_asked(primary, task) for primary in paper.categories[:1])
    return paper if own else replace(paper, announced="cross")


def is_asked(name: str, task: Task) -> bool:
    """Tell whether a class, or its whole archive, is asked for."""
    return not {name, name.partition(".")[0]}.isdisjoint(task.source.query)


def feed_url(task: Task) -> str:
    """Return the address of the daily feed."""
    if not has_api(task):
        return task.source.url
    return f"{endpoint(task, '/atom/', FEEDS)}{'+'.join(task.source.query)}"


def endpoint(task: Task, path: str, public: str) -> str:
    """Return the address of a service, arXiv's own or the configured mirror's."""
    return f"{task.source.url.rstrip('/')}{path}" if task.source.url else public


def has_api(task: Task) -> bool:
    """Tell whether missed days can be fetched: from arXiv or a mirror of all its services, while
    a configured URL with a path or a query is a copy of one feed."""
    parts = urlsplit(task.source.url)
    return not parts.path.strip("/") and not parts.query
