"""Fills words.txt: the sentences that differ from letter to letter. Decides no layout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day
from functools import lru_cache
from operator import attrgetter

import jinja2
from jinja2 import nodes

from digest import models
from digest.rendering.plain import clean, cut, isolate
from digest.rendering.templates import render_blocks
from digest.rendering.views import SiteView, fit_title

TOPICS_TOLD = 8
TOPIC_CHARACTERS = 60
NAME_CHARACTERS = 60
DAYS_KEPT = 256  # ways in which a day can differ: date, failed sources, number of papers ...
# Facts that many readers of one day have in common.
SHARED = frozenset(("slot", "date", "since", "count", "dropped", "reports", "arxiv", "archive"))
TITLES_KEPT = 4096
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
    papers = sum([len(section.picks) for section in edition.sections])
    matched = min(papers, len(shown))  # what is trending comes last and is left out first
    return Facts(
        email=clean(edition.email),
        name=isolate(cut(clean(edition.name), NAME_CHARACTERS)),
        slot=edition.slot,
        date=edition.date,
        since=edition.since,
        count=len(shown),
        matched=matched,
        considered=edition.considered,
        dropped=papers + len(edition.trending) - len(shown),
        titles=tuple([told_title(pick.paper.title) for pick in shown[:TITLES_TOLD]]),
        topics=topics_of(edition),
        reports=edition.reports,
        arxiv=any(pick.paper.id.startswith("arxiv:") for pick in shown),
        archive=archive,
    )


def topics_of(edition: models.Edition) -> tuple[str, ...]:
    """Name the interests that have papers in this letter, the first few of them."""
    names = [told_topic(section.title) for section in edition.sections if section.picks]
    return tuple(filter(None, names))[:TOPICS_TOLD]


@lru_cache(TITLES_KEPT)
def told_title(title: str) -> str:
    """Make a paper's title fit to be told; the best papers are many readers' first."""
    return isolate(fit_title(title))


@lru_cache(TITLES_KEPT)
def told_topic(name: str) -> str:
    """Make an interest's name fit to be told; many readers have the same."""
    return isolate(cut(clean(name), TOPIC_CHARACTERS))


class Wording:
    """The blocks of words.txt, ready to be spoken.

    What a block says of the day alone (its date, the sources that failed) is spoken once for all
    readers of that day.
    """

    def __init__(self, template: jinja2.Template, site: SiteView) -> None:
        self._template = template
        self._known = {**template.globals, "site": site}
        self._shared = dict(shared_blocks(template))
        used = sorted({name for names in self._shared.values() for name in names})
        self._day_of = attrgetter("date", "slot", *used)  # all that a shared block may speak of
        self._spoken: dict[object, dict[str, str]] = {}

    def say(self, block: str, facts: Facts | None = None) -> str:
        """Speak one block as one line."""
        return self._speak((block,), facts)[0]

    def say_all(self, blocks: Sequence[str], facts: Facts) -> dict[str, str]:
        """Speak several blocks, each as one line."""
        day = self._day_of(facts)
        shared = self._spoken.get(day)
        if shared is None:
            if len(self._spoken) >= DAYS_KEPT:
                self._spoken.clear()
            names = [block for block in blocks if block in self._shared]
            shared = dict(zip(names, self._speak(names, facts), strict=True))
            self._spoken[day] = shared
        own = [block for block in blocks if block not in shared]
        return {**shared, **dict(zip(own, self._speak(own, facts), strict=True))}

    def _speak(self, blocks: Sequence[str], facts: Facts | None) -> list[str]:
        values = {**self._known, "facts": facts}
        return [" ".join(text.split()) for text in render_blocks(self._template, blocks, values)]


def shared_blocks(template: jinja2.Template) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the blocks that speak of the day alone, each with the names of the facts it uses."""
    environment, name = template.environment, template.name
    assert environment.loader is not None
    assert name is not None
    tree = environment.parse(environment.loader.get_source(environment, name)[0])
    for block in tree.find_all(nodes.Block):
        used = [
            found.attr
            for found in block.find_all(nodes.Getattr)
            if isinstance(found.node, nodes.Name) and found.node.name == "facts"
        ]
        mentions = sum(1 for found in block.find_all(nodes.Name) if found.name == "facts")
        if mentions == len(used) and SHARED.issuperset(used):
            yield block.name, tuple(sorted(set(used)))
