"""Says by its content what a document is, and has it read by the parser for that. Pure.

Neither the address nor the Content-Type is trusted: servers send feeds as text/html, and HTML
pages where a feed was.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from digest.sources.document import Document, Origin
from digest.sources.kinds.arxiv_mirror import is_mirror, parse_mirror
from digest.sources.kinds.arxiv_oai import parse_oai
from digest.sources.kinds.biorxiv import is_biorxiv, parse_biorxiv
from digest.sources.kinds.crossref import is_crossref, parse_crossref
from digest.sources.kinds.europepmc import is_europepmc, parse_europepmc
from digest.sources.kinds.feed import parse_feed
from digest.sources.kinds.huggingface import is_huggingface, parse_huggingface
from digest.sources.kinds.jsonfeed import is_jsonfeed, parse_jsonfeed
from digest.sources.kinds.openalex import is_openalex, parse_openalex
from digest.sources.kinds.pubmed import is_search, parse_articles, parse_search
from digest.sources.kinds.semanticscholar import is_semanticscholar, parse_semanticscholar
from digest.sources.reading.decoding import MAX_BODY_BYTES, TooLarge, decode, inflate
from digest.sources.reading.isolation import Unreadable
from digest.sources.reading.rows import at, load
from digest.sources.reading.scanning import Refused, tidy

JSON_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Origin], Document]], ...] = (
    (is_huggingface, parse_huggingface),
    (is_jsonfeed, parse_jsonfeed),
    (is_biorxiv, parse_biorxiv),
    (is_crossref, parse_crossref),
    (is_openalex, parse_openalex),
    (is_europepmc, parse_europepmc),
    (is_search, parse_search),
    (is_semanticscholar, parse_semanticscholar),
    (is_mirror, parse_mirror),
)
FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,40})[\s/>]")
KNOWN_ROOTS = FEED_ROOTS | {"oai-pmh", "pubmedarticleset", "pubmedarticle"}
FEED_START = re.compile(r"<(rss|feed|rdf:RDF|OAI-PMH|PubmedArticleSet)[\s>]", re.IGNORECASE)
MAX_WARNING = 5_000  # characters of warnings before a feed


def parse_document(body: bytes, origin: Origin, *, charset: str = "") -> Document:
    """Return what a document of any known kind holds.

    It takes at most 10 s and 300 MB, whatever the document is.

    Args:
        charset: that of the HTTP Content-Type, "" for none.

    Raises:
        SourceError: it is empty, of no known kind, an error message, or an attack.
    """
    try:
        content, whole = inflate(body)
    except TooLarge as error:
        megabytes = MAX_BODY_BYTES // 1_000_000
        raise origin.error(f"it is larger than {megabytes} MB when decompressed") from error
    text = decode(content, charset).strip("\ufeff\x00 \t\r\n")
    if not text:
        raise origin.error("the answer is empty")
    try:
        document = parse_text(text, origin)
    except (Refused, Unreadable) as error:
        raise origin.error(str(error)) from error
    if whole or not document.whole:
        return document
    return replace(document, reason="the compressed body breaks off")


def parse_text(text: str, origin: Origin) -> Document:
    """Return what a decoded document holds."""
    if text[0] in "[{":
        return parse_json(text, origin)
    tidied, root = find_root(tidy(text))
    if root == "oai-pmh":
        return parse_oai(tidied, origin)
    if root in {"pubmedarticleset", "pubmedarticle"}:
        return parse_articles(tidied, origin)
    if root in FEED_ROOTS:
        return parse_feed(tidied, origin, root=root)
    raise origin.error(name_stranger(root, text))


def find_root(text: str) -> tuple[str, str]:
    """Return the text from its outermost element on, and that element's local name.

    A server's warnings before a feed are left out; a feed within a page is none.
    """
    match = ROOT.search(text[:100_000])
    root = match[1].lower() if match else ""
    if root in KNOWN_ROOTS | {"html", "head", "body"}:
        return text, root
    known = FEED_START.search(text[:MAX_WARNING])
    if known is None or "<!DOCTYPE" in text[: known.start()].upper():
        return text, root
    return text[known.start() :], known[1].rpartition(":")[2].lower()


def parse_json(text: str, origin: Origin) -> Document:
    """Return what a JSON document holds."""
    value = load(text, origin)
    for is_kind, parse in JSON_KINDS:
        if is_kind(value):
            return parse(value, origin)
    if told := at(value, "error") or at(value, "message"):
        raise origin.error(f"the server answers {json.dumps(told, ensure_ascii=False)[:200]}")
    raise origin.error("it is JSON of no known kind")


def name_stranger(root: str, text: str) -> str:
    """Say what a document is that is none of the known kinds."""
    if root == "html" or re.match(r"\s*<!doctype html", text[:200], re.IGNORECASE):
        return "it is an HTML page, not a feed"
    return f"its outermost element <{root}> is of no known kind" if root else "it is no feed"
