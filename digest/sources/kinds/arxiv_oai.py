"""OAI-PMH, `ListRecords` and `GetRecord`: arXiv's in the formats arXiv and oai_dc, other
repositories' in oai_dc.

http://www.openarchives.org/OAI/openarchivesprotocol.html; a record's datestamp is that of its last
change, so that one that has `updated` is a replacement.
"""

import re
from xml.etree.ElementTree import Element

from digest.identities import arxiv_id, doi, dois
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.reading.records import records, words
from digest.sources.reading.rows import number_at
from digest.sources.text.markup import plain_text
from digest.sources.text.names import read_names

PARTS = {"record", "error", "resumptionToken"}
RELATED = "info:eu-repo/semantics/altIdentifier/"
ARXIV = f"{RELATED}arxiv/"
COMMENT = re.compile(r"^Comments?:")


def parse_oai(text: str, origin: Origin) -> Document:
    """Return the records of one page; `cursor` is the resumption token.

    Raises:
        SourceError: the repository answers with an error other than "nothing matches", or with
            records in a foreign format.
    """
    found, whole = records(text, PARTS, origin)
    for error in (element for element in found if element.tag == "error"):
        if error.get("code") != "noRecordsMatch":
            raise origin.error(f"OAI answers {error.get('code')}: {words(error)[:200]}")
    rows = [element for element in found if element.tag == "record"]
    tokens = [element for element in found if element.tag == "resumptionToken"]
    drafts = [draft for row in rows if (draft := read_record(row))]
    if not drafts and not all(map(is_deleted, rows)):
        raise origin.error("no record is in a format that is read here; ask for oai_dc")
    return Document(
        kind="arxiv-oai" if all(draft.venue == "arXiv" for draft in drafts) else "oai",
        papers=build_papers(drafts, origin),
        entries=len(rows),
        reason="" if whole else f"the document ends after record {len(rows)}, before its end",
        total=number_at(tokens[-1].attrib, "completeListSize") if tokens else None,
        cursor=words(tokens[-1]).strip() if tokens else "",
    )


def read_record(row: Element) -> Draft | None:
    """Return the draft of one record; None for a deleted one or one in another format."""
    found, _ = arxiv_id(words(row.find("header/identifier")))
    if is_deleted(row):
        return None
    if not found:
        return read_repository(row)
    for name, read in (("arXiv", read_arxiv), ("dc", read_dublin_core)):
        metadata = row.find(f"metadata/{name}")
        if metadata is not None:
            return read(metadata, found)
    return None


def is_deleted(row: Element) -> bool:
    """Tell whether a record says no more than that it is gone."""
    header = row.find("header")
    return header is not None and header.get("status") == "deleted"


def read_arxiv(metadata: Element, found: str) -> Draft:
    """Return the draft of the format `arXiv`."""
    return Draft(
        title=words(metadata.find("title")),
        abstract=words(metadata.find("abstract")),
        authors=[read_name(author) for author in metadata.iterfind("authors/author")],
        arxiv=found,
        dois=dois(words(metadata.find("doi"))),
        published=parse_moment(words(metadata.find("created"))),
        categories=tuple(words(metadata.find("categories")).split()),
        announced="replace" if metadata.find("updated") is not None else "new",
        venue="arXiv",
    )


def read_dublin_core(metadata: Element, found: str) -> Draft:
    """Return the draft of the format `oai_dc`: the first description is the abstract."""
    texts = [words(part) for part in metadata.iterfind("description")]
    dates = [words(part) for part in metadata.iterfind("date")]
    names = [words(part) for part in metadata.iterfind("identifier")]
    return Draft(
        title=words(metadata.find("title")),
        abstract=next((text for text in texts if not COMMENT.match(text)), ""),
        authors=read_names([words(part) for part in metadata.iterfind("creator")]),
        arxiv=found,
        dois=tuple(doi(name) for name in names if name.startswith("doi:")),
        published=parse_moment(dates[0]) if dates else None,
        categories=tuple(words(part) for part in metadata.iterfind("subject")),
        announced="replace" if len(dates) > 1 else "new",
        venue="arXiv",
    )


def read_repository(row: Element) -> Draft | None:
    """Return the draft of a record that Zenodo, HAL or a journal has in oai_dc.

    Its fields may stand in several languages; of the descriptions the longest is the abstract.
    """
    metadata = row.find("metadata/dc")
    if metadata is None:
        return None
    fields: dict[str, list[str]] = {}
    for part in metadata:
        fields.setdefault(part.tag, []).append(plain_text(words(part)))
    names = [name.removeprefix(RELATED) for name in fields.get("identifier", [])]
    # other relations are what it cites, or what it is the data of
    same = [name for name in fields.get("relation", []) if name.startswith(RELATED)]
    own = next(filter(None, map(doi, (*names, *same))), "")
    return Draft(
        title=next(iter(fields.get("title", [])), ""),
        abstract=max(fields.get("description", []), key=len, default=""),
        authors=read_names(fields.get("creator", [])),
        arxiv=next(filter(None, (arxiv_id(name.removeprefix(ARXIV))[0] for name in same)), ""),
        dois=(own,),
        guid=words(row.find("header/identifier")),
        link=next((name for name in names if name.startswith("http")), ""),
        published=parse_moment(min(filter(None, fields.get("date", [])), default="")),
        categories=tuple(fields.get("subject", [])),
        venue=next(iter(fields.get("publisher", [])), ""),
    )


def read_name(author: Element) -> str:
    """Return "Forenames Keyname Suffix"."""
    parts = (words(author.find(name)) for name in ("forenames", "keyname", "suffix"))
    return " ".join(part.strip() for part in parts if part.strip())
