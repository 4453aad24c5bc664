"""Composes letters: an edition in, the bytes of its message out. The room's one door for others.

What is slow is done once: templates are compiled when the press is set up, a paper's card is
rendered and encoded when it is first met. A letter is a join of such pieces, and the same edition
always gives the same bytes.
"""

from collections.abc import Hashable, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest import models
from digest.config.schema import Dkim, Site
from digest.memo import Memo
from digest.rendering.envelope import Sealer
from digest.rendering.layout import (
    HTML_BUDGET_BYTES,
    Layout,
    Row,
    lay_out,
    shortened,
)
from digest.rendering.plain import clean, cut, isolate
from digest.rendering.sender import Links, Sender
from digest.rendering.templates import load_templates, naming_files
from digest.rendering.typesetting import OPEN, Forme, SetRow, Typesetter
from digest.rendering.views import SENTENCES, SiteView
from digest.rendering.wording import Spoken, Wording, facts_of, told_name, told_of

if TYPE_CHECKING:
    from digest.rendering.dkim import Signer

HEADING_CHARACTERS = 120
MATTERS_KEPT = 500  # some 2 kB each, without what is kept for others
KEPT_BYTES = 24 << 20  # of what is kept for others
# Of an edition, what is told elsewhere in the key of a letter, or in no letter. All else tells its
# kind apart: nobody gets what was set for a letter of another kind.
NO_KIND = frozenset(
    ("id", "email", "made_at", "name", "timezone", "sections", "trending", "reports")
)
KIND = attrgetter(*[field.name for field in fields(models.Edition) if field.name not in NO_KIND])
OWN_LINKS = ("unsubscribe_url", "preferences_url", "browser_url")  # in the order of `Links`

Settings = dict[Hashable, tuple[Spoken, Forme] | None]  # None: one letter was set so far


class Made(NamedTuple):
    """One letter while it is made."""

    spoken: Spoken
    told: tuple[str, ...]
    texts: dict[str, str]
    forme: Forme

    @property
    def is_shared(self) -> bool:
        """Whether nothing of the reader's own was printed for good."""
        return self.spoken.own <= frozenset(OPEN)


