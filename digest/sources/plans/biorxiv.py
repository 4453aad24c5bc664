"""bioRxiv and medRxiv: every preprint since the last covered day, in the wanted categories."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from digest.models import Paper
from digest.sources.plans.task import MAX_PAGES, Basket, Harvest, Task, as_it_stands, read_pages

API = "https://api.biorxiv.org/details/"
FIRST_DAYS = 2  # before today, on the first run
MOST_DAYS = 30  # that are made good
ALL = frozenset({"all", "*", ""})


def harvest_biorxiv(task: Task) -> Harvest:
    """Read all pages of the days since the last run, the last covered one again.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = Basket()
    if as_it_stands(task.source.url):
        basket.add(task.read_url(task.source.url))
    else:
        read_pages(task, pages(task, basket), basket)
    basket.papers = [paper for paper in basket.papers if is_wanted(paper, task.source.query)]
    harvest = basket.harvest(task.memory)
    if basket.reasons:
        return harvest
    return replace(harvest, memory=replace(task.memory, covered=task.now.date()))


def pages(task: Task, basket: Basket) -> Iterator[str]:
    """Yield the addresses of page after page; the API counts in rows already received."""
    today = task.now.date()
    start = (task.memory.covered or today - timedelta(days=FIRST_DAYS)) - timedelta(days=1)
    start = max(start, today - timedelta(days=MOST_DAYS))
    base = task.source.url or f"{API}{task.source.kind}"
    for _ in range(MAX_PAGES):
        yield f"{base.rstrip('/')}/{start}/{today}/{basket.entries}/json"


def is_wanted(paper: Paper, wanted: tuple[str, ...]) -> bool:
    """Tell whether a preprint is in one of the categories; "all" wants every one."""
    names = {name.replace("_", " ").casefold().strip() for name in wanted}
    if names & ALL or not names:
        return True
    return any(name.replace("_", " ").casefold() in names for name in paper.categories)
