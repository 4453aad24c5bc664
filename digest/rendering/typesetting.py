"""Sets both parts of a letter, HTML and text, from cards rendered once. Decides nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jinja2

from digest import models
from digest.rendering.layout import TEXT_CHARACTERS
from digest.rendering.plain import wrap
from digest.rendering.stencil import (
    NOTHING,
    Body,
    Hole,
    Parts,
    Piece,
    Stencil,
    escaped,
    make_piece,
    make_stencil,
)
from digest.rendering.templates import render, render_block
from digest.rendering.views import (
    LETTER_TEXTS,
    NEVER_WRAPPED,
    WRAPPED,
    LetterView,
    SectionView,
    SiteView,
    say_reasons,
    view_card,
    wrap_why,
)

CARDS_KEPT = 8192  # about 12 kB each; a day has some 2,000 papers at most
SHELLS_KEPT = 256  # some 15 kB each; one for each language and set of sentences that are shared
HEADINGS_KEPT = 1024
WHYS_KEPT = 8192
# The texts that hardly two readers share; all others are printed into the shell.
OWN = (
    "subject", "preheader", "greeting", "because",
    "unsubscribe_url", "preferences_url", "browser_url",
)  # fmt: skip
SHARED = tuple(name for name in LETTER_TEXTS if name not in OWN)

# Why a paper was picked, encoded for HTML and for text; NOTHING where nobody said.
Why = tuple[Piece, Piece]


class SetRow(NamedTuple):
    """One heading and its papers."""

    title: str
    note: str
    characters: int  # of each abstract in HTML, at most; the text part has it whole
    picks: Sequence[models.Pick]


class Card(NamedTuple):
    """One paper in both parts."""

    paper: models.Paper  # holds it alive, so that its identity stays its own
    html: Stencil
    text: Stencil


class Shell(NamedTuple):
    """What stands before the papers of one part, and what stands after them."""

    before: Stencil
    after: Stencil


@dataclass(frozen=True, slots=True)
class Form:
    """The templates of one part and how a text is encoded that is called by this name in them."""

    template: jinja2.Template
    shell: jinja2.Template
    piece: Callable[[str, str], Piece]


class Typesetter:
    """Keeps every card, shell and heading that it has set."""

    def __init__(self, html: Form, text: Form, site: SiteView) -> None:
        self._html, self._text, self._site = html, text, site
        self._card = lru_cache(CARDS_KEPT)(self._make_card)
        self._shells = lru_cache(SHELLS_KEPT)(self._make_shells)
        self._heading = lru_cache(HEADINGS_KEPT)(self._make_heading)
        self._sections = lru_cache(2)(self._make_sections)
        self._met: dict[tuple[int, int, bool], Card] = {}

    def set_parts(self, language: str, texts: Mapping[str, str], rows: Iterable[SetRow]) -> Parts:
        """Join the pieces of both parts of one letter.

        Args:
            texts: the sentences and links of the letter by their names in `LetterView`.
        """
        shared = tuple([texts[name] for name in SHARED])
        filled = tuple([name for name in OWN if texts[name]])
        in_html, in_text = self._shells(language, shared, filled)
        html, text = Body(), Body()
        fill(html, in_html.before, texts, self._html)
        fill(text, in_text.before, texts, self._text)
        for row in rows:
            heading = self._heading(row.title, row.note)
            html.add(heading[0])
            text.add(heading[1])
            self._set_cards(html, text, row)
        fill(html, in_html.after, texts, self._html)
        fill(text, in_text.after, texts, self._text)
        return Parts(text, html)

    def _set_cards(self, html: Body, text: Body, row: SetRow) -> None:
        """Find each paper's card and put into it why it was picked."""
        met, characters = self._met, row.characters
        in_html: list[tuple[Stencil, Piece]] = []
        in_text: list[tuple[Stencil, Piece]] = []
        for paper, _, _, reasons in row.picks:
            told = tuple([reason.text for reason in reasons])
            why_html, why_text = set_why(told)
            # Hashing a paper's texts takes long; most are met again as the same object.
            key = (id(paper), characters, why_text is NOTHING)
            card = met.get(key)
            if card is None or card.paper is not paper:
                card = self._meet(paper, key)
            in_html.append((card.html, why_html))
            in_text.append((card.text, why_text))
        html.fill(in_html)
        text.fill(in_text)

    def _meet(self, paper: models.Paper, key: tuple[int, int, bool]) -> Card:
        """Look a card up by the paper's texts, and remember it by the object."""
        _, characters, bare = key
        card = Card(
            paper,
            self._card(self._html, paper, characters, bare),
            self._card(self._text, paper, TEXT_CHARACTERS, bare),
        )
        if len(self._met) >= CARDS_KEPT:
            self._met.clear()
        self._met[key] = card
        return card

    def _make_shells(
        self, language: str, shared: tuple[str, ...], filled: tuple[str, ...]
    ) -> tuple[Shell, Shell]:
        """Set what surrounds the papers in HTML and in text, with holes for one reader's own."""
        own = dict.fromkeys(OWN, "") | {name: Hole(name) for name in filled}
        texts: dict[str, Any] = dict(zip(SHARED, shared, strict=True)) | own
        lines = {name: wrapped(name, text) for name, text in texts.items() if name in SHARED}
        return (
            self._make_shell(self._html, LetterView(language=language, **texts)),
            self._make_shell(self._text, LetterView(language=language, **texts | lines)),
        )

    def _make_shell(self, form: Form, letter: LetterView) -> Shell:
        papers, name = Hole("papers"), form.shell.name or ""
        values = {"letter": letter, "site": self._site, "papers": papers}
        before, _, after = render(form.shell, values).partition(str(papers))
        return Shell(make_stencil(before, name), make_stencil(after, name))

    def _make_heading(self, title: str, note: str) -> tuple[Piece, Piece]:
        """Set a heading as one piece of each part; many readers have the same."""
        texts = {"title": title, "note": note}
        html, text = Body(), Body()
        in_html, in_text = self._sections(bool(note))
        fill(html, in_html, texts, self._html)
        fill(text, in_text, texts, self._text)
        return (b"".join(html.quoted), html.size), (b"".join(text.quoted), text.size)

    def _make_sections(self, noted: bool) -> tuple[Stencil, Stencil]:
        section = SectionView(Hole("title"), Hole("note") if noted else "")
        values: dict[str, object] = {"section": section}
        html = self._make_block(self._html, "section", values)
        return html, self._make_block(self._text, "section", values)

    def _make_card(self, form: Form, paper: models.Paper, characters: int, bare: bool) -> Stencil:
        card = replace(view_card(paper, characters), why="" if bare else Hole("why"))
        return self._make_block(form, "card", {"card": card})

    def _make_block(self, form: Form, block: str, values: dict[str, object]) -> Stencil:
        rendered = render_block(form.template, block, {**values, "site": self._site})
        return make_stencil(rendered, form.template.name or block)


def fill(body: Body, stencil: Stencil, texts: Mapping[str, str], form: Form) -> None:
    """Append a stencil, each hole of it filled with the text of its name."""
    piece = form.piece
    body.fill_each(stencil, [piece(hole, texts[hole]) for hole in stencil.holes])


def html_piece(_name: str, text: str) -> Piece:
    """Encode a text for HTML."""
    return recent_piece(escaped(text))


def text_piece(name: str, text: str) -> Piece:
    """Encode a text for the text part."""
    return recent_piece(wrapped(name, text))


recent_piece = lru_cache(16)(make_piece)  # a letter's links and greeting stand in both its parts


def wrapped(name: str, text: str) -> str:
    """Wrap what is a sentence."""
    return wrap(text) if name in WRAPPED and len(text) > NEVER_WRAPPED else text


@lru_cache(WHYS_KEPT)
def set_why(reasons: tuple[str, ...]) -> Why:
    """Encode the reasons of one pick; readers with the same interests have the same."""
    said = say_reasons(reasons)
    if not said:
        return NOTHING, NOTHING
    text, html = wrap_why(said), escaped(said)
    piece = make_piece(text)
    return piece if html == text else make_piece(html), piece
