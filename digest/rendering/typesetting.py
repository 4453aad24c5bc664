"""Sets one part of the letter, HTML or text, from cards rendered once. Decides nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jinja2

from digest import models
from digest.rendering.stencil import Body, Hole, Piece, Stencil, make_stencil
from digest.rendering.templates import render, render_block
from digest.rendering.views import LETTER_TEXTS, LetterView, SectionView, SiteView, view_card

CARDS_KEPT = 8192  # about 12 kB each; a day has some 2,000 papers at most
TEXTS_KEPT = 4096
SHELLS_KEPT = 64  # one for each language and set of sentences that are not empty


class SetCard(NamedTuple):
    """One paper as it stands in a letter."""

    paper: models.Paper
    characters: int  # of its abstract
    why: str
    piece: Piece  # the same, encoded for the part


class SetRow(NamedTuple):
    """One heading and its papers."""

    title: str
    note: str
    cards: tuple[SetCard, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The templates of one part and how its texts are encoded."""

    template: jinja2.Template
    shell: jinja2.Template
    piece: Callable[[str], Piece]


class Typesetter:
    """Keeps every card, shell and sentence that it has set."""

    def __init__(self, form: Form, site: SiteView) -> None:
        self._form, self._site = form, site
        self._card = lru_cache(CARDS_KEPT)(self._make_card)
        self._shell = lru_cache(SHELLS_KEPT)(self._make_shell)
        self._section = lru_cache(2)(self._make_section)
        self._text = lru_cache(TEXTS_KEPT)(form.piece)
        self._met: dict[tuple[int, int, bool], tuple[models.Paper, Stencil]] = {}

    def set_part(self, letter: LetterView, rows: Iterable[SetRow]) -> Body:
        """Join the pieces of one part of one letter."""
        texts = {name: value for name in LETTER_TEXTS if (value := getattr(letter, name))}
        fillers: dict[str, Callable[[Body], None] | Piece] = {
            name: self._text(value) for name, value in texts.items()
        }
        fillers["papers"] = lambda body: self._set_rows(body, rows)
        body = Body()
        body.fill(self._shell(letter.language, tuple(texts)), fillers)
        return body

    def _set_rows(self, body: Body, rows: Iterable[SetRow]) -> None:
        for row in rows:
            heading = {"title": self._text(row.title), "note": self._text(row.note)}
            body.fill(self._section(bool(row.note)), heading)
            for card in row.cards:
                # Hashing a paper's texts takes long; most are met again as the same object.
                met = self._met.get((id(card[0]), card[1], card[2] == ""))
                stencil = met[1] if met and met[0] is card[0] else self._meet(card)
                body.fill_with(stencil, card[3])

    def _meet(self, card: SetCard) -> Stencil:
        """Look a card up by the paper's texts, and remember it by the object."""
        stencil = self._card(card.paper, card.characters, card.why != "")
        if len(self._met) >= CARDS_KEPT:
            self._met.clear()
        self._met[id(card.paper), card.characters, card.why == ""] = card.paper, stencil
        return stencil

    def _make_shell(self, language: str, filled: tuple[str, ...]) -> Stencil:
        texts: dict[str, Any] = dict.fromkeys(LETTER_TEXTS, "")
        texts.update((name, Hole(name)) for name in filled)
        letter = LetterView(language=language, **texts)
        values = {"letter": letter, "site": self._site, "papers": Hole("papers")}
        name = self._form.shell.name or ""
        return make_stencil(render(self._form.shell, values), name)

    def _make_section(self, has_note: bool) -> Stencil:
        section = SectionView(Hole("title"), Hole("note") if has_note else "")
        return self._make_block("section", {"section": section})

    def _make_card(self, paper: models.Paper, characters: int, has_why: bool) -> Stencil:
        card = replace(view_card(paper, characters), why=Hole("why") if has_why else "")
        return self._make_block("card", {"card": card})

    def _make_block(self, block: str, values: dict[str, object]) -> Stencil:
        rendered = render_block(self._form.template, block, {**values, "site": self._site})
        return make_stencil(rendered, self._form.template.name or block)
