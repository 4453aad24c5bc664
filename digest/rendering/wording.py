"""Fills words.txt: the sentences that differ from letter to letter. Decides no layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day

import jinja2

from digest import models
from digest.rendering.plain import clean, cut, isolate
from digest.rendering.templates import render_blocks
from digest.rendering.views import SiteView, title_of

TOPICS_TOLD = 8
TOPIC_CHARACTERS = 60
NAME_CHARACTERS = 60
TITLES_TOLD = 4  # in subject and preheader


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences may speak of."""

    email: str
    name: str
    slot: str  # daily, welcome
    date: Day  # the subscriber's
    since: Day | None
    count: int  # papers in the letter
    matched: int  # of these, from the subscriber's interests
    considered: int
    dropped: int  # picked, but did not fit
    titles: tuple[str, ...]  # the first four
    topics: tuple[str, ...]  # names of the interests that have papers here
    reports: tuple[models.SourceReport, ...]  # late, partial, failed
    arxiv: bool  # a paper comes from arXiv
    archive: bool  # there are web pages that hold the rest


def facts_of(edition: models.Edition, shown: Sequence[models.Pick], *, archive: bool) -> Facts:
    """Gather the facts of one letter.

    Args:
        shown: the picks that fit into the letter, in its order.
    """
    trending = {id(pick) for pick in edition.trending}
    return Facts(
        email=clean(edition.email),
        name=isolate(cut(clean(edition.name), NAME_CHARACTERS)),
        slot=edition.slot,
        date=edition.date,
        since=edition.since,
        count=len(shown),
        matched=sum(1 for pick in shown if id(pick) not in trending),
        considered=edition.considered,
        dropped=len(edition.picks) - len(shown),
        titles=tuple(isolate(title_of(pick.paper)) for pick in shown[:TITLES_TOLD]),
        topics=topics_of(edition),
        reports=edition.reports,
        arxiv=any(identity.startswith("arxiv:") for p in shown for identity in p.paper.ids),
        archive=archive,
    )


def topics_of(edition: models.Edition) -> tuple[str, ...]:
    """Name the interests that have papers in this letter, the first few of them."""
    names = [clean(section.title) for section in edition.sections if section.picks]
    return tuple(isolate(cut(name, TOPIC_CHARACTERS)) for name in names if name)[:TOPICS_TOLD]


@dataclass(frozen=True, slots=True)
class Wording:
    """The blocks of words.txt, ready to be spoken."""

    template: jinja2.Template
    site: SiteView

    def say(self, block: str, facts: Facts | None = None) -> str:
        """Speak one block as one line."""
        return self.say_all((block,), facts)[block]

    def say_all(self, blocks: Sequence[str], facts: Facts | None) -> dict[str, str]:
        """Speak several blocks, each as one line."""
        spoken = render_blocks(self.template, blocks, {"facts": facts, "site": self.site})
        return {block: " ".join(text.split()) for block, text in zip(blocks, spoken, strict=True)}
