"""bioRxiv and medRxiv: every preprint since the last covered day, in the wanted categories.

The API gives the oldest first. A long gap is therefore read in stretches, the newest of them first,
so that beyond the source's limit the oldest preprints are left out.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from digest.errors import SourceError
from digest.models import Paper
from digest.sources.plans.task import (
    MAX_PAGES,
    Basket,
    Harvest,
    Task,
    as_it_stands,
    read_pages,
    until_today,
)

API = "https://api.biorxiv.org/details/"
FIRST_DAYS = 2  # before today, on the first run
MOST_DAYS = 30  # that are made good
STRETCH_DAYS = 4  # asked for together
ALL = frozenset({"all", "*", ""})


def harvest_biorxiv(task: Task) -> Harvest:
    """Read all pages of the days since the last run, the last covered one again.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = new_basket(task)
    if as_it_stands(task.source.url):
        basket.add(task.read_url(task.source.url))
    else:
        read_stretches(task, basket)
    basket.papers.sort(key=lambda paper: paper.published or task.now, reverse=True)
    return until_today(task, basket)


def read_stretches(task: Task, basket: Basket) -> None:
    """Read the days since the last run, until enough was read.

    Raises:
        SourceError: the first page cannot be read.
    """
    waiting = list(stretches(task))
    while waiting and not basket.reasons and not basket.cut:
        start, end = waiting.pop(0)
        part = new_basket(task)
        try:
            read_pages(task, pages(task, start, end, part), part)
        except SourceError as error:
            if not basket.kind:
                raise
            part.reasons.append(error.reason)
        basket.take(part)
        basket.cut = len(basket.papers) > task.source.limit


def new_basket(task: Task) -> Basket:
    """Return a basket for preprints of the wanted categories alone."""
    return Basket(rising=True, wanted=lambda paper: is_wanted(paper, task.source.query))


def stretches(task: Task) -> Iterator[tuple[date, date]]:
    """Yield first and last days, the newest first."""
    today = task.now.date()
    start = (task.memory.covered or today - timedelta(days=FIRST_DAYS)) - timedelta(days=1)
    start, end = max(start, today - timedelta(days=MOST_DAYS)), today
    while (end - start).days > STRETCH_DAYS:
        first = end - timedelta(days=STRETCH_DAYS - 1)
        yield first, end
        end = first - timedelta(days=1)
    yield start, end


def pages(task: Task, start: date, end: date, basket: Basket) -> Iterator[str]:
    """Yield the addresses of page after page; the API counts in rows already received."""
    base = task.source.url or f"{API}{task.source.kind}"
    for _ in range(MAX_PAGES):
        yield f"{base.rstrip('/')}/{start}/{end}/{basket.entries}/json"


def is_wanted(paper: Paper, wanted: tuple[str, ...]) -> bool:
    """Tell whether a preprint is in one of the categories; "all" wants every one."""
    names = {name.replace("_", " ").casefold().strip() for name in wanted}
    if names & ALL or not names:
        return True
    return any(name.replace("_", " ").casefold() in names for name in paper.categories)
