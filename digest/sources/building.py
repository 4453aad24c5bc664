"""Makes a Paper of what a parser found: cleans, caps, orders; for every source alike. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.identities import MAX_IDENTITY, arxiv_id, order_identities
from digest.models import NEWS, Paper, Signals
from digest.sources.dates import sane
from digest.sources.document import Origin
from digest.sources.links import bare_link, doi_link, untracked, web_link
from digest.sources.text.characters import MAX_ABSTRACT, MAX_LINE, MAX_TITLE, clean_line, cut
from digest.sources.text.headings import set_apart, with_gaps, without_heading
from digest.sources.text.latex import readable
from digest.sources.text.names import clean_authors
from digest.sources.text.titles import is_notice, without_full_stop

NO_SIGNALS = Signals()
MAX_CATEGORIES = 30
MAX_UNCLEAN = 5_000  # characters of a title with its LaTeX


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry as its source told it, texts without markup but not yet clean."""

    title: str
    abstract: str = ""
    authors: list[str] = field(default_factory=list)
    arxiv: str = ""  # without version
    dois: tuple[str, ...] = ()  # the paper's own first; "" is none
    pmid: str = ""
    guid: str = ""
    link: str = ""  # maybe relative, maybe hostile; "" leads to where an identity does
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    news: bool = False  # what journals publish beside papers; a title may tell it, too
    version: int = 0
    announced: str = "new"
    venue: str = ""
    signals: Signals = NO_SIGNALS


def build_paper(draft: Draft, origin: Origin) -> Paper | None:
    """Return the finished paper; None for an entry without a word of title."""
    told = clean_line(readable(clean_line(draft.title[:MAX_UNCLEAN])))
    title = cut(without_full_stop(told), MAX_TITLE)
    if not any(map(str.isalnum, title)):
        return None
    told = cut(clean_line(without_heading(set_apart(draft.abstract))), MAX_ABSTRACT)
    abstract = cut(with_gaps(clean_line(readable(told))), MAX_ABSTRACT)
    authors = clean_authors(draft.authors)
    url = untracked(web_link(draft.link, origin.url)) or home_page(draft)
    # "Trends in genetics : TIG": NLM writes the subtitle behind a colon with blanks; others a part
    venue = clean_line(draft.venue)
    return Paper(
        ids=find_identities(draft, url) or (hash_identity(title, authors),),
        title=title,
        authors=authors,
        abstract=abstract,
        url=url,
        published=sane(draft.published, origin.now),
        categories=clean_categories(draft.categories, news=draft.news or is_notice(title)),
        version=draft.version,
        announced=draft.announced,
        venue=cut(venue.partition(" : ")[0] if draft.pmid else venue, MAX_LINE),
        sources=(origin.source,),
        signals=draft.signals,
    )


def find_identities(draft: Draft, url: str) -> tuple[str, ...]:
    """Return the draft's identities in order of strength, guid or link only where nothing is
    stronger.

    arXiv's own DOIs become arXiv ids. A link is no identity beside a guid: several entries of one
    feed may share a page.
    """
    found = [f"arxiv:{draft.arxiv}"] if draft.arxiv else []
    for name in filter(None, draft.dois):
        known = arxiv_id(name)[0]
        found.append(f"arxiv:{known}" if known else f"doi:{name}")
    found += [f"pmid:{draft.pmid}"] if draft.pmid else []
    guid = clean_line(draft.guid)
    if not found and (guid or url):
        found = [(f"guid:{guid}" if guid else f"link:{bare_link(url)}")[:MAX_IDENTITY]]
    return order_identities(found)


def hash_identity(title: str, authors: tuple[str, ...]) -> str:
    """Return the last resort: an identity made of title and authors."""
    text = "\n".join((title.casefold(), *map(str.casefold, authors)))
    return f"hash:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def home_page(draft: Draft) -> str:
    """Return the page that an identity leads to, for entries without a usable link."""
    if draft.arxiv:
        return f"https://arxiv.org/abs/{draft.arxiv}"
    if own := next(filter(None, draft.dois), ""):
        return doi_link(own)
    return f"https://pubmed.ncbi.nlm.nih.gov/{draft.pmid}/" if draft.pmid else ""


def clean_categories(names: tuple[str, ...], *, news: bool) -> tuple[str, ...]:
    """Return cleaned category names, each once, that of news before all."""
    names = (NEWS, *names) if news else names
    cleaned = (cut(clean_line(name), MAX_LINE) for name in names[: 2 * MAX_CATEGORIES])
    return tuple(dict.fromkeys(filter(None, cleaned)))[:MAX_CATEGORIES]


def build_papers(drafts: Iterable[Draft | None], origin: Origin) -> tuple[Paper, ...]:
    """Return the papers of one document in its order; no draft, or one without a title, gives none.

    An identity that stands on entries with different titles (a feed whose links all lead to its
    front page) tells nothing: those entries are known by the hash of title and authors instead.
    """
    papers = [paper for draft in drafts if draft and (paper := build_paper(draft, origin))]
    titles: dict[str, set[str]] = {}
    for paper in papers:
        titles.setdefault(paper.id, set()).add(paper.title_key)
    return tuple(distinguish(paper, titles) for paper in papers)


def distinguish(paper: Paper, titles: dict[str, set[str]]) -> Paper:
    """Return the paper, known by its hash where its weak identity is shared with another title."""
    if len(titles[paper.id]) == 1 or not paper.id.startswith(("guid:", "link:")):
        return paper
    return replace(paper, ids=(hash_identity(paper.title, paper.authors),))
