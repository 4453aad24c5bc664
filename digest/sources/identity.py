"""Finds a paper's identities in ids, links and DOIs as sources write them. Pure.

The forms and their order are those of `models.Paper.ids`.
"""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from digest.models import IDENTITY_KINDS
from digest.sources.text.characters import HARMFUL

MAX_LINK = 2_000  # characters
MAX_IDENTITY = 500  # characters

# https://info.arxiv.org/help/arxiv_identifier.html
NEW_STYLE = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,5}"
OLD_STYLE = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7}"
ARXIV = re.compile(rf"^({NEW_STYLE}|{OLD_STYLE})(?:v(\d{{1,3}}))?$")
ARXIV_PREFIX = re.compile(r"^(?:oai:arxiv\.org:|arxiv:)\s*", re.IGNORECASE)
ARXIV_LINK = re.compile(
    rf"/(?:abs|pdf|html|format|papers?|p|list)/({NEW_STYLE}|{OLD_STYLE})(?:v(\d{{1,3}}))?"
    r"(?:\.pdf)?/?$"
)
ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(.+)$", re.IGNORECASE)
# Crossref's recommended pattern, widened by what stands in links
DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>?#&|]+)")
DOI_PREFIX = re.compile(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", re.IGNORECASE)
DOI_TAIL = re.compile(
    r"(?:/(?:full|abstract|abs|pdf|epdf|meta|summary|html)"
    r"|\.(?:full(?:-text)?|abstract|short|long|pdf|full\.pdf))$"
)
PREPRINT_VERSION = re.compile(r"^(10\.\d+/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})v\d+$")
PUBMED_LINK = re.compile(
    r"^https?://(?:pubmed\.ncbi\.nlm\.nih\.gov|(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed)/(\d{1,9})/?"
)
PMID = re.compile(r"^(?:pubmed|pmid):\s*(\d{1,9})$", re.IGNORECASE)
NATURE_LINK = re.compile(r"^https?://(?:www\.)?nature\.com/articles/([a-z]+[\d-]+[\w-]*)$")
TRACKING = re.compile(r"^(?:utm_\w+|wt_mc|dgcid|rss|af|rft_dat|mc_[ce]id|fbclid|gclid)$")


def arxiv_id(text: str) -> tuple[str, int]:
    """Return arXiv's id without version or subject class, and the version; ("", 0) for others.

    `oai:arXiv.org:2604.21935v1`, `math.CA/0611800`, a link to the abstract or the PDF.
    """
    text = ARXIV_PREFIX.sub("", text.strip())
    match = ARXIV.match(text) or (ARXIV_LINK.search(urlsplit_path(text)) if "/" in text else None)
    if not match:
        return "", 0
    archive, slash, number = match[1].partition("/")
    found = f"{archive.split('.')[0]}/{number}" if slash else match[1]
    return found, int(match[2] or 0)


def urlsplit_path(text: str) -> str:
    """Return the path of an http(s) link, or ""."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return parts.path if parts.scheme in {"http", "https"} else ""


def doi(text: str) -> str:
    """Return the DOI that a text, a link or a `doi:` term names, in lower case, or ""."""
    text = unquote(text.strip()) if "%" in text else text.strip()
    match = DOI.search(DOI_PREFIX.sub("", text))
    if not match:
        return ""
    found = match[1].rstrip(".,;:)]}'/").lower()
    if match[1].rstrip(".,;:").endswith(")") and found.count("(") > found.count(")"):
        found += ")"
    found = DOI_TAIL.sub("", DOI_TAIL.sub("", found))
    version = PREPRINT_VERSION.match(found)
    return (version[1] if version else found)[:MAX_IDENTITY]


def link_doi(link: str) -> str:
    """Return the DOI in a publisher's link, or "": in the path, the query, or by nature.com's
    rule that an article's page is named after its DOI."""
    match = NATURE_LINK.match(link.split("?")[0].split("#")[0])
    if match:
        return f"10.1038/{match[1].lower()}"
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"}:
        return ""
    values = [value for _, value in parse_qsl(parts.query)[:20]]
    return next(filter(None, map(doi, (unquote(parts.path), *values))), "")


def pmid(text: str) -> str:
    """Return the PubMed id of `pubmed:34739692` or of a link to PubMed, or ""."""
    match = PMID.match(text.strip()) or PUBMED_LINK.match(text.strip())
    return match[1].lstrip("0") if match else ""


def web_link(link: str, base: str = "") -> str:
    """Return an absolute http(s) link, relative ones resolved against `base`, or ""."""
    link = HARMFUL.sub("", link.strip()[:MAX_LINK]).strip()
    if not link or any(letter.isspace() for letter in link):
        return ""
    try:
        absolute = urljoin(base, link)
        parts = urlsplit(absolute)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return ""
        return urlunsplit(parts) if not parts.username and parts.port != 0 else ""
    except ValueError:
        return ""


def bare_link(link: str) -> str:
    """Return a link fit for comparing: without tracking parameters and fragment."""
    parts = urlsplit(link)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(key, value) for key, value in query if not TRACKING.match(key)]
    text = parts.query if len(kept) == len(query) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, text, ""))


def identities(
    *,
    arxiv: str = "",
    dois: Iterable[str] = (),
    pubmed: str = "",
    guid: str = "",
    link: str = "",
) -> tuple[str, ...]:
    """Return the identities in order of strength; guid and link only where nothing is stronger.

    arXiv's own DOIs become arXiv ids. A link is no identity beside a guid: several entries of one
    feed may share a page.
    """
    found: dict[str, None] = {}
    if arxiv:
        found[f"arxiv:{arxiv}"] = None
    for name in dois:
        own = ARXIV_DOI.match(name)
        known = arxiv_id(own[1])[0] if own else ""
        if name:
            found[f"arxiv:{known}" if known else f"doi:{name}"] = None
    if pubmed:
        found[f"pmid:{pubmed}"] = None
    if not found and guid:
        found[f"guid:{guid}"[:MAX_IDENTITY]] = None
    if not found and link:
        found[f"link:{bare_link(link)}"[:MAX_IDENTITY]] = None
    return strongest_first(found)


def strongest_first(ids: Iterable[str]) -> tuple[str, ...]:
    """Return each identity once, the strongest kind first, otherwise as given."""
    return tuple(sorted(dict.fromkeys(ids), key=lambda name: rank(name)))


def rank(name: str) -> int:
    """Return an identity's place in the order of strength, 0 the strongest."""
    return IDENTITY_KINDS.index(name.partition(":")[0])


def hash_identity(title: str, authors: tuple[str, ...]) -> str:
    """Return the last resort: an identity made of title and authors."""
    text = "\n".join((title.casefold(), *map(str.casefold, authors)))
    return f"hash:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
