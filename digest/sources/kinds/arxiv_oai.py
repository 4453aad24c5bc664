"""arXiv's OAI-PMH, `ListRecords` and `GetRecord` in the formats arXiv, arXivRaw and oai_dc.

http://www.openarchives.org/OAI/openarchivesprotocol.html; a record's datestamp is that of its last
change, so that one that has `updated` is a replacement.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element

from digest.identities import arxiv_id, doi, dois
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.kinds.pubmed import words
from digest.sources.reading.records import records
from digest.sources.text.names import read_names, split_arxiv

PARTS = {"record", "error", "resumptionToken"}
COMMENT = re.compile(r"^Comments?:")


def parse_oai(text: str, origin: Origin) -> Document:
    """Return the records of one page; `cursor` is the resumption token.

    Raises:
        SourceError: the repository answers with an error other than "nothing matches".
    """
    found, whole = records(text, PARTS, origin)
    for error in (element for element in found if element.tag == "error"):
        if error.get("code") != "noRecordsMatch":
            raise origin.error(f"OAI answers {error.get('code')}: {words(error)[:200]}")
    rows = [element for element in found if element.tag == "record"]
    tokens = [element for element in found if element.tag == "resumptionToken"]
    size = tokens[-1].get("completeListSize", "") if tokens else ""
    return Document(
        kind="arxiv-oai",
        papers=build_papers([draft for row in rows if (draft := read_record(row))], origin),
        entries=len(rows),
        whole=whole,
        reason="" if whole else f"the document ends after record {len(rows)}, before its end",
        total=int(size) if size.isdecimal() and len(size) < 10 else None,
        cursor=words(tokens[-1]).strip() if tokens else "",
    )


def read_record(row: Element) -> Draft | None:
    """Return the draft of one record; None for a deleted one or one without an arXiv id."""
    header = row.find("header")
    found, _ = arxiv_id(words(row.find("header/identifier")))
    if not found or (header is not None and header.get("status") == "deleted"):
        return None
    for name, read in (("arXiv", read_arxiv), ("arXivRaw", read_raw), ("dc", read_dublin_core)):
        metadata = row.find(f"metadata/{name}")
        if metadata is not None:
            return read(metadata, found)
    return None


def read_arxiv(metadata: Element, found: str) -> Draft:
    """Return the draft of the format `arXiv`."""
    names = [read_name(author) for author in metadata.iterfind("authors/author")]
    return common(
        metadata,
        found,
        authors=names,
        published=parse_moment(words(metadata.find("created"))),
        announced="replace" if metadata.find("updated") is not None else "new",
    )


def read_raw(metadata: Element, found: str) -> Draft:
    """Return the draft of the format `arXivRaw`, which knows every version."""
    versions = metadata.findall("version")
    first = words(versions[0].find("date")) if versions else ""
    return common(
        metadata,
        found,
        authors=split_arxiv(words(metadata.find("authors"))),
        published=parse_moment(first),
        version=len(versions),
        announced="replace" if len(versions) > 1 else "new",
    )


def common(metadata: Element, found: str, **told: Any) -> Draft:
    """Return the draft with what the formats `arXiv` and `arXivRaw` write alike."""
    return Draft(
        title=words(metadata.find("title")),
        abstract=words(metadata.find("abstract")),
        arxiv=found,
        dois=dois(words(metadata.find("doi"))),
        link=f"https://arxiv.org/abs/{found}",
        categories=tuple(words(metadata.find("categories")).split()),
        venue="arXiv",
        **told,
    )


def read_dublin_core(metadata: Element, found: str) -> Draft:
    """Return the draft of the format `oai_dc`: the first description is the abstract."""
    texts = [words(part) for part in metadata.iterfind("description")]
    dates = [words(part) for part in metadata.iterfind("date")]
    names = [words(part) for part in metadata.iterfind("identifier")]
    found_dois = (doi(name) for name in names if name.startswith("doi:"))
    return Draft(
        title=words(metadata.find("title")),
        abstract=next((text for text in texts if not COMMENT.match(text)), ""),
        authors=read_names([words(part) for part in metadata.iterfind("creator")]),
        arxiv=found,
        dois=tuple(filter(None, found_dois)),
        link=f"https://arxiv.org/abs/{found}",
        published=parse_moment(dates[0]) if dates else None,
        categories=tuple(words(part) for part in metadata.iterfind("subject")),
        announced="replace" if len(dates) > 1 else "new",
        venue="arXiv",
    )


def read_name(author: Element) -> str:
    """Return "Forenames Keyname Suffix"."""
    parts = (words(author.find(name)) for name in ("forenames", "keyname", "suffix"))
    return " ".join(part.strip() for part in parts if part.strip())
