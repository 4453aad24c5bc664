"""Knows papers' identities in ids, links and DOIs as sources and people write them. Pure.

The forms and their order are those of `models.Paper.ids`.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

KINDS = ("arxiv", "doi", "pmid", "guid", "link", "hash")  # the strongest first
MAX_IDENTITY = 500  # characters

# https://info.arxiv.org/help/arxiv_identifier.html
NEW_STYLE = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,5}"
ARCHIVES = (  # of the ids until March 2007
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|"
    "cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|"
    "nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|q-fin|quant-ph|solv-int|stat|supr-con"
)
OLD_STYLE = rf"(?:{ARCHIVES})(?:\.[a-z-]+)?/(?:9[1-9]|0[0-7])(?:0[1-9]|1[0-2])\d{{3}}"
ARXIV_ID = rf"({NEW_STYLE}|{OLD_STYLE})(?:v(\d{{1,3}}))?"
ARXIV = re.compile(rf"^{ARXIV_ID}(?:\.pdf)?(?:\s*\[[\w.-]+\])?$", re.IGNORECASE)
# Also what stands before the id in arXiv's own DOIs, and in links without their beginning
ARXIV_PREFIX = re.compile(
    r"^(?:oai:arxiv\.org:|arxiv[:\s]|(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?10\.48550/arxiv\."
    r"|(?:abs|pdf|html)/)\s*",
    re.IGNORECASE,
)
# arXiv, its mirrors and who shows its papers: elsewhere such numbers mean something else
ARXIV_HOSTS = (
    r"arxiv\.org|alphaxiv\.org|huggingface\.co|hf\.co|semanticscholar\.org|scirate\.com|"
    r"paperswithcode\.com|papers\.cool|takara\.ai|emergentmind\.com|arxiv-vanity\.com|ar5iv\.org"
)
ARXIV_LINK = re.compile(
    rf"^(?:https?://)?(?:[\w-]+\.)*(?:{ARXIV_HOSTS})/(?:[\w-]+/)*"
    rf"(?:(?:abs|pdf|html|format|papers?|p|overview|arxiv)/|arxiv:){ARXIV_ID}(?:\.pdf)?/?(?:[?#].*)?$",
    re.IGNORECASE,
)
# What old DOIs have of ANSI/NISO Z39.56: `<pages:title>`, then the code's own version
SICI = r"<[^\s<>\"]+>\d\.\d\.[A-Z]{2};\d(?:-[\w#])?"
# Crossref's recommended pattern, widened by what stands in links
DOI = re.compile(rf"\b(10\.\d{{4,9}}/(?:{SICI}|[^\s\"<>?#&|])+)", re.IGNORECASE)
DOI_PREFIX = re.compile(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", re.IGNORECASE)
DOI_TAIL = re.compile(
    r"(?:/(?:full|abstract|abs|pdf|epdf|meta|summary|html)"
    r"|\.(?:full(?:-text)?|abstract|short|long|pdf|full\.pdf(?:\+html)?"
    r"|supplementary-material|article-(?:info|metrics)))$"
)
BETWEEN_DOIS = re.compile(r"\s+|[,;](?=10\.)")  # an old DOI may hold a semicolon
# Servers whose versions have DOIs of their own, made of the DOI of the work
VERSION = re.compile(
    r"^(?:(10\.\d+/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})v\d+"  # bioRxiv, medRxiv
    r"|(10\.26434/chemrxiv[\w.-]+?)[./-]v\d{1,2}"
    r"|(10\.\d+/osf\.io/[a-z0-9]+)_v\d+"
    r"|(10\.7554/elife\.\d+)\.[1-9])$"
)
# Research Square, Authorea, TechRxiv, Preprints.org, F1000: the work has none but its versions'
FIRST_VERSION = re.compile(
    r"^(10\.(?:(?:21203/rs|22541/au|36227/techrxiv)\.[\w.-]+/v|20944/preprints[\d.]+\.v"
    r"|12688/\w+\.\d+\.))\d+$"
)
PUBMED_LINK = re.compile(
    r"^(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov|(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed"
    r"|(?:www\.)?europepmc\.org/(?:article|abstract)/med)/(\d{1,9})/?",
    re.IGNORECASE,
)
PMID = re.compile(r"^(?:pubmed|pmid)[:\s]\s*(\d{1,9})$", re.IGNORECASE)
# Oxford's, AIP's, MIT Press' ...: the page's number behind the DOI, and maybe the title. Not the
# last part of 10.1088/1674-4926/42/1/010201, as Chinese journals link it.
SILVERCHAIR = re.compile(
    r"/(?:[a-z]+-)?article(?:-[a-z]+)?/doi/(10\.\d{4,9}/(?:[^?#]+?/)??[^?#/]{3,})"
    r"/[1-9]\d{3,8}(?:/[^/]*)?$"
)
NATURE_LINK = re.compile(
    r"^https?://(?:www\.)?nature\.com/articles/([a-z]+[\d-][\w-]*?)(?:(?:_reference)?\.pdf)?$"
)


def arxiv_id(text: str) -> tuple[str, int]:
    """Return arXiv's id without version or subject class, and the version; ("", 0) for others.

    `oai:arXiv.org:2604.21935v1`, `math.CA/0611800`, `10.48550/arXiv.2604.21935`, a link to the
    paper at arXiv or at one of `ARXIV_HOSTS`.
    """
    text = text.strip()
    match = ARXIV.match(ARXIV_PREFIX.sub("", text)) or ARXIV_LINK.match(text)
    if not match:
        return "", 0
    archive, slash, number = match[1].partition("/")
    found = f"{archive.split('.')[0].lower()}/{number}" if slash else match[1]
    return found, int(match[2] or 0)


def doi(text: str) -> str:
    """Return the DOI that a text, a link or a `doi:` term names, in lower case, or ""."""
    text = unquote(text.strip()) if "%" in text else text.strip()
    text = text.replace("&lt;", "<").replace("&gt;", ">")  # escaped once too often
    text = text.replace("\0", "")  # of a link's %00: PostgreSQL keeps no such character
    match = DOI.search(DOI_PREFIX.sub("", text))
    if not match:
        return ""
    found = match[1].rstrip(".,;:)]}'/").lower()
    if match[1].rstrip(".,;:/").endswith(")") and found.count("(") > found.count(")"):
        found += ")"
    return work_doi(DOI_TAIL.sub("", DOI_TAIL.sub("", found)))[:MAX_IDENTITY]


def dois(text: str) -> tuple[str, ...]:
    """Return the DOIs of a text that is made of DOIs alone, as arXiv's field for them is."""
    return tuple(filter(None, map(doi, BETWEEN_DOIS.split(text))))


