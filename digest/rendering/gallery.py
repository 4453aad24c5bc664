"""Makes the pages of `digest preview`: each letter on a phone and a desktop, in light and dark."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path

from digest import models
from digest.rendering.checks import CLIP_BYTES, LIMIT_BYTES, check_letter, opened
from digest.rendering.plain import clean, cut
from digest.rendering.templates import get_template, make_environment, render

SNIPPET_CHARACTERS = 140  # what an inbox shows of a letter beside its subject, at most
NOT_TEXT = re.compile(r"<!--.*?-->|<style.*?</style>|<[^>]*>", re.DOTALL)
DARK_QUERY = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")


@dataclass(frozen=True, slots=True)
class Shown:
    """One letter of the gallery."""

    id: str
    email: str
    subject: str
    snippet: str  # the letter's first words, which an inbox shows beside the subject
    text: str
    headers: str
    size: int  # bytes of HTML
    problems: tuple[str, ...]


def render_gallery(
    letters: Sequence[models.Letter], *, folders: Sequence[Path], live: bool = False
) -> dict[str, bytes]:
    """Return the gallery's files by name, index.html among them.

    Args:
        folders: where templates lie; the operator's own first.
        live: the page loads `stamp.js` again and again, and itself when the stamp has changed.
            So whoever watches the templates only has to write these files again.

    Raises:
        TemplateError: a template is missing or malformed.
    """
    environment = make_environment(folders)
    complete = [opened(letter) for letter in letters]
    stamp = sha256(b"".join(letter.message for letter in letters)).hexdigest()[:16]
    values = {
        "letters": [show(letter) for letter in complete],
        "clip": CLIP_BYTES,
        "limit": LIMIT_BYTES,
        "stamp": stamp,
        "live": live,
    }
    files = {"index.html": render(get_template(environment, "gallery.html"), values).encode()}
    files["stamp.js"] = render(get_template(environment, "stamp.js"), values).encode()
    for letter in complete:
        files.update(letter_files(letter))
    return files


def show(letter: models.Letter) -> Shown:
    """Gather what the gallery says of one letter."""
    return Shown(
        id=letter.id,
        email=letter.email,
        subject=letter.subject,
        snippet=first_words(letter.html),
        text=letter.text,
        headers=letter.message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"),
        size=len(letter.html.encode()),
        problems=tuple(check_letter(letter)),
    )


def first_words(html: str) -> str:
    """Return the text with which an HTML part begins, as an inbox does."""
    body = html.partition("<body")[2].partition(">")[2]
    return cut(clean(unescape(NOT_TEXT.sub(" ", body))), SNIPPET_CHARACTERS)


def letter_files(letter: models.Letter) -> dict[str, bytes]:
    """Return one letter's files; light and dark are forced, whatever the browser prefers."""
    return {
        f"{letter.id}.eml": letter.message,
        f"{letter.id}.txt": letter.text.encode(),
        f"{letter.id}.html": letter.html.encode(),
        f"{letter.id}-light.html": DARK_QUERY.sub("@media not all", letter.html).encode(),
        f"{letter.id}-dark.html": DARK_QUERY.sub("@media all", letter.html).encode(),
    }
