"""Reads the sample documents with the standard library alone, independently of the collector."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree

from digest.demo.samples import DOCUMENTS, Document, read_document

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
RSS_1 = "{http://purl.org/rss/1.0/}"
PRISM = "{http://prismstandard.org/namespaces/basic/2.0/}"


@dataclass(frozen=True)
class Sample:
    """One entry of one document."""

    route: str
    id: str  # arxiv:, doi: or pmid:
    title: str
    authors: str
    summary: str
    announced: str = "new"


def samples(today: date) -> list[Sample]:
    """Return the entries of all documents, in their order."""
    return [entry for each in DOCUMENTS for entry in READERS[each.route](each, today)]


def root_of(document: Document, today: date) -> ElementTree.Element:
    """Parse an XML document."""
    return ElementTree.fromstring(read_document(document, today))


def read_atom(document: Document, today: date) -> Iterator[Sample]:
    """Read arXiv's Atom feed."""
    for entry in root_of(document, today).iter(f"{ATOM}entry"):
        yield arxiv_sample(
            document.route,
            entry.findtext(f"{ATOM}id", ""),
            entry.findtext(f"{ATOM}title", ""),
            entry.findtext(f"{DC}creator", ""),
            entry.findtext(f"{ATOM}summary", ""),
        )


def read_rss(document: Document, today: date) -> Iterator[Sample]:
    """Read arXiv's RSS feed."""
    for item in root_of(document, today).iter("item"):
        yield arxiv_sample(
            document.route,
            item.findtext("guid", ""),
            item.findtext("title", ""),
            item.findtext(f"{DC}creator", ""),
            item.findtext("description", ""),
        )


def arxiv_sample(route: str, guid: str, title: str, authors: str, text: str) -> Sample:
    """Build a sample from arXiv's guid and description."""
    head, summary = text.split("\nAbstract: ", 1)
    number = re.sub(r"^oai:arXiv\.org:|v\d+$", "", guid)
    announced = head.partition("Announce Type: ")[2].strip()
    return Sample(route, f"arxiv:{number}", title, authors, summary, announced)


def read_huggingface(document: Document, today: date) -> Iterator[Sample]:
    """Read Hugging Face's list."""
    for row in json.loads(read_document(document, today)):
        paper = row["paper"]
        authors = ", ".join(author["name"] for author in paper["authors"])
        id_ = f"arxiv:{paper['id']}"
        yield Sample(document.route, id_, paper["title"], authors, paper["summary"])


def read_biorxiv(document: Document, today: date) -> Iterator[Sample]:
    """Read bioRxiv's answer."""
    for row in json.loads(read_document(document, today))["collection"]:
        id_ = f"doi:{row['doi']}"
        yield Sample(document.route, id_, row["title"], row["authors"], row["abstract"])


def read_nature(document: Document, today: date) -> Iterator[Sample]:
    """Read Nature's RDF."""
    for item in root_of(document, today).iter(f"{RSS_1}item"):
        summary = item.findtext(f"{CONTENT}encoded", "").partition("</p>")[2]
        yield Sample(
            document.route,
            f"doi:{item.findtext(f'{PRISM}doi', '')}",
            item.findtext(f"{RSS_1}title", ""),
            ", ".join(creator.text or "" for creator in item.iter(f"{DC}creator")),
            html.unescape(summary),
        )


def read_pubmed(document: Document, today: date) -> Iterator[Sample]:
    """Read PubMed's RSS; the DOI is the identity, so that Nature's papers are recognised."""
    for item in root_of(document, today).iter("item"):
        ids = [each.text or "" for each in item.iter(f"{DC}identifier")]
        assert item.findtext("guid", "").removeprefix("pubmed:") == ids[0].removeprefix("pmid:")
        body = item.findtext(f"{CONTENT}encoded", "")
        paragraph = re.search(r'pub-one">(.*?)</p>', body)
        assert paragraph
        yield Sample(
            document.route,
            ids[1],
            item.findtext("title", ""),
            ", ".join(creator.text or "" for creator in item.iter(f"{DC}creator")),
            html.unescape(paragraph[1]),
        )


READERS = {
    "atom": read_atom,
    "rss": read_rss,
    "api": read_huggingface,
    "details": read_biorxiv,
    "nature.rss": read_nature,
    "rss-feed": read_pubmed,
}
