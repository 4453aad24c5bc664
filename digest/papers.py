"""Makes one paper of all that sources told of one work. Touches no network, clock or disk.

Two records are one work when they share an identity (arXiv id, DOI, PubMed id ...), or when title
and first authors agree and no identity contradicts. A wrong join loses a paper for good, a missed
one shows it twice: where in doubt, nothing is joined.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from digest.identities import arxiv_id, find_identity, order_identities, work_doi
from digest.models import ANNOUNCED, LEAST_TITLE, STROKED, SUFFIXES, Paper, Signals

Told = TypeVar("Told")

# Titles that stand on many works, also of the same authors
GENERIC = re.compile(
    r"^(?:(?:author|publisher) )?(?:erratum|corrigendum|retraction|addendum|editorial|reply|"
    r"preface|foreword|obituary|book review|letter to|(?:correction|comment|response|introduction)"
    r"(?= (?:to|on|for|from|by)\b|[^\w\s-]|$))\b",  # "Response of frogs to warming" is research
    re.IGNORECASE,
)
# Servers whose DOI may stand beside a journal's on the same work
PREPRINT_DOI = re.compile(
    r"^doi:10\.(?:1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6}|2139/ssrn|20944/preprints|21203/rs|22541/au|"
    r"26434/chemrxiv|\d{5}/osf\.io|36227/techrxiv|48550/arxiv|64898/)"
)
ARXIV_PAGE = re.compile(r"https?://(?:[\w-]+\.)*arxiv\.org/", re.IGNORECASE)
# Where nobody else can lay a page
REGISTRY_PAGE = re.compile(
    rf"{ARXIV_PAGE.pattern}|https?://(?:(?:dx\.|www\.)?doi\.org|pubmed\.ncbi\.nlm\.nih\.gov)/",
    re.IGNORECASE,
)
PREPRINT_VENUE = re.compile(r"\b(?:\w*rxiv|ssrn|preprints?|research ?square|authorea|osf)\b", re.I)


def merge_papers(papers: Iterable[Paper]) -> list[Paper]:
    """Return each work once, in the order of its strongest identity.

    The result depends neither on the order of the papers nor on how often one is told, and merging
    it again changes nothing. The time grows in proportion to the number of papers.
    """
    groups = group_by_identity(papers)
    works = [merge_group(group) for group in groups]
    titled = group_by_title(works)
    joined = [merge_group(group) if len(group) > 1 else group[0] for group in titled]
    return sorted(joined, key=lambda paper: paper.id)


def group_by_identity(papers: Iterable[Paper]) -> list[list[Paper]]:
    """Return the papers in groups that share identities, directly or over others."""
    owner: dict[str, int] = {}
    groups: dict[int, list[Paper]] = {}
    for paper in papers:
        met = sorted({owner[name] for name in paper.ids if name in owner})
        key = max(met, key=lambda number: len(groups[number])) if met else len(owner) + 1
        group = groups.setdefault(key, [])
        for other in met:
            if other != key:  # the smaller group moves: each paper at most log n times
                moved = groups.pop(other)
                group.extend(moved)
                owner.update((name, key) for told in moved for name in told.ids)
        group.append(paper)
        owner.update((name, key) for name in paper.ids)
    return list(groups.values())


def group_by_title(works: list[Paper]) -> list[list[Paper]]:
    """Return the works in groups of equal title and first author, where nothing contradicts."""
    groups: dict[str, list[Paper]] = {}
    for work in works:
        groups.setdefault(join_key(work) or work.id, []).append(work)
    return [
        group
        for told in groups.values()
        for group in ([told] if agree(told) else [[work] for work in told])
    ]


def join_key(paper: Paper) -> str:
    """Return what two records of one work have in common, or "" where that would be too little."""
    title = paper.title_key
    if len(title) < LEAST_TITLE or not paper.authors or GENERIC.match(paper.title):
        return ""
    return f"{title}|{surname_key(paper.authors[0])}"


def surname_key(name: str) -> str:
    """Return the surname's last word in plain letters: "Jiří Žák" and "J. Zak Jr." give zak."""
    letters = unicodedata.normalize("NFKD", name).casefold().translate(STROKED)
    plain = "".join(letter for letter in letters if letter.isalpha() or letter == " ")
    first, *words = plain.split() or [""]
    return next((word for word in reversed(words) if word not in SUFFIXES), first)


