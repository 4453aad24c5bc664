"""Reads a reader's own library: BibTeX, CSL-JSON, Zotero's JSON, RIS and PubMed's exports, as text.

BibTeX as its manual of 1988 and biblatex have it: entries in braces or parentheses, values in
braces, quotes or bare, joined by `#`, with `@string` abbreviations. RIS and PubMed's format (nbib)
are lines of a tag and a value; lines without a tag go on.
"""

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from digest.identities import find_identity, order_identities
from digest.ranking.tokens import GREEK

ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
# Of an entry, as programs write it; "@ada2020 says" in a note is none
LINE_START = re.compile(r"^[ \t]{0,99}@[A-Za-z]+\s*[{(]", re.MULTILINE)
# Behind what nobody understands, to the next comma, but within the entry's parentheses; a name may
# have all that means nothing to BibTeX: comment-ada.byron, title*
FIELD = re.compile(r"(?:[^{})\"=]*,)?\s*([^\s{}()\"',=#%]+)\s*=\s*")
BARE = re.compile(r"[^\s,#{}\"]+")
COMMAND = re.compile(r"\\(?:[a-zA-Z]+\s*|[^a-zA-Z])")
# \v{c}, but not the beginning of \varphi
ACCENT = re.compile(r"\\([`'^\"~=.]|[uvHcdbkr](?![a-zA-Z]))\s*(?:\{\s*)?\\?([a-zA-Z])\s*\}?")
LETTER = re.compile(r"\\(ss|ae|AE|oe|OE|aa|AA|[oOlLij])(?![a-zA-Z])\s*")
LETTER_NAMES = "ss ae AE oe OE aa AA o O l L i j"
LETTERS = dict(zip(LETTER_NAMES.split(), "ßæÆœŒåÅøØłŁij", strict=True))
ESCAPED = re.compile(r"\{?\\([_&%#~])\}?")  # within ids and links; Mendeley writes {\_}
# <i>, <jats:p>, <a href="x">, but not "x <y and y> z"
MARKUP = re.compile(r"</?[A-Za-z][\w:]{0,20}(?: [^<>=]{1,40}=[^<>]{0,99})? ?/?>")
TAG = "[A-Z][A-Z0-9]{1,3} {0,2}-"
# PubMed has six blanks before a line that goes on, "RNA - and frogs" for one
TAGGED = re.compile(rf" {{0,5}}({TAG})(?: (.*))?$")
FOLD = re.compile(rf"\r?\n(?! {{0,5}}{TAG}(?:\s|$))")
PMID = re.compile(r"\bPMID: *(\d{1,9})\b")  # as Zotero notes it
FIRST_TAGS = frozenset({"TY", "PMID"})  # of a record
SKIPPED = frozenset({"comment", "preamble", "string"})
GREEK_LETTERS = {name: chr(code) for code, name in GREEK.items()} | {"mu": "μ"}
GREEK_NAME = re.compile(  # \beta, \Lambda, \textbeta
    rf"\\(?:text)?({'|'.join(GREEK_LETTERS)})(?![a-zA-Z])\s*", re.IGNORECASE
)
PUBMED = frozenset({"pubmed", "pmid"})  # what Zotero calls it is the second
NO_WORKS = frozenset({"attachment", "note", "annotation"})  # beside Zotero's works, such as a PDF
ELSEWHERE = ("url", "journal", "note", "howpublished")  # fields that may name an id
COMBINING = dict(
    zip(
        "`'^\"~=.uvHcdbkr",
        "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0306\u030c\u030b\u0327"
        "\u0323\u0331\u0328\u030a",
        strict=True,
    )
)

Liked = tuple[str, str, tuple[str, ...]]  # title, abstract, ids such as doi:... and arxiv:...


class LibraryError(ValueError):
    """The text is not a library of the kind its name says; the message is a clause."""


def parse_library(text: str, suffix: str) -> list[Liked]:
    """Return title, abstract and ids of each paper of a library, in its order.

    Args:
        text: the whole file.
        suffix: of its name: `.bib`, `.json` for CSL-JSON and Zotero's own, `.ris`, `.nbib`.

    Raises:
        LibraryError: JSON that cannot be read, or another suffix.
    """
    if suffix.lower() in {".bib", ".bibtex"}:
        liked = [_liked_bibtex(fields) for fields in _entries(text)]
    elif suffix.lower() == ".json":
        liked = [_liked_json(item) for item in _items(text)]
    elif suffix.lower() in {".ris", ".nbib"}:
        liked = [_liked_tagged(record) for record in _records(text)]
    else:
        suffix = suffix or "a file without suffix"
        raise LibraryError(f"{suffix} is not .bib, .json, .ris or .nbib")
    plain = [(_unmarked(title), _unmarked(abstract), ids) for title, abstract, ids in liked]
    return [entry for entry in plain if entry[0] or entry[2]]


def _unmarked(text: str) -> str:
    """Take out HTML, as Zotero's titles and Crossref's abstracts have it."""
    return " ".join(unescape(MARKUP.sub("", text)).split()) if "<" in text or "&" in text else text


