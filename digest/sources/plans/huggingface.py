"""Hugging Face Daily Papers: the last days again and again, because upvotes come late."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from digest.errors import SourceError
from digest.models import SourceState
from digest.sources.plans.task import (
    Basket,
    Harvest,
    Task,
    keep_newest,
    with_query,
)

API = "https://huggingface.co/api/daily_papers"
SIZE = 100  # rows of a page
MAX_PAGES = 5  # of one list
AGAIN_DAYS = 2  # before today: their upvotes still grow
MOST_DAYS = 14  # that are made good
MOST_FAILED = 2  # lists that cannot be read, in one run: then its servers are broken or busy
WORDS = {"weekly": "week", "monthly": "month", "trending": "trending"}


def harvest_huggingface(task: Task) -> Harvest:
    """Read the lists of the days since the last one we have, and of two days before.

    Raises:
        SourceError: not one list can be read.
    """
    basket = Basket()
    wanted = task.source.query[0] if task.source.query else "daily"
    if wanted in WORDS:
        for query in questions(task, WORDS[wanted]):
            read_list(task, basket, **query)
        return basket.harvest(task.memory)
    last = read_days(task, basket)
    if len(basket.papers) > task.source.limit:
        keep_newest(task, basket)
    return judge(basket.harvest(replace(task.memory, covered=last or task.memory.covered)), task)


def questions(task: Task, word: str) -> list[dict[str, str]]:
    """Return the parameters of the lists since the last run, the newest first: on a Monday that of
    the week before, too."""
    today = task.now.date()
    since = task.memory.succeeded or task.now - timedelta(days=1)
    days = range(min((today - since.date()).days, MOST_DAYS) + 1) or (0,)
    told = [question(word, today - timedelta(days=back)) for back in days]
    return [query for number, query in enumerate(told) if query not in told[:number]]


def question(word: str, today: date) -> dict[str, str]:
    """Return the parameters of the list of a week or a month, or of what is talked about."""
    year, week, _ = today.isocalendar()
    values = {"week": f"{year}-W{week:02d}", "month": f"{today:%Y-%m}"}
    return {word: values[word]} if word in values else {"sort": "trending"}


def read_days(task: Task, basket: Basket) -> date | None:
    """Read day by day, the newest first, and return the newest that had papers."""
    errors: list[SourceError] = []
    failed: list[str] = []
    newest = None
    for day in days_to_read(task):
        before = basket.entries
        try:
            read_list(task, basket, date=day.isoformat())
        except SourceError as error:
            errors.append(error)
            # Its servers may not have begun today's list yet, and then call the date wrong.
            failed += [error.reason] if "HTTP 400" not in error.reason else []
            if len(failed) == MOST_FAILED:
                break
            continue
        newest = newest or (day if basket.entries > before else None)
    if not basket.kind:
        raise errors[-1]
    basket.reasons += failed
    return newest if not basket.reasons else None


def days_to_read(task: Task) -> Iterator[date]:
    """Yield the days from today (UTC) until two before the last one we have, at most 14 back."""
    today = task.now.date()
    start = (task.memory.covered or today) - timedelta(days=AGAIN_DAYS)
    for back in range(min((today - start).days, MOST_DAYS) + 1):
        yield today - timedelta(days=back)


def read_list(task: Task, basket: Basket, **query: str) -> None:
    """Read all pages of one list.

    Raises:
        SourceError: one of them cannot be read.
    """
    for page in range(MAX_PAGES):
        url = with_query(task.source.url or API, **query, p=page, limit=SIZE)
        document = task.read_url(url)
        basket.add(document)
        if document.entries < SIZE:
            return


def judge(harvest: Harvest, task: Task) -> Harvest:
    """Return the harvest as late where two working days brought nothing."""
    today = task.now.date()
    had = (harvest.memory.covered or date.min) >= today - timedelta(days=1)
    if harvest.state or had or today.weekday() in {5, 6, 0}:
        return harvest
    return replace(harvest, state=SourceState.LATE, reason="no list for the last two days")
