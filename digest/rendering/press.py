"""Composes letters: an edition in, the bytes of its message out. The room's one door for others.

What is slow is done once: templates are compiled when the press is set up, a paper's card is
rendered and encoded when it is first met. A letter is a join of such pieces, and the same edition
always gives the same bytes.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from digest import models
from digest.config.schema import Dkim, Site
from digest.rendering.dkim import load_signer
from digest.rendering.envelope import Parts, Sealer
from digest.rendering.layout import (
    HTML_BUDGET_BYTES,
    TEXT_CHARACTERS,
    Layout,
    lay_out,
    shortened,
)
from digest.rendering.plain import TEXT_COLUMNS, clean, cut, isolate
from digest.rendering.sender import Links, Sender
from digest.rendering.stencil import NOTHING, html_piece, plain_piece
from digest.rendering.templates import Templates, load_templates
from digest.rendering.typesetting import Form, SetCard, SetRow, Typesetter
from digest.rendering.views import WHY_FIRST, LetterView, SiteView, say_reasons, wrap_why, wrapped
from digest.rendering.wording import Wording, facts_of

HEADING_CHARACTERS = 120
MARKUP = re.compile("[&<>\"']")
WHY_NEVER_WRAPPED = (TEXT_COLUMNS - WHY_FIRST) // 2  # even if every character were two columns wide
SENTENCES = (
    "subject", "preheader", "date", "label", "greeting",
    "welcome", "more", "notes", "because", "thanks",
)  # fmt: skip


class Press:
    """One installation's templates and names, ready to compose any number of letters."""

    def __init__(
        self,
        site: Site,
        *,
        folders: Sequence[Path],
        secret: bytes,
        dkim: Dkim | None = None,
        bounce_address: str = "",
        key_version: int = 1,
    ) -> None:
        """Compile the templates.

        Args:
            folders: where templates lie; the operator's own first, the shipped ones last.
            secret: the installation's own, at least 16 random bytes; the same on every run.
            bounce_address: `b@example.org` makes the envelope sender b+<edition id>@example.org.
            key_version: the number of this secret in the tokens of links.

        Raises:
            TemplateError: a template or the DKIM key cannot be used.
        """
        self.templates = load_templates(folders)
        self.sender = Sender.of(site, secret=secret, version=key_version)
        self.site = view_site(site, self.sender)
        self.wording = Wording(self.templates.words, self.site)
        signer = load_signer(dkim.domain, dkim.selector, Path(dkim.key_file)) if dkim else None
        self._sealer = Sealer(self.sender, signer, bounce_address)
        self._html, self._text = typesetters(self.templates, self.site)
        self._say = lru_cache(16)(self.wording.say)

    def compose(self, edition: models.Edition) -> models.Letter:
        """Compose the letter of one edition; `html` and `text` of the result stay empty.

        Raises:
            TemplateError: a template uses a name that does not exist.
        """
        links = self.sender.links(edition)
        for layout in shortened(lay_out(edition)):
            letter, rows = self.view_letter(edition, layout, links), self.html_rows(layout)
            html = self._html.set_part(letter, rows)
            if html.size <= HTML_BUDGET_BYTES:
                break
        text = self._text.set_part(wrapped(letter), self.text_rows(rows))
        return self._sealer.seal(edition, letter.subject, Parts(text, html), links)

    def view_letter(
        self, edition: models.Edition, layout: Layout, links: Links | None = None
    ) -> LetterView:
        """Put in words what stands around the papers."""
        archive = bool(self.sender.base_url)
        facts = facts_of(edition, layout.picks, archive=archive)
        links = links or self.sender.links(edition)
        return LetterView(
            language=edition.language,
            **self.wording.say_all(SENTENCES, facts),
            unsubscribe_url=links.unsubscribe,
            preferences_url=links.settings,
            browser_url=links.browser,
        )

    def html_rows(self, layout: Layout) -> list[SetRow]:
        """Name each row and give each paper its reason and the length of its abstract."""
        rows = []
        for row in layout.rows:
            title, note = self._heading(row.title, len(row.picks), row.trending)
            characters = layout.characters(row)
            cards = [html_card(pick, characters) for pick in row.picks]
            rows.append(SetRow(title, note, tuple(cards)))
        return rows

    def text_rows(self, html_rows: list[SetRow]) -> list[SetRow]:
        """Do the same for the text part, whose abstracts are whole."""
        return [SetRow(r.title, r.note, tuple(map(text_card, r.cards))) for r in html_rows]

    def _heading(self, title: str, papers: int, trending: bool) -> tuple[str, str]:
        if trending:
            return self._say("trending_title"), self._say("trending_note")
        count = f"{papers} paper" if papers == 1 else f"{papers} papers"
        return isolate(cut(clean(title), HEADING_CHARACTERS)) or self._say("untitled"), count


def html_card(pick: models.Pick, characters: int) -> SetCard:
    """Give a paper its reason, encoded for the HTML part."""
    why = say_reasons(pick.reasons)
    return SetCard(pick.paper, characters, why, html_piece(why) if why else NOTHING)


def text_card(card: SetCard) -> SetCard:
    """Turn a paper of the HTML part into one of the text part."""
    paper, _, html_why, piece = card
    why = wrap_why(html_why) if len(html_why) > WHY_NEVER_WRAPPED else html_why
    # Most reasons hold nothing to wrap and nothing to escape: both parts share their bytes.
    if why is not html_why or MARKUP.search(why):
        piece = plain_piece(why)
    return SetCard(paper, TEXT_CHARACTERS, why, piece)


def view_site(site: Site, sender: Sender) -> SiteView:
    """Put in words who sends the letters."""
    lines = tuple(filter(None, map(clean, site.postal_address.splitlines())))
    return SiteView(isolate(clean(site.name)), sender.address, lines, site.help_url)


def typesetters(templates: Templates, site: SiteView) -> tuple[Typesetter, Typesetter]:
    """Make the typesetters of the HTML part and of the text part."""
    html = Form(templates.html, templates.html_shell, html_piece)
    text = Form(templates.text, templates.text_shell, plain_piece)
    return Typesetter(html, site), Typesetter(text, site)
