"""Makes the links of entries whole, safe to show and fit for comparing. Pure."""

import re
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from digest.identities import PUBMED_LINK
from digest.sources.text.characters import HARMFUL

MAX_LINK = 2_000  # characters
TRACKING = re.compile(
    r"(?:utm_\w+|wt_mc|dgcid|rss|af|rft_dat|mc_[ce]id|fbclid|gclid)(?:=|$)"
    r"|source=rss"  # Medium's
)

GOOGLE = re.compile(
    r"^https?://(?:(?:www\.)?google\.[a-z.]{2,6}/url|scholar\.google\.[a-z.]{2,6}/scholar_url)\?"
)


def web_link(link: str, base: str = "") -> str:
    """Return an absolute http(s) link, relative ones resolved against `base`, or ""."""
    link = HARMFUL.sub("", link.strip()[:MAX_LINK]).strip()
    host = link.partition("://")[2].partition("/")[0]
    link = link.replace(" ", "%20") if " " not in host else ""
    if not link or any(letter.isspace() for letter in link):
        return ""
    try:
        absolute = urljoin(base, link)
        parts = urlsplit(absolute)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return ""
        whole = urlunsplit(parts).replace("<", "%3C").replace(">", "%3E")  # RFC 3986, appendix C
        return whole if not parts.username and parts.port != 0 else ""
    except ValueError:
        return ""


def doi_link(name: str) -> str:
    """Return the page of a DOI; old ones may end in "#", which would begin a fragment."""
    return web_link(f"https://doi.org/{name.replace('#', '%23')}")


def beyond_google(link: str) -> str:
    """Return the page to which a link of Google's or Google Scholar's alerts leads, or the link."""
    if not GOOGLE.match(link):
        return link
    try:
        query = dict(parse_qsl(urlsplit(link).query)[:20])
    except ValueError:
        return link
    return query.get("url") or query.get("q") or link


def untracked(link: str) -> str:
    """Return a link to be shown: without tracking parameters, else letter by letter as it was."""
    if "?" not in link:
        return link
    if PUBMED_LINK.match(link):  # "?fc=...&ff=...&v=...": which search it was in, and when
        return link.partition("?")[0]
    parts = urlsplit(link)
    fields = parts.query.split("&")
    kept = [field for field in fields if not TRACKING.match(field)]
    return link if kept == fields else urlunsplit(parts._replace(query="&".join(kept)))


def bare_link(link: str) -> str:
    """Return an untracked link fit for comparing: without fragment, its host in small letters."""
    parts = urlsplit(link)
    return urlunsplit(parts._replace(netloc=parts.netloc.lower(), fragment=""))
