"""Takes the repeated elements out of an XML text, also out of one that breaks off, and the words
out of an element."""

from collections.abc import Set
from html import escape
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, tostring

from digest.sources.document import Origin
from digest.sources.reading.bounds import MAX_ENTRIES, TOO_MANY
from digest.sources.reading.scanning import scan
from digest.sources.text.markup import plain_text

STEP = 65_536  # characters
MAX_TAGS = 600_000  # 350 bytes of memory each, at worst; 16 MB of PubMed hold 470,000


def records(text: str, names: Set[str], origin: Origin) -> tuple[list[Element], bool]:
    """Return the whole elements of these local names, and whether the text was well formed.

    Namespaces are taken off. The text is tidy: without DOCTYPE, so that no entity is expanded.

    Raises:
        SourceError: it has too many elements, or nothing in it is XML.
        Refused: it attacks its reader.
    """
    if text.count("<") > MAX_TAGS:
        raise origin.error("it has too many elements")
    scan(text)
    parser: Any = ElementTree.XMLPullParser(("end",))
    found: list[Element] = []
    try:
        for start in range(0, len(text), STEP):
            parser.feed(text[start : start + STEP].encode("utf-8", "replace"))
            take(parser, names, found)
        parser.close()
        whole = True
    except ElementTree.ParseError as error:
        take(parser, names, found)
        if not found:
            raise origin.error(f"it is no well-formed XML: {error}") from error
        whole = False
    if len(found) > MAX_ENTRIES:
        raise origin.error(TOO_MANY)
    return found, whole


def take(parser: Any, names: Set[str], found: list[Element]) -> None:
    """Collect the elements that were closed since the last call."""
    try:
        for _, element in parser.read_events():
            element.tag = element.tag.rpartition("}")[2]
            if element.tag in names:
                found.append(element)
    except ElementTree.ParseError:
        return  # told again, and answered, by the caller's next call


def words(element: Element | None) -> str:
    """Return an element's text with that of the elements in it, or ""."""
    if element is None:
        return ""
    inner = "".join(tostring(child, encoding="unicode") for child in element)
    text = element.text or ""
    return plain_text(escape(text, quote=False) + inner) if inner else text
