"""Looks through a decoded XML text before anything builds a tree of it. Pure.

expat (C, linear) reads it once with counters only. What it reads to the end within the bounds is
calm: any parser takes time and memory in proportion to its size. Everything else goes to a
process of its own (`digest.sources.reading.isolation`) or is refused.
"""

import re
from dataclasses import dataclass
from html import escape
from html.entities import html5
from xml.parsers import expat

MAX_ELEMENTS = 400_000
MAX_ATTRIBUTES = 100  # of one element; feedparser needs quadratic time (7.6 s for 20,000)
MAX_DEPTH = 100
REFUSED_ATTRIBUTES = 1_000
# feedparser looks for a mail address in every author (a regex quadratic in the length of a word)
# and for each category among those before it: what both would cost, in steps, is bounded.
MAX_WORD_STEPS = 200_000_000  # about 1 s
MAX_CHILD_STEPS = 30_000_000  # about 1 s
SHORT_WORD = 64  # characters; shorter ones cost nothing worth counting
BUFFER_CHARACTERS = 262_144  # handed over at once, so that a word is seen whole
MAX_RUN = 300_000  # characters of one element's text

# XML 1.0, section 2.2: what no XML text may hold
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REFERENCE = re.compile(r"&#(?:([0-9]{1,12})|[xX]([0-9a-fA-F]{1,12}))[0-9a-fA-F]*;?")
DECLARATION = re.compile(r"<\?xml\b[^>]{0,300}\?>")
AMPERSAND = re.compile(r"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,31};)?")
FIRST_ELEMENT = re.compile(r"<[A-Za-z_]")
ENTRIES = frozenset({"item", "entry"})  # local names, lower case


class Refused(ValueError):
    """The document attacks its reader."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look through the document showed."""

    calm: bool  # well formed and within the bounds
    formed: bool  # well formed
    closed: bool  # the element that holds the entries was closed
    complete: int  # entries whose end was seen


def tidy(text: str) -> str:
    """Return the XML text without declaration, DOCTYPE and impossible characters.

    Raises:
        Refused: the DOCTYPE has an internal subset, the seat of entity bombs and of files and
            addresses that a parser would open.
    """
    text = FORBIDDEN.sub("", text.lstrip("\ufeff \t\r\n"))
    declared = DECLARATION.match(text)
    text = text[declared.end() :] if declared else text
    text = drop_doctype(text)
    if "&#" in text:
        text = REFERENCE.sub(keep_possible, text)
    return text.strip()


def drop_doctype(text: str) -> str:
    """Return the text without a DOCTYPE that names an external subset only."""
    first = FIRST_ELEMENT.search(text)
    head = text[: first.start()] if first else text
    if "<!ENTITY" in head.upper():
        raise Refused("its DOCTYPE declares entities, as entity bombs do")
    start = head.upper().find("<!DOCTYPE")
    if start < 0:
        return text
    end = text.find(">", start)
    if end < 0 or "[" in text[start:end]:
        raise Refused("its DOCTYPE has an internal subset, as entity bombs have")
    return text[:start] + text[end + 1 :]


def keep_possible(match: re.Match[str]) -> str:
    """Return a character reference; nothing for a control, U+FFFD for what is no character."""
    number = int(match[1]) if match[1] else int(match[2], 16)
    if number in {9, 10, 13} or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return match[0]
    if number < 32:
        return ""
    return match[0] if 0x10000 <= number <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"


def repair(text: str) -> str:
    """Return the text with bare ampersands escaped and HTML's entities resolved, where XML has
    markup: what stands in CDATA sections is left alone."""
    parts, place = [], 0
    while (start := text.find("<![CDATA[", place)) >= 0:
        end = text.find("]]>", start)
        if end < 0:
            break
        parts += [AMPERSAND.sub(resolve, text[place:start]), text[start : end + 3]]
        place = end + 3
    return "".join((*parts, AMPERSAND.sub(resolve, text[place:])))


def resolve(match: re.Match[str]) -> str:
    """Return what an ampersand and the name behind it mean."""
    name = match[1] or ""
    if name.startswith("#") or name in {"amp;", "lt;", "gt;", "quot;", "apos;"}:
        return match[0]
    letters = html5.get(name) if name else None
    return escape(letters) if letters else f"&amp;{name}"


@dataclass(slots=True)
class Counter:
    """The handlers of one scan."""

    container: str
    elements: int = 0
    depth: int = 0
    run: int = 0
    word_steps: int = 0
    children: int = 0  # elements since the last entry began
    child_steps: int = 0
    complete: int = 0
    closed: bool = False
    calm: bool = True

    def start(self, _name: str, attributes: list[str]) -> None:
        """Count an element's start; expat gives attributes as a flat list of names and values."""
        self.elements += 1
        self.depth += 1
        self.run = 0
        self.children += 1
        if len(attributes) > 2 * REFUSED_ATTRIBUTES:
            raise Refused(f"one element has {len(attributes) // 2} attributes")
        if (
            self.elements > MAX_ELEMENTS
            or self.depth > MAX_DEPTH
            or len(attributes) > 2 * MAX_ATTRIBUTES
        ):
            self.calm = False

    def end(self, name: str) -> None:
        """Count an element's end."""
        self.depth -= 1
        local = name.rpartition(" ")[2].lower()
        if local in ENTRIES:
            self.complete += 1
            self.child_steps += self.children**2
            self.children = 0
        self.closed = self.closed or local == self.container

    def text(self, data: str) -> None:
        """Count characters between two tags."""
        self.run += len(data)
        sizes = list(map(len, data.split()))
        if max(sizes, default=0) > SHORT_WORD:
            self.word_steps += sum(size**2 for size in sizes if size > SHORT_WORD)
        if self.run > MAX_RUN or self.word_steps > MAX_WORD_STEPS:
            self.calm = False


def scan(text: str, container: str = "") -> Scan:
    """Read the tidy text once and say how far it can be trusted.

    Args:
        container: the local name, in lower case, of the element that holds a feed's entries; ""
            where they do not count.

    Raises:
        Refused: more attributes on one element than any honest document has.
    """
    counter = Counter(container)
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.buffer_size = BUFFER_CHARACTERS
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    parser.CharacterDataHandler = counter.text
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return scan_broken(text, container)
    calm = counter.calm and counter.child_steps + counter.children**2 <= MAX_CHILD_STEPS
    return Scan(calm, True, counter.closed, counter.complete)


def scan_broken(text: str, container: str) -> Scan:
    """Say of a text that is not well formed how many entries were closed, by its end tags."""
    ends = re.findall(r"</(?:[\w.-]{1,40}:)?([\w.-]{1,40})\s*>", text)
    lower = [name.lower() for name in ends]
    complete = sum(name in ENTRIES for name in lower)
    return Scan(False, False, container in lower, complete)