class Matter:
    """What letters that tell the same papers have in common, and the same of missing sources."""

    def __init__(
        self,
        sections: tuple[models.Section, ...],
        trending: tuple[models.Pick, ...],
        _reports: tuple[models.SourceReport, ...],
    ) -> None:
        self.layout = lay_out(sections, trending)
        self.settings: Settings = {}  # by the number of the layout and the kind of letter
        self.too_long: dict[Hashable, int] = {}  # layouts, whatever the reader's own texts


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
        unsubscribe_address: str = "",
        html_budget: int = HTML_BUDGET_BYTES,
    ) -> None:
        """Compile the templates.

        Args:
            folders: where templates lie; the operator's own first, the shipped ones last.
            secret: the installation's own, at least 16 random bytes; the same on every run.
            bounce_address: `b@example.org` makes the envelope sender b+<edition id>@example.org.
            unsubscribe_address: takes the mails that unsubscribe; "": the operator does.
            html_budget: bytes that the HTML may have; papers are left out beyond it.

        Raises:
            TemplateError: a template or the DKIM key cannot be used.
        """
        self.templates, self._folders = load_templates(folders), folders
        self._budget = html_budget
        self.sender = Sender.of(site, secret=secret, unsubscribe_to=unsubscribe_address)
        self.site = view_site(site, self.sender)
        self.wording = Wording(self.templates.words, self.site)
        self._sealer = Sealer(self.sender, open_signer(dkim) if dkim else None, bounce_address)
        self._typesetter = Typesetter(self.templates, self.site)
        self._say = lru_cache(16)(self.wording.say)
        self._matter, self._kept_bytes = Memo(MATTERS_KEPT, Matter), 0
        # Without web pages, all readers change their interests by a mail to the same address.
        self._own_links = OWN_LINKS if self.sender.base_url else OWN_LINKS[:1]

    def compose(self, edition: models.Edition) -> models.Letter:
        """Compose the letter of one edition; `html` and `text` of the result stay empty.

        Raises:
            TemplateError: a template uses a name that does not exist.
        """
        links = self.sender.links(edition)
        own = (clean(edition.email), told_name(edition.name))
        matter = self._matter(edition.sections, edition.trending, edition.reports)
        kind = (bool(own[1]), *KIND(edition))
        too_long = matter.too_long.get(kind, 0)
        for number, layout in islice(enumerate(shortened(matter.layout)), too_long, None):
            matter.too_long[kind] = too_long  # now that there is a shorter one
            setting = matter.settings.get((number, kind))
            if setting is None:
                made = self._set(edition, layout, links)
                texts, forme = made.texts, made.forme
            else:
                spoken, forme = setting
                texts = spoken.whole | spoken.filled(own) | told_links(links)
            parts = forme.fill(texts)
            if parts.html.size <= self._budget:
                break
            shared = setting is not None or made.is_shared
            if shared and number == too_long and forme.html_size > self._budget:
                too_long += 1
        if setting is None:
            self._keep(matter.settings, (number, kind), made)
        return self._sealer.seal(edition, texts["subject"], parts, links)

    def _set(self, edition: models.Edition, layout: Layout, links: Links) -> "Made":
        with naming_files(self._folders):
            spoken, told = self._speak(edition, layout)
            texts = spoken.whole | spoken.filled(told) | told_links(links)
            forme = self._typesetter.set_letter(edition.language, texts, self.rows(layout))
        return Made(spoken, told, texts, forme)

    def _keep(self, settings: "Settings", wanted: Hashable, made: "Made") -> None:
        """Keep what the second letter of its kind shares with others.

        Not that of the first: most readers who have interests of their own are told what nobody
        else is.
        """
        again = wanted in settings
        settings[wanted] = None
        if not again or not made.is_shared:
            return
        others = made.spoken.to_others(made.told)
        forme = made.forme.to_others(made.texts, (*others.holed, *self._own_links))
        settings[wanted] = others, forme
        self._kept_bytes += forme.kept_bytes
        if self._kept_bytes > KEPT_BYTES:
            self._matter, self._kept_bytes = Memo(MATTERS_KEPT, Matter), 0

    def _speak(self, edition: models.Edition, layout: Layout) -> tuple[Spoken, tuple[str, ...]]:
        facts = facts_of(edition, layout, archive=bool(self.sender.base_url))
        return self.wording.say_all(SENTENCES, facts), told_of(facts)

    def rows(self, layout: Layout) -> list[SetRow]:
        """Name each row and say how long its abstracts may be."""
        return [
            SetRow(*self._heading(row), layout.characters(row), row.picks) for row in layout.rows
        ]

    def _heading(self, row: Row) -> tuple[str, str]:
        if row.trending:
            return self._say("trending_title"), self._say("trending_note")
        papers = len(row.picks)
        count = f"{papers} paper" if papers == 1 else f"{papers} papers"
        return short_title(row.title) or self._say("untitled"), count


def told_links(links: Links) -> dict[str, str]:
    """Call the links by the names that templates use."""
    return dict(zip(OWN_LINKS, links, strict=False))


def short_title(title: str) -> str:
    """Make an interest's name fit for a heading."""
    return isolate(cut(clean(title), HEADING_CHARACTERS))


def open_signer(dkim: Dkim) -> "Signer":
    """Load the key that signs letters."""
    from digest.rendering.dkim import load_signer  # most relays sign themselves

    return load_signer(dkim.domain, dkim.selector, Path(dkim.key_file))


def view_site(site: Site, sender: Sender) -> SiteView:
    """Put in words who sends the letters."""
    lines = tuple(filter(None, map(clean, site.postal_address.splitlines())))
    return SiteView(isolate(clean(site.name)), sender.address, lines, site.help_url)
