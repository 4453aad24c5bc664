"""Sets both parts of a letter, HTML and text, from cards rendered once. Decides nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

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
    Stretch,
    escaped,
    fill_in,
    filled,
    make_piece,
    make_stencil,
    plated,
)
from digest.rendering.templates import Form, Templates, file_of, render, render_blocks
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
SECTIONS_KEPT = 64  # one for each number of papers
WHYS_KEPT = 8192
ROWS_KEPT = 1024  # some 1 kB each, until they are put on plates
PLATES_BYTES = 24 << 20
# The texts that hang on the papers or on the reader; all others are printed into the shell.
OPEN = (
    "subject", "preheader", "greeting", "because",
    "unsubscribe_url", "preferences_url", "browser_url",
)  # fmt: skip
PRINTED = tuple(name for name in LETTER_TEXTS if name not in OPEN)

InBoth = tuple[Piece, Piece]  # one text, encoded for HTML and for the text part
RowKey = tuple[int, str, str, int]  # identity of the picks, and the other fields of SetRow
CardKey = tuple[int, int, bool]  # identity of the paper, characters of abstract, nobody says why


class SetRow(NamedTuple):
    """One heading and its papers; what stands before these tells rows of the same papers apart."""

    title: str
    note: str
    characters: int  # of each abstract in HTML, at most; the text part has it whole
    picks: Sequence[models.Pick]


class Card(NamedTuple):
    """One paper in both parts."""

    paper: models.Paper  # holds it alive, so that its identity stays its own
    html: Stencil
    text: Stencil


class RowInBoth(NamedTuple):
    """One heading and its papers in both parts."""

    picks: Sequence[models.Pick]  # held alive, as a card's paper is
    html: Stretch
    text: Stretch
    on_plates: bool = False


class Section(NamedTuple):
    """A heading in both parts, with a hole for its title."""

    html: Stencil
    text: Stencil


class Shell(NamedTuple):
    """What stands before the papers of one part, and what stands after them."""

    before: Stencil
    after: Stencil


class Shells(NamedTuple):
    """The shells of both parts, and the names of all holes in them."""

    html: Shell
    text: Shell
    holes: tuple[str, ...]


class Forme(NamedTuple):
    """A letter that is set, with holes for what letters of the same papers may differ in."""

    html: Shell
    text: Shell
    html_rows: Stretch
    text_rows: Stretch
    holes: tuple[str, ...]  # in the shells

    @property
    def html_size(self) -> int:
        """Bytes of UTF-8 in the HTML part, the holes empty."""
        return self.html.before.size + self.html_rows[1] + self.html.after.size

    @property
    def kept_bytes(self) -> int:
        """What it takes to keep it."""
        shells = (*self.html, *self.text)
        rows = (*self.html_rows[0], *self.text_rows[0])
        plates = sum(len(piece) for piece in rows if type(piece) is models.Plate)
        return plates + sum(shell.size for shell in shells)

    def fill(self, texts: Mapping[str, str]) -> Parts:
        """Return both parts for one reader.

        Args:
            texts: the sentences and links of the letter by their names in `LetterView`.
        """
        own_html: dict[str, Piece] = {}
        own_text: dict[str, Piece] = {}
        for name in self.holes:
            own_html[name], own_text[name] = set_own(name, texts[name])
        html, text = Body(), Body()
        html.fill_each(self.html.before, own_html)
        html.append(self.html_rows)
        html.fill_each(self.html.after, own_html)
        text.fill_each(self.text.before, own_text)
        text.append(self.text_rows)
        text.fill_each(self.text.after, own_text)
        return Parts(text, html)

    def to_others(self, texts: Mapping[str, str], own: Collection[str]) -> "Forme":
        """Return what other readers of the same papers get, with holes for their own alone.

        Args:
            own: the names of the texts that are the reader's own.
        """
        known = {name: set_own(name, texts[name]) for name in self.holes if name not in own}
        html = {name: piece for name, (piece, _) in known.items()}
        text = {name: piece for name, (_, piece) in known.items()}
        return self._replace(
            html=Shell(fill_in(self.html.before, html), fill_in(self.html.after, html)),
            text=Shell(fill_in(self.text.before, text), fill_in(self.text.after, text)),
            holes=tuple(name for name in self.holes if name in own),
        )


class Typesetter:
    """Keeps the cards, headings and shells that it has set."""

    def __init__(self, templates: Templates, site: SiteView) -> None:
        self._html, self._text, self._site = templates.html, templates.text, site
        self._card = lru_cache(CARDS_KEPT)(self._make_card)
        self._shells = lru_cache(SHELLS_KEPT)(self._make_shells)
        self._section = lru_cache(SECTIONS_KEPT)(self._make_section)
        self._whys: dict[tuple[models.Reason, ...], InBoth] = {}
        self._met: dict[CardKey, Card] = {}
        self._rows: dict[RowKey, RowInBoth] = {}
        self._plate_bytes = 0

    def set_letter(self, language: str, texts: Mapping[str, str], rows: Iterable[SetRow]) -> Forme:
        """Set a letter, with holes for those of its texts that are OPEN.

        Args:
            texts: the sentences and links of the letter by their names in `LetterView`.
        """
        printed = tuple([texts[name] for name in PRINTED])
        shells = self._shells(language, printed, tuple([name for name in OPEN if texts[name]]))
        html, text = Body(), Body()
        self._set_rows(html, text, rows)
        return Forme(
            shells.html,
            shells.text,
            (tuple(html.quoted), html.size),
            (tuple(text.quoted), text.size),
            shells.holes,
        )

    def _set_rows(self, html: Body, text: Body, rows: Iterable[SetRow]) -> None:
        """Set headings with their titles, and each paper's card with why it was picked."""
        for row in rows:
            key = (id(row.picks), *row[:-1])
            found = self._rows.get(key)
            if found is None:
                found = self._set_row(row, key)
            elif not found.on_plates:
                found = self._put_on_plates(key, found)
            html.append(found.html)
            text.append(found.text)

    def _put_on_plates(self, key: RowKey, rows: RowInBoth) -> RowInBoth:
        """Keep a row for letters after the second, whose readers ask alike."""
        html, text = plated(rows.html), plated(rows.text)
        self._plate_bytes += html[1] + text[1]
        if self._plate_bytes > PLATES_BYTES:
            self._rows.clear()
            self._plate_bytes = 0
        self._rows[key] = found = RowInBoth(rows.picks, html, text, on_plates=True)
        return found

    def _set_row(self, row: SetRow, wanted: RowKey) -> RowInBoth:
        """Set one heading and its papers, and remember it: many readers have the same interests."""
        title, note, characters, picks = row
        section, (title_html, title_text) = self._section(note), set_own("title", title)
        in_html = [(section.html, title_html)]
        in_text = [(section.text, title_text)]
        for paper, _, _, reasons in picks:
            why_html, why_text = self._whys.get(reasons) or self._tell(reasons)
            # Hashing a paper's texts takes long; most are met again as the same object.
            key = (id(paper), characters, why_text is NOTHING)
            card = self._met.get(key)
            if card is None:
                card = self._meet(paper, key)
            in_html.append((card.html, why_html))
            in_text.append((card.text, why_text))
        if len(self._rows) >= ROWS_KEPT:
            self._rows.clear()
        self._rows[wanted] = found = RowInBoth(picks, filled(in_html), filled(in_text))
        return found

    def _tell(self, reasons: tuple[models.Reason, ...]) -> InBoth:
        """Encode why a paper was picked, and remember it: many readers have the same interests."""
        if len(self._whys) >= WHYS_KEPT:
            self._whys.clear()
        self._whys[reasons] = why = set_why(reasons)
        return why

    def _meet(self, paper: models.Paper, key: CardKey) -> Card:
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
        self, language: str, printed: tuple[str, ...], said: tuple[str, ...]
    ) -> Shells:
        """Set what surrounds the papers in HTML and in text, with holes for the open texts."""
        holes: dict[str, Any] = dict.fromkeys(OPEN, "") | {name: Hole(name) for name in said}
        texts = dict(zip(PRINTED, printed, strict=True))
        lines = {name: wrapped(name, text) for name, text in texts.items()}
        html = self._make_shell(self._html, LetterView(language, **texts, **holes))
        text = self._make_shell(self._text, LetterView(language, **lines, **holes))
        used = {hole for stencil in (*html, *text) for hole in stencil.holes}
        return Shells(html, text, tuple(name for name in said if name in used))

    def _make_shell(self, form: Form, letter: LetterView) -> Shell:
        papers, name = Hole("papers"), form.shell.name or ""
        values = {"letter": letter, "site": self._site, "papers": papers}
        before, _, after = render(form.shell, values).partition(str(papers))
        return Shell(make_stencil(before, name), make_stencil(after, name))

    def _make_section(self, note: str) -> Section:
        """Set a heading with its note, and a hole for its title."""
        section = SectionView(Hole("title"), Hole("note") if note else "")
        html = self._make_block(self._html, "section", {"section": section})
        text = self._make_block(self._text, "section", {"section": section})
        note_html, note_text = set_own("note", note)
        return Section(fill_in(html, {"note": note_html}), fill_in(text, {"note": note_text}))

    def _make_card(self, form: Form, paper: models.Paper, characters: int, bare: bool) -> Stencil:
        card = replace(view_card(paper, characters), why="" if bare else Hole("why"))
        return self._make_block(form, "card", {"card": card})

    def _make_block(self, form: Form, block: str, values: dict[str, object]) -> Stencil:
        values = {**form.template.globals, **values, "site": self._site}
        [rendered] = render_blocks(form.template, (block,), values)
        return make_stencil(rendered, form.template.name or file_of(block))


def set_own(name: str, text: str) -> InBoth:
    """Encode a text that is called by this name in templates."""
    return in_both(escaped(text), wrapped(name, text))


def in_both(html: str, text: str) -> InBoth:
    """Encode what is the same in both parts once."""
    piece = make_piece(text)
    return piece if html == text else make_piece(html), piece


def wrapped(name: str, text: str) -> str:
    """Wrap what is a sentence."""
    return wrap(text) if name in WRAPPED and len(text) > NEVER_WRAPPED else text


def set_why(reasons: Sequence[models.Reason]) -> InBoth:
    """Encode the reasons of one pick.

    Returns:
        NOTHING twice where nobody said why.
    """
    said = say_reasons([reason.text for reason in reasons])
    return in_both(escaped(said), wrap_why(said)) if said else (NOTHING, NOTHING)
