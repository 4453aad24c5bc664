"""Searches in PubMed, Crossref, OpenAlex and Semantic Scholar: what is new since the last run.

A day is asked for again on the next run, because databases fill up late; what is known already is
not new.
"""

from collections.abc import Callable
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


def crossref_page(task: Task, basket: Basket, _number: int) -> str:
    """Return the address of the next works registered since the last run."""
    return with_query(
        task.source.url or CROSSREF,
        query=" ".join(task.source.query),
        filter=f"from-created-date:{since(task)}",
        sort="created",
        order="desc",
        rows=ROWS,
        offset=basket.entries,
        mailto=contact(task),
    )


def openalex_page(task: Task, _basket: Basket, number: int) -> str:
    """Return the address of the next works published since the last run."""
    return with_query(
        task.source.url or OPENALEX,
        search=either(task.source.query),
        filter=f"from_publication_date:{since(task)},to_publication_date:{task.now.date()}",
        sort="publication_date:desc",
        **{"per-page": ROWS},
        page=number,
        api_key=task.key,
        mailto=contact(task),
    )


def semanticscholar_page(task: Task, basket: Basket, _number: int) -> str:
    """Return the address of the next papers published since the last run."""
    return with_query(
        task.source.url or SEMANTICSCHOLAR,
        query=either(task.source.query, word=" | "),
        publicationDateOrYear=f"{since(task)}:",
        sort="publicationDate:desc",
        fields=FIELDS,
        token=basket.cursor,
    )


def plan_pages(
    page: Callable[[Task, Basket, int], str], *, estimated: bool = False, key_header: str = ""
) -> Plan:
    """Return the plan that reads page after page; it raises SourceError where the first fails.

    Args:
        page: returns the address of the next one, given what came and its number, from 1.
        estimated: see `Basket`.
        key_header: the name of the header that takes the user's key; "" for none.
    """

    def harvest(task: Task) -> Harvest:
        basket = Basket(estimated=estimated)
        urls = (page(task, basket, number) for number in range(1, MAX_PAGES + 1))
        read_pages(task, urls, basket, {key_header: task.key} if key_header and task.key else {})
        return until_today(task, basket)

    return harvest


def contact(task: Task) -> str:
    """Return the operator's address, which Crossref and OpenAlex want in the question."""
    return task.courier.door.contact


SEARCHES: dict[str, Plan] = {
    "pubmed": harvest_pubmed,
    "crossref": plan_pages(crossref_page),
    "openalex": plan_pages(openalex_page),
    "semanticscholar": plan_pages(semanticscholar_page, estimated=True, key_header="x-api-key"),
}
