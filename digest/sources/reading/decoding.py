"""Undoes compression and character encoding, within bounds. Pure."""

import codecs
import re
import zlib
from contextlib import suppress

MAX_BODY_BYTES = 16_000_000  # decompressed; a slice of 2,000 arXiv entries has 5 MB

MAX_MEMBERS = 300  # of one gzip file; blocked ones have 64 KB in each

GZIP = b"\x1f\x8b"
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# XML 1.0, appendix F: the first bytes of "<?" or "<" in encodings without a byte order mark
UNMARKED = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
DECLARED = re.compile(rb"^\s{0,200}<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})")
# What people call Latin-1 is Windows-1252, what they call Shift_JIS and EUC-KR the larger sets of
# Windows: https://encoding.spec.whatwg.org/#names-and-labels
TREATED_AS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
LABELS = {  # that Python does not know
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "windows-874": "cp874",
}
NO_CHARSETS = ("idna", "unicode-escape", "raw-unicode-escape")  # Python's own, for other things


class TooLarge(ValueError):
    """More bytes than `MAX_BODY_BYTES`."""


def inflate(body: bytes) -> tuple[bytes, bool]:
    """Return a gzip file's content, of all its members, and whether it was whole; other bodies as
    they are.

    Raises:
        TooLarge: before more than `MAX_BODY_BYTES` have been written.
    """
    if not body.startswith(GZIP):
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge
        return body, True
    content, whole = bytearray(), True
    for _ in range(MAX_MEMBERS):
        if not body.startswith(GZIP):  # the end, or something that is no member behind the last
            return bytes(content), whole
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            content += inflater.decompress(body, MAX_BODY_BYTES + 1 - len(content))
        except zlib.error:
            break
        if len(content) > MAX_BODY_BYTES:
            raise TooLarge
        body, whole = inflater.unused_data, inflater.eof
    return bytes(content), False


def decode(body: bytes, charset: str = "") -> str:
    """Return the text: by byte order mark, XML declaration, HTTP charset, UTF-8, Windows-1252.

    What reads as UTF-8 to its last byte is that, whatever it says: hardly a text in another
    encoding does. A byte that is no character becomes U+FFFD; it never fails.
    """
    for bom, encoding in BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    for start, encoding in UNMARKED:
        if body.startswith(start):
            return body.decode(encoding, "replace")
    match = DECLARED.match(body[:500])
    names = (match[1].decode() if match else "", charset, "utf-8")
    known = next(filter(None, map(text_encoding, names)))
    for encoding in (known,) if body.isascii() else ("utf-8", known):
        with suppress(UnicodeDecodeError):
            return body.decode(encoding)
    return body.decode(guess(body, known), "replace")


def guess(body: bytes, declared: str) -> str:
    """Return the encoding to fall back to when the declared one does not fit every byte.

    Damaged UTF-8 keeps its good characters; a text with no UTF-8 sequence at all is Windows-1252.
    """
    if declared != "utf-8":
        return declared
    lenient = body.decode("utf-8", "ignore")
    return "utf-8" if not lenient.isascii() else "cp1252"


def text_encoding(name: str) -> str:
    """Return Python's name of an encoding in which a byte can be a character, "" for others:
    unknown ones, `rot13`, `undefined`, and UTF-16, as which a declaration in ASCII is not read."""
    try:
        name = codecs.lookup(LABELS.get(name.lower(), name)).name
        b" ".decode(name)
    except (LookupError, ValueError):
        return ""
    return "" if name in NO_CHARSETS else TREATED_AS.get(name, name)
