"""Searches in PubMed, Crossref, OpenAlex and Semantic Scholar: what is new since the last run.

A day is asked for again on the next run, because databases fill up late; what is known already is
not new.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from digest.models import SourceMemory
from digest.sources.asking.pacing import NCBI_KEY_SECONDS
from digest.sources.plans.task import MAX_PAGES, Basket, Harvest, Plan, Task, read_pages, with_query

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


def covering(basket: Basket, task: Task) -> Harvest:
    """Return the harvest; today is covered where nothing is missing."""
    memory: SourceMemory = task.memory
    if not basket.reasons:
        memory = replace(memory, covered=task.now.date())
    return basket.harvest(memory)


def harvest_pubmed(task: Task) -> Harvest:
    """Search, then fetch the articles found.

    Raises:
        SourceError: the search or the first portion of articles fails.
    """
    base = task.source.url or ENTREZ
    common = {"db": "pubmed", "tool": "morning-papers", "api_key": task.key}
    pace = NCBI_KEY_SECONDS if task.key and not task.source.url else 0.0
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
    found = [name.removeprefix("pmid:") for name in task.read_url(search, pace=pace).ids]
    basket = Basket(kind="pubmed-articles")
    portions = [found[start : start + FETCH] for start in range(0, len(found), FETCH)]
    urls = (
        with_query(f"{base}efetch.fcgi", id=",".join(portion), retmode="xml", **common)
        for portion in portions
    )
    read_pages(task, urls, basket)
    return covering(basket, task)


def harvest_crossref(task: Task) -> Harvest:
    """Read the works registered since the last run.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = Basket()

    def pages() -> Iterator[str]:
        for number in range(MAX_PAGES):
            yield with_query(
                task.source.url or CROSSREF,
                query=" ".join(task.source.query),
                filter=f"from-created-date:{since(task)}",
                sort="created",
                order="desc",
                rows=ROWS,
                offset=number * ROWS,
                mailto=contact(task),
            )

    read_pages(task, pages(), basket)
    return covering(basket, task)


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
    return covering(basket, task)


def harvest_semanticscholar(task: Task) -> Harvest:
    """Read the papers published since the last run.

    Raises:
        SourceError: the first page cannot be read.
    """
    basket = Basket()
    url = with_query(
        task.source.url or SEMANTICSCHOLAR,
        query=either(task.source.query, word=" | "),
        publicationDateOrYear=f"{since(task)}:",
        sort="publicationDate:desc",
        fields=FIELDS,
    )
    headers = {"x-api-key": task.key} if task.key else {}
    read_pages(task, iter((url,)), basket, headers)
    return covering(basket, task)


def contact(task: Task) -> str:
    """Return the operator's address, which Crossref and OpenAlex want in the question."""
    return task.courier.door.contact


SEARCHES: dict[str, Plan] = {
    "pubmed": harvest_pubmed,
    "crossref": harvest_crossref,
    "openalex": harvest_openalex,
    "semanticscholar": harvest_semanticscholar,
}