def work_doi(name: str) -> str:
    """Return what stands for all versions of a preprint: the DOI of the work or of version 1."""
    version = VERSION.match(name)
    found = version and version[version.lastindex or 0]
    return found or FIRST_VERSION.sub(r"\g<1>1", name)


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
    path = SILVERCHAIR.sub(r"/\1", unquote(parts.path))
    return next(filter(None, map(doi, (path, *values))), "")


def pmid(text: str) -> str:
    """Return the PubMed id of `pubmed:34739692`, `PMID 34739692` or of a link to PubMed or to
    Europe PMC's copy of it, or ""."""
    match = PMID.match(text.strip()) or PUBMED_LINK.match(text.strip())
    return match[1].lstrip("0") if match else ""


def find_identity(text: str) -> str:
    """Return the identity of the paper that arXiv's id, a DOI, a PubMed id or a link to one names,
    or ""."""
    if found := arxiv_id(text)[0]:
        return f"arxiv:{found}"
    if found := pmid(text):
        return f"pmid:{found}"
    found = link_doi(text.strip()) or doi(text)
    return f"doi:{found}" if found else ""


def is_title(text: str) -> bool:
    """Tell whether what a reader calls a paper by is its title: `PMID 34739692` is none."""
    words = len(text.split())
    return words > 1 and not (arxiv_id(text)[0] or (words == 2 and find_identity(text)))


def order_identities(names: Iterable[str]) -> tuple[str, ...]:
    """Return each identity once, the strongest kind first, equal kinds as given."""
    return tuple(sorted(dict.fromkeys(names), key=strength))


def strength(name: str) -> int:
    """Return an identity's place in the order of strength, 0 the strongest, unknown kinds last."""
    kind = name.partition(":")[0]
    return KINDS.index(kind) if kind in KINDS else len(KINDS)
