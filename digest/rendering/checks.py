"""Looks at a finished letter as mail programs will. Says what is wrong; changes nothing."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser

from digest import models

CLIP_BYTES = 102_400  # Gmail hides what comes after
LIMIT_BYTES = 90_000  # ours
MAX_LINE = 998  # octets (RFC 5322 2.1.1)
ONCE = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "List-Unsubscribe",
    "List-Id",
)
FORBIDDEN = frozenset(("script", "form", "iframe", "object", "embed", "link", "video", "audio"))
LINK = re.compile(r"(https?://[^\s]+|mailto:[^\s]+|#[^\s]*)")
REMOTE_CSS = re.compile(r"@import|@font-face|url\(\s*['\"]?(?!#)", re.IGNORECASE)
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def opened(letter: models.Letter) -> models.Letter:
    """Return the letter with its `html` and `text` read out of its message."""
    parsed = parse(letter.message)
    texts = {kind: part_text(parsed, kind) for kind in ("html", "plain")}
    return letter._replace(html=texts["html"], text=texts["plain"])


def parse(message: bytes) -> EmailMessage:
    """Parse a message with the standard library."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part_text(parsed: EmailMessage, kind: str) -> str:
    """Return the text of one part with LF line ends, "" when there is none."""
    part = parsed.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def check_letter(letter: models.Letter) -> list[str]:
    """Return what is wrong with a letter, one sentence each; empty for a good one."""
    parsed = parse(letter.message)
    html, text = part_text(parsed, "html"), part_text(parsed, "plain")
    return [
        *check_lines(letter.message),
        *check_header(parsed),
        *check_size(len(html.encode())),
        *check_markup(html),
        *([] if text.strip() else ["there is no text part"]),
        *([] if "nsubscribe" in text else ["the text part does not say how to unsubscribe"]),
    ]


def check_lines(message: bytes) -> Iterator[str]:
    """Look at the bytes."""
    if BARE_LINE_END.search(message):
        yield "a line ends without CRLF"
    longest = max(map(len, message.split(b"\r\n")))
    if longest > MAX_LINE:
        yield f"a line has {longest} octets; {MAX_LINE} are allowed"


def check_header(parsed: EmailMessage) -> Iterator[str]:
    """Look at the header."""
    for name in ONCE:
        count = len(parsed.get_all(name, []))
        if count != 1:
            yield f"{name} stands {count} times instead of once"
    yield from (f"the parser found {type(defect).__name__}" for defect in parsed.defects)
    unsubscribe = str(parsed["List-Unsubscribe"] or "")
    if "=?" in unsubscribe:
        yield "List-Unsubscribe is encoded, so mail programs will show no button"
    if "https:" in unsubscribe and parsed["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is missing beside an https link"


def check_size(size: int) -> Iterator[str]:
    """Hold the HTML part against the limit where Gmail clips."""
    if size > CLIP_BYTES:
        yield f"the HTML has {size:,} bytes; Gmail clips it at {CLIP_BYTES:,}"
    elif size > LIMIT_BYTES:
        yield f"the HTML has {size:,} bytes; our limit is {LIMIT_BYTES:,}"


def check_markup(html: str) -> list[str]:
    """Look at the HTML part."""
    found = Markup()
    found.feed(html)
    found.close()
    if not found.language:
        found.faults.append("<html> has no lang")
    if not found.title.strip():
        found.faults.append("there is no title")
    if "nsubscribe</a>" not in html:
        found.faults.append("the HTML part has no unsubscribe link")
    if html.count("<!--[if") != html.count("<![endif]"):
        found.faults.append("Outlook's conditional comments are not balanced")
    return found.faults


class Markup(HTMLParser):
    """Collects faults while it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.language = self.title = ""
        self._heading, self._inside = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        values = {name: value or "" for name, value in attrs}
        self._inside = tag
        if tag == "html":
            self.language = values.get("lang", "")
        if tag in FORBIDDEN:
            self.faults.append(f"<{tag}> has no place in a mail")
        if tag == "img":
            self._check_image(values)
        if tag == "a" and not LINK.fullmatch(values.get("href", "")):
            self.faults.append(f"a link leads to {values.get('href', '')!r}")
        if tag == "table" and values.get("role") != "presentation":
            self.faults.append("a table for layout lacks role=presentation")
        if re.fullmatch(r"h[1-6]", tag):
            self._check_heading(int(tag[1]))
        if REMOTE_CSS.search(values.get("style", "")):
            self.faults.append(f"<{tag}> loads something by its style")

    def handle_data(self, data: str) -> None:
        """Look at the title and the style sheets."""
        if self._inside == "title":
            self.title += data
        if self._inside == "style" and REMOTE_CSS.search(data):
            self.faults.append("a style sheet loads something")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._inside = ""

    def _check_image(self, values: dict[str, str]) -> None:
        missing = [name for name in ("alt", "width", "height") if name not in values]
        if missing:
            self.faults.append(f"an image lacks {', '.join(missing)}")

    def _check_heading(self, level: int) -> None:
        if level > self._heading + 1:
            self.faults.append(f"<h{level}> follows <h{self._heading}>")
        self._heading = level
