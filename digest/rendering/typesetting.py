"""Sets one part of the letter, HTML or text, from cards rendered once. Decides nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jinja2

from digest import models
from digest.rendering.stencil import NOTHING, Body, Hole, Piece, Stencil, make_stencil
from digest.rendering.templates import render, render_block
from digest.rendering.views import LETTER_TEXTS, LetterView, SectionView, SiteView, view_card

CARDS_KEPT = 8192  # about 12 kB each; a day has some 2,000 papers at most
SHELLS_KEPT = 64  # one for each language and set of sentences that are not empty


# Why a paper was picked, encoded for HTML and for text; NOTHING where nobody said.
Why = tuple[Piece, Piece]


class SetRow(NamedTuple):
    """One heading and its papers."""

    title: str
    note: str
    characters: int  # of each abstract, at most, where the form does not say it
    papers: Sequence[models.Paper]
    whys: Sequence[Why]  # of each paper


@dataclass(frozen=True, slots=True)
class Form:
    """The templates of one part and how its texts are encoded."""

    template: jinja2.Template
    shell: jinja2.Template
    piece: Callable[[str], Piece]
    part: int  # index into a Why
    characters: int | None = None  # of an abstract, at most; None: as the row says


class Typesetter:
    """Keeps every card, shell and heading that it has set."""

    def __init__(self, form: Form, site: SiteView) -> None:
        self._form, self._site = form, site
        self._card = lru_cache(CARDS_KEPT)(self._make_card)
        self._shell = lru_cache(SHELLS_KEPT)(self._make_shell)
        self._section = lru_cache(2)(self._make_section)
        self._met: dict[tuple[int, int, bool], tuple[models.Paper, Stencil]] = {}

    def set_part(self, language: str, texts: Mapping[str, str], rows: Iterable[SetRow]) -> Body:
        """Join the pieces of one part of one letter.

        Args:
            texts: the sentences and links of the letter by their names in `LetterView`.
        """
        before, after = self._shell(language, tuple([name for name, text in texts.items() if text]))
        body = Body()
        self._fill(body, before, texts)
        self._set_rows(body, rows)
        self._fill(body, after, texts)
        return body

    def _fill(self, body: Body, stencil: Stencil, texts: Mapping[str, str]) -> None:
        piece = self._form.piece
        body.add((stencil.first, stencil.size))
        for hole, after in zip(stencil.holes, stencil.later, strict=True):
            body.add(piece(texts[hole]))
            body.quoted.append(after)

    def _set_rows(self, body: Body, rows: Iterable[SetRow]) -> None:
        for row in rows:
            section = self._section(bool(row.note))
            self._fill(body, section, {"title": row.title, "note": row.note})
            body.fill(self._cards(row))

    def _cards(self, row: SetRow) -> list[tuple[Stencil, Piece]]:
        """Find each paper's card and what goes into it."""
        part, met, meet = self._form.part, self._met, self._meet
        characters = self._form.characters or row.characters
        cards = []
        for paper, whys in zip(row.papers, row.whys, strict=True):
            why = whys[part]
            # Hashing a paper's texts takes long; most are met again as the same object.
            key = (id(paper), characters, why is NOTHING)
            known = met.get(key)
            card = known[1] if known and known[0] is paper else meet(paper, *key[1:])
            cards.append((card, why))
        return cards

    def _meet(self, paper: models.Paper, characters: int, bare: bool) -> Stencil:
        """Look a card up by the paper's texts, and remember it by the object."""
        stencil = self._card(paper, characters, bare)
        if len(self._met) >= CARDS_KEPT:
            self._met.clear()
        self._met[id(paper), characters, bare] = paper, stencil
        return stencil

    def _make_shell(self, language: str, filled: tuple[str, ...]) -> tuple[Stencil, Stencil]:
        """Set what stands before the papers and what stands after them."""
        texts: dict[str, Any] = dict.fromkeys(LETTER_TEXTS, "")
        texts.update((name, Hole(name)) for name in filled)
        letter = LetterView(language=language, **texts)
        papers, name = Hole("papers"), self._form.shell.name or ""
        values = {"letter": letter, "site": self._site, "papers": papers}
        before, _, after = render(self._form.shell, values).partition(str(papers))
        return make_stencil(before, name), make_stencil(after, name)

    def _make_section(self, noted: bool) -> Stencil:
        section = SectionView(Hole("title"), Hole("note") if noted else "")
        return self._make_block("section", {"section": section})

    def _make_card(self, paper: models.Paper, characters: int, bare: bool) -> Stencil:
        card = replace(view_card(paper, characters), why="" if bare else Hole("why"))
        return self._make_block("card", {"card": card})

    def _make_block(self, block: str, values: dict[str, object]) -> Stencil:
        rendered = render_block(self._form.template, block, {**values, "site": self._site})
        return make_stencil(rendered, self._form.template.name or block)