def _entries(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of every entry; a broken one ends where the next begins."""
    strings: dict[str, str] = {}
    starts = [*(start.start() for start in LINE_START.finditer(text)), len(text)]
    for match in ENTRY.finditer(text):
        kind = match.group(1).lower()
        own = text[match.end() : starts[bisect_right(starts, match.start())]]
        if kind == "string":
            strings |= _fields(own, 0, strings)
        elif kind not in SKIPPED:
            comma = own.find(",")
            if comma >= 0:
                yield _fields(own, comma, strings)


def _fields(text: str, at: int, strings: Mapping[str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    while match := FIELD.match(text, at):
        value, at = _value(text, match.end(), strings)
        fields[match.group(1).lower()] = value
    return fields


def _value(text: str, at: int, strings: Mapping[str, str]) -> tuple[str, int]:
    """Return one value, its parts joined, and where it ends."""
    parts = []
    while True:
        part, at = _part(text, at, strings)
        parts.append(part)
        joint = re.compile(r"\s*#\s*").match(text, at)
        if not joint:
            return "".join(parts), at
        at = joint.end()


def _part(text: str, at: int, strings: Mapping[str, str]) -> tuple[str, int]:
    if text[at : at + 1] == "{":
        end = _closing(text, at)
        return text[at + 1 : end], end + 1
    if text[at : at + 1] == '"':
        end = _closing_quote(text, at)
        return text[at + 1 : end], end + 1
    match = BARE.match(text, at)
    if not match:
        return "", at
    return strings.get(match.group().lower(), match.group()), match.end()


def _closing(text: str, at: int) -> int:
    depth = 0
    for i in range(at, len(text)):
        if text[i] in "{}" and text[i - 1 : i] != "\\":
            depth += 1 if text[i] == "{" else -1
            if not depth:
                return i
    return len(text)


def _closing_quote(text: str, at: int) -> int:
    depth = 0
    for i in range(at + 1, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if text[i] == '"' and depth == 0:
            return i
    return len(text)


def _liked_bibtex(fields: Mapping[str, str]) -> Liked:
    plain = {key: _plain(value) for key, value in fields.items()}
    arxiv = fields.get("eprint", "").strip()
    prefix = fields.get("archiveprefix", fields.get("eprinttype", "arxiv")).lower()
    pmid = f"pmid:{arxiv if prefix in PUBMED else fields.get('pmid', '')}"
    return (
        ": ".join(filter(None, (plain.get("title"), plain.get("subtitle")))),
        plain.get("abstract", ""),
        _ids(
            fields.get("doi", ""),
            arxiv if prefix == "arxiv" else "",
            " ".join((pmid, *(fields.get(key, "") for key in ELSEWHERE))),
        ),
    )


def _plain(value: str) -> str:
    """Take the commonest LaTeX out of a title; the words are what counts."""
    accented = LETTER.sub(lambda found: LETTERS[found[1]], ACCENT.sub(_accented, value))
    lettered = GREEK_NAME.sub(_greek, accented)
    bare = COMMAND.sub(" ", lettered.replace("\\&", "&").replace("\\%", "%"))
    return " ".join(bare.replace("{", "").replace("}", "").replace("$", "").split())


def _greek(match: re.Match[str]) -> str:
    letter = GREEK_LETTERS[match[1].lower()]
    return letter.upper() if match[1][0].isupper() else letter


def _accented(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", match.group(2) + COMBINING[match.group(1)])


def _items(text: str) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as e:  # lists in lists in lists
        raise LibraryError(f"is not JSON ({e})") from e
    items = content.get("items", []) if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise LibraryError("holds no list of items")
    data = [i.get("data", i) if isinstance(i, dict) else None for i in items]
    return [i for i in data if isinstance(i, dict) and str(i.get("itemType")) not in NO_WORKS]


def _liked_json(item: Mapping[str, Any]) -> Liked:
    def text(*keys: str) -> str:
        return next((str(item[key]) for key in keys if item.get(key)), "")

    notes = (text("url", "URL"), text("note", "extra"), text("archiveID", "number"))
    elsewhere = " ".join((*notes, f"pmid:{text('PMID')}"))
    title, abstract = text("title"), text("abstract", "abstractNote")
    return (
        " ".join(title.split()),
        " ".join(abstract.split()),
        _ids(text("DOI", "doi"), text("arxiv"), elsewhere),
    )


def _records(text: str) -> Iterator[dict[str, list[str]]]:
    """Yield the values of each tag of every record."""
    record: dict[str, list[str]] = {}
    for line in FOLD.sub(" ", text).splitlines():
        tagged = TAGGED.match(line)
        if not tagged:
            continue
        tag = tagged[1].rstrip(" -")
        if tag in FIRST_TAGS and record:
            yield record
            record = {}
        record.setdefault(tag, []).append(tagged[2] or "")
    yield record


def _liked_tagged(record: Mapping[str, list[str]]) -> Liked:
    def text(*tags: str) -> str:
        return next(
            (said for tag in tags if (said := " ".join(record.get(tag, [""])[0].split()))), ""
        )

    named = ("UR", "LK", "N1", "LID", "AID", "M3", "L3")
    found = [value for tag in named for value in record.get(tag, ())]
    return (
        text("TI", "T1", "CT", "BT"),
        text("AB", "N2"),
        _ids(text("DO"), "", " ".join(found + [f"pmid:{text('PMID')}"] * ("PMID" in record))),
    )


def _ids(doi: str, arxiv: str, elsewhere: str) -> tuple[str, ...]:
    """Return one identity of each kind; of several that the notes name, the first."""
    doi, arxiv, named = (ESCAPED.sub(r"\1", text) for text in (doi, arxiv, elsewhere))
    words = re.split(r"[\s{}]+", PMID.sub(r"pmid:\1", named))
    texts = (doi, arxiv, *(word.strip("(),.;[]") for word in words))
    found: dict[str, str] = {}
    for name in order_identities(filter(None, map(find_identity, texts))):
        found.setdefault(name.partition(":")[0], name)
    return tuple(found.values())
