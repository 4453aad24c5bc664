"""Searches in PubMed, Crossref, OpenAlex and Semantic Scholar: what is new since the last run.

A day is asked for again on the next run, because databases fill up late; what is known already is
not new.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from digest.sources.plans.task import (
    MAX_PAGES,
    Basket,
    Harvest,
    Plan,
    Task,
    nearly_all,
    read_pages,
    until_today,
    with_query,
)

ENTREZ = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
CROSSREF = "https://api.crossref.org/works"
OPENALEX = "https://api.openalex.org/works"
SEMANTICSCHOLAR = "https://api.semanticscholar.org/graph/v1/paper/search/bulk"
FIELDS = (
    "externalIds,title,abstract,authors,url,venue,journal,publicationDate,citationCount,"
    "fieldsOfStudy"
)
FIRST_DAYS = 3  # before today, on the first run
MOST_DAYS = 60  # that are made good
AGAIN_DAYS = 2  # before the last run
FETCH = 200  # articles of one efetch request
ROWS = 200  # of one page


def either(query: tuple[str, ...], *, word: str = " OR ") -> str:
    """Return several searches as one."""
    return query[0] if len(query) == 1 else word.join(f"({part})" for part in query)


def since(task: Task) -> date:
    """Return the first day to ask for."""
    today = task.now.date()
    if task.memory.covered is None:
        return today - timedelta(days=FIRST_DAYS)
    return max(task.memory.covered, today - timedelta(days=MOST_DAYS)) - timedelta(days=AGAIN_DAYS)


def harvest_pubmed(task: Task) -> Harvest:
    """Search, then fetch the articles found.

    Raises:
        SourceError: the search or the first portion of articles fails.
    """
    base = f"{(task.source.url or ENTREZ).rstrip('/')}/"
    common = {"db": "pubmed", "tool": "morning-papers", "api_key": task.key}
    search = with_query(
        f"{base}esearch.fcgi",
        term=either(task.source.query),
        datetype="edat",
        mindate=f"{since(task):%Y/%m/%d}",
        maxdate=f"{task.now:%Y/%m/%d}",
        retmax=task.source.limit,
        retmode="json",
        **common,
    )
    listed = task.read_url(search)
    found = [name.removeprefix("pmid:") for name in listed.ids]
    basket = Basket()
    portions = [found[start : start + FETCH] for start in range(0, len(found), FETCH)]
    urls = (
        with_query(f"{base}efetch.fcgi", id=",".join(portion), retmode="xml", **common)
        for portion in portions
    )
    if read_pages(task, urls, basket):
        judge_articles(task, basket, len(found), listed.total or 0)
    return until_today(task, basket)


def judge_articles(task: Task, basket: Basket, asked: int, total: int) -> None:
    """Note what is missing of the articles that a search found; a few ids have no record."""
    wanted = min(total, task.source.limit)
    if not nearly_all(asked, wanted):
        basket.short = f"only {asked} of {wanted} articles found were named"
    elif not nearly_all(basket.entries, asked):
        basket.short = f"only {basket.entries} of {asked} articles found came"
    basket.cut = total > wanted


def harvest_crossref(task: Task) -> Harvest:
    """Read the works registered since the last run.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = Basket()

    def pages() -> Iterator[str]:
        for _ in range(MAX_PAGES):
            yield with_query(
                task.source.url or CROSSREF,
                query=" ".join(task.source.query),
                filter=f"from-created-date:{since(task)}",
                sort="created",
                order="desc",
                rows=ROWS,
                offset=basket.entries,
                mailto=contact(task),
            )

    read_pages(task, pages(), basket)
    return until_today(task, basket)


def harvest_openalex(task: Task) -> Harvest:
    """Read the works published since the last run.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = Basket()

    def pages() -> Iterator[str]:
        for number in range(1, MAX_PAGES):
            yield with_query(
                task.source.url or OPENALEX,
                search=either(task.source.query),
                filter=f"from_publication_date:{since(task)},to_publication_date:{task.now.date()}",
                sort="publication_date:desc",
                **{"per-page": ROWS},
                page=number,
                api_key=task.key,
                mailto=contact(task),
            )

    read_pages(task, pages(), basket)
    return until_today(task, basket)


def harvest_semanticscholar(task: Task) -> Harvest:
    """Read the papers published since the last run.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = Basket(estimated=True)

    def pages() -> Iterator[str]:
        for _ in range(MAX_PAGES):
            yield with_query(
                task.source.url or SEMANTICSCHOLAR,
                query=either(task.source.query, word=" | "),
                publicationDateOrYear=f"{since(task)}:",
                sort="publicationDate:desc",
                fields=FIELDS,
                token=basket.cursor,
            )

    headers = {"x-api-key": task.key} if task.key else {}
    read_pages(task, pages(), basket, headers)
    return until_today(task, basket)


def contact(task: Task) -> str:
    """Return the operator's address, which Crossref and OpenAlex want in the question."""
    return task.courier.door.contact


SEARCHES: dict[str, Plan] = {
    "pubmed": harvest_pubmed,
    "crossref": harvest_crossref,
    "openalex": harvest_openalex,
    "semanticscholar": harvest_semanticscholar,
}
