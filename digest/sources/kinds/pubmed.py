"""PubMed's E-utilities: esearch (JSON), efetch (XML PubmedArticleSet)."""

import re
from typing import Any
from xml.etree.ElementTree import Element

from digest.identities import doi
from digest.sources.building import Draft, build_papers
from digest.sources.dates import from_parts
from digest.sources.document import Document, Origin
from digest.sources.reading.records import records, words
from digest.sources.reading.rows import at, number_at, text_at, texts_at

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def is_search(value: Any) -> bool:
    """Tell whether a JSON value is an answer of esearch."""
    return isinstance(value, dict) and "esearchresult" in value


def parse_search(value: Any, origin: Origin) -> Document:
    """Return the ids found; their metadata is efetch's.

    Raises:
        SourceError: the search words make no query.
    """
    result = at(value, "esearchresult")
    if text_at(result, "ERROR"):
        raise origin.error(f"PubMed answers {text_at(result, 'ERROR')[:200]!r}")
    found = texts_at(result, "idlist")
    names = tuple(f"pmid:{name}" for name in found if re.fullmatch(r"\d{1,9}", name))
    return Document("pubmed-search", (), len(found), total=number_at(result, "count"), ids=names)


def parse_articles(text: str, origin: Origin) -> Document:
    """Return the articles of a tidy PubmedArticleSet.

    Raises:
        SourceError: it is no XML from its first character on.
    """
    found, whole = records(text, {"PubmedArticle", "PubmedBookArticle"}, origin)
    return Document(
        kind="pubmed-articles",
        papers=build_papers(map(read_article, found), origin),
        entries=len(found),
        reason="" if whole else f"the document ends after article {len(found)}, before its end",
    )


def read_article(article: Element) -> Draft:
    """Return the draft of one article."""
    citation = article.find("MedlineCitation")
    root = citation if citation is not None else article
    own = doi(
        words(root.find(".//ELocationID[@EIdType='doi']"))
        or words(article.find("./PubmedData/ArticleIdList/ArticleId[@IdType='doi']"))
    )
    title = words(root.find(".//ArticleTitle"))
    if not title or "[Not Available]" in title:
        title = words(root.find(".//VernacularTitle")) or title
    kinds = {words(kind) for kind in root.iterfind(".//PublicationTypeList/PublicationType")}
    return Draft(
        title=re.sub(r"^\[(.*)\]\.?$", r"\1", title.strip()),  # brackets: translated by PubMed
        abstract=read_abstract(root),
        authors=[
            read_name(author)
            for people in root.iterfind(".//AuthorList")
            if people.get("Type") != "editors"
            for author in people.iterfind("Author")
        ],
        dois=(own,),
        pmid=words(root.find("./PMID")) or words(root.find(".//PMID")),
        published=read_date(article, root),
        categories=tuple(words(term) for term in root.iterfind(".//KeywordList/Keyword")),
        news="Published Erratum" in kinds,
        venue=words(root.find(".//Journal/Title")) or words(root.find(".//Book/BookTitle")),
    )


def read_abstract(root: Element) -> str:
    """Return the paragraphs, each behind its label."""
    parts = []
    for part in root.iterfind(".//Abstract/AbstractText"):
        label = part.get("Label") or ""
        label = "" if label == "UNASSIGNED" else label
        parts.append(f"{label}: {words(part)}" if label else words(part))
    return "\n".join(parts)


def read_name(author: Element) -> str:
    """Return "Fore Last", or a group's name."""
    fore = words(author.find("ForeName")) or words(author.find("Initials"))
    names = (fore, words(author.find("LastName")), words(author.find("Suffix")))
    return " ".join(filter(None, names)) or words(author.find("CollectiveName"))


def read_date(article: Element, root: Element) -> Any:
    """Return the day it appeared: the electronic date, PubMed's own, or the issue's."""
    places = (
        root.find(".//ArticleDate"),
        article.find("./*/History/PubMedPubDate[@PubStatus='pubmed']"),  # a chapter's is elsewhere
        root.find(".//JournalIssue/PubDate"),
    )
    dates = (from_element(place) for place in places if place is not None)
    return next(filter(None, dates), None)


def from_element(place: Element) -> Any:
    """Return the date of `<Year>2026</Year><Month>Jun</Month><Day>12</Day>`, or None."""
    year, month, day = (words(place.find(name)).strip() for name in ("Year", "Month", "Day"))
    if month[:3].lower() in MONTHS:
        month = str(MONTHS.index(month[:3].lower()) + 1)
    numbers = [int(text) for text in (year, month, day) if text.isascii() and text.isdigit()]
    return from_parts(numbers) if year.isdigit() else None