def agree(works: Sequence[Paper]) -> bool:
    """Tell whether records of equal title and first author can be one work.

    They cannot when they differ in arXiv ids, in PubMed ids or in DOIs (a preprint and its journal
    version have two of these), or when their author lists contradict each other.
    """
    if len(works) == 1:
        return True
    most = len({is_preprint(work) for work in works})
    numbers = (differing(works, "arxiv:"), differing(works, "pmid:"), differing(works, "doi:"))
    return numbers[0] < 2 and max(numbers) <= most and same_authors(works)


def differing(works: Sequence[Paper], kind: str) -> int:
    """Return how many ids of a kind the works have, 1 where one of them has them all."""
    told = [
        {work_doi(name.removeprefix(kind)) for name in work.ids if name.startswith(kind)}
        for work in works
    ]
    every = set[str]().union(*told)
    return 1 if every in told else len(every)


def is_preprint(paper: Paper) -> bool:
    """Tell whether a record comes from a preprint server."""
    return bool(PREPRINT_VENUE.search(paper.venue)) or any(map(PREPRINT_DOI.match, paper.ids))


def same_authors(works: Sequence[Paper]) -> bool:
    """Tell whether the second authors agree wherever two records name one."""
    seconds = {surname_key(work.authors[1]) for work in works if len(work.authors) > 1}
    alone = any(len(work.authors) == 1 for work in works)
    return len(seconds) <= 1 and not (seconds and alone)


def merge_group(group: Sequence[Paper]) -> Paper:
    """Return one paper of all records of one work: every identity, source and signal, the text of
    the best record, the earliest date."""
    ranked = sorted(set(group), key=standing) if len(group) > 1 else list(group)
    shown = ranked[0]
    moments = [paper.published for paper in group if paper.published]
    seen = [paper.first_seen for paper in group if paper.first_seen]
    return Paper(
        ids=order_identities(sorted({name for paper in group for name in paper.ids})),
        title=shown.title,
        authors=first(ranked, lambda paper: paper.authors),
        abstract=first(ranked, lambda paper: paper.abstract),
        url=first(ranked, lambda paper: paper.url),
        published=min(moments, default=None),
        categories=tuple(dict.fromkeys(name for paper in ranked for name in paper.categories)),
        version=shown.version,
        announced=min((paper.announced for paper in group), key=ANNOUNCED.index),
        venue=first(ranked, lambda paper: paper.venue),
        sources=tuple(sorted({name for paper in group for name in paper.sources})),
        signals=merge_signals([paper.signals for paper in ranked]),
        first_seen=min(seen, default=None),
    )


def standing(paper: Paper) -> tuple[object, ...]:
    """Return a total order of records: those that lead to the work itself, whose ids anybody's feed
    can name, then the highest version, then those whose link nobody can imitate, then the fullest,
    first."""
    return (
        leads_astray(paper),
        -paper.version,
        not REGISTRY_PAGE.match(paper.url),
        -len(paper.abstract),
        -len(paper.authors),
        repr(paper),
    )


def leads_astray(paper: Paper) -> bool:
    """Tell whether a record names a paper of arXiv and leads elsewhere, as to a page that anybody
    may have made at one of its mirrors; or has a DOI or PubMed id that its link does not name, as
    what others write about a paper."""
    if paper.id.startswith("arxiv:"):
        return not ARXIV_PAGE.match(paper.url) or paper.id != f"arxiv:{arxiv_id(paper.url)[0]}"
    registered = paper.id.startswith(("doi:", "pmid:"))
    return registered and find_identity(paper.url) not in paper.ids


def first(ranked: Sequence[Paper], field: Callable[[Paper], Told]) -> Told:
    """Return the first value that says something."""
    return next((value for paper in ranked if (value := field(paper))), field(ranked[0]))


def merge_signals(told: Sequence[Signals]) -> Signals:
    """Return the highest of each number, and of each text the last in the order of letters."""
    if len(told) == 1:
        return told[0]
    merged: dict[str, Any] = {}
    for field in fields(Signals):
        values = (getattr(signals, field.name) for signals in told)
        said = [value for value in values if value not in (None, "", ())]
        merged[field.name] = max(said, default=field.default)
    return Signals(**merged)
