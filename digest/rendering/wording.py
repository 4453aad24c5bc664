"""Fills words.txt: the sentences that differ from letter to letter. Decides no layout."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Day
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import jinja2

from digest import models
from digest.errors import TemplateError
from digest.rendering.layout import Layout
from digest.rendering.plain import clean, cut, isolate
from digest.rendering.stencil import CHANGED, Hole
from digest.rendering.templates import WORDS, render_blocks
from digest.rendering.views import SiteView, fit_title

TOPICS_TOLD = 8
TOPIC_CHARACTERS = 60
NAME_CHARACTERS = 60
SPOKEN_KEPT = 1024  # ways in which letters differ beside their holes; about 2 kB each
# The facts that many readers have in common.
SHARED = attrgetter(
    "slot", "date", "since", "count", "matched", "considered", "dropped", "reports", "arxiv",
    "archive",
)  # fmt: skip
INTEREST = attrgetter("interest")
FACT = re.compile("\x00hOle ([0-9]+)(?: cut ([0-9]+))?\x00")  # and how long its text may be
UNCUT = sys.maxsize
TITLES_KEPT = 4096
TITLES_TOLD = 4  # in subject and preheader


@dataclass(slots=True)  # a frozen one takes seven times as long to make, and each letter makes one
class Facts:
    """What the sentences may speak of; never changed."""

    email: str
    name: str
    slot: str  # daily, welcome
    date: Day  # the subscriber's
    since: Day | None
    count: int  # papers in the letter
    matched: int  # of these, from the subscriber's interests
    considered: int
    dropped: int  # picked, but did not fit
    titles: tuple[str, ...]  # the first four, each once
    topics: tuple[str, ...]  # names of the interests that have papers here
    reports: tuple[models.SourceReport, ...]  # late, partial, failed
    arxiv: bool  # a paper comes from arXiv
    archive: bool  # there are web pages that hold the rest


class Gist(NamedTuple):
    """The facts of a letter that its papers are, named as in `Facts`."""

    shown: int  # papers in the letter, `count` in `Facts`
    matched: int
    dropped: int
    titles: tuple[str, ...]
    topics: tuple[str, ...]
    arxiv: bool


def gist_of(
    sections: Sequence[models.Section], trending: Sequence[models.Pick], layout: Layout
) -> Gist:
    """Gather what is to be said of a letter's papers.

    Args:
        sections: all that was chosen, as `trending` is.
        layout: what fits into the letter.
    """
    shown = layout.picks
    papers = sum([len(section.picks) for section in sections])
    return Gist(
        shown=len(shown),
        matched=min(papers, len(shown)),  # what is trending comes last and is left out first
        dropped=papers + len(trending) - len(shown),
        titles=tuple(dict.fromkeys([told_title(p.paper.title) for p in shown[:TITLES_TOLD]])),
        topics=topics_of(sections),
        arxiv=any(pick.paper.ids[0].startswith("arxiv:") for pick in shown),
    )


def facts_of(edition: models.Edition, gist: Gist, *, archive: bool) -> Facts:
    """Gather the facts of one letter."""
    count, matched, dropped, titles, topics, arxiv = gist
    return Facts(
        email=clean(edition.email),
        name=isolate(cut(clean(edition.name), NAME_CHARACTERS)),
        slot=edition.slot,
        date=edition.date,
        since=edition.since,
        count=count,
        matched=matched,
        considered=edition.considered,
        dropped=dropped,
        titles=titles,
        topics=topics,
        reports=edition.reports,
        arxiv=arxiv,
        archive=archive,
    )


def topics_of(sections: Sequence[models.Section]) -> tuple[str, ...]:
    """Name the interests that have papers in this letter, the first few of them."""
    asked = [s.title for s in sections if any(map(INTEREST, s.picks))]
    return tuple(filter(None, map(told_topic, asked)))[:TOPICS_TOLD]


@lru_cache(TITLES_KEPT)
def told_title(title: str) -> str:
    """Make a paper's title fit to be told; the best papers are many readers' first."""
    return isolate(fit_title(title))


@lru_cache(TITLES_KEPT)
def told_topic(name: str) -> str:
    """Make an interest's name fit to be told."""
    return isolate(cut(clean(name), TOPIC_CHARACTERS))


class Spoken(NamedTuple):
    """Sentences filled by Jinja, those with holes on lines of one text, so that they are filled in
    one go."""

    whole: dict[str, str]  # by their blocks; "" for those with holes
    holed: list[str]  # blocks
    first: str  # what stands before the first hole
    later: list[tuple[int, int, str]]  # number of the hole, its most characters, what follows it


class Wording:
    """The blocks of words.txt, ready to be spoken.

    What differs in nearly every letter (who reads it, titles, topics) is a hole while Jinja fills a
    block, so that this happens once for all readers whose other facts are the same.
    """

    def __init__(self, template: jinja2.Template, site: SiteView) -> None:
        self._template = template
        self._known = {**template.globals, "site": site}
        self._spoken: dict[object, Spoken] = {}

    def say(self, block: str) -> str:
        """Speak one block that needs no facts."""
        return self._speak((block,), None)[0]

    def say_all(self, blocks: Sequence[str], facts: Facts) -> dict[str, str]:
        """Speak several blocks, each as one line."""
        key = (blocks, SHARED(facts), bool(facts.name), len(facts.titles), len(facts.topics))
        spoken = self._spoken.get(key)
        if spoken is None:
            if len(self._spoken) >= SPOKEN_KEPT:
                self._spoken.clear()
            texts = self._speak(blocks, with_holes(facts))
            self._spoken[key] = spoken = parted(dict(zip(blocks, texts, strict=True)))
        own = (facts.email, facts.name, *facts.titles, *facts.topics)
        told = spoken.first + "".join(
            [cut(own[n], most) + after for n, most, after in spoken.later]
        )
        lines = told.split("\n")  # a single empty one where no sentence has a hole
        return spoken.whole | dict(zip(spoken.holed, lines, strict=False))

    def _speak(self, blocks: Sequence[str], facts: Facts | None) -> list[str]:
        values = {**self._known, "facts": facts}
        return [" ".join(text.split()) for text in render_blocks(self._template, blocks, values)]


def with_holes(facts: Facts) -> Facts:
    """Put numbered holes in place of address, name, titles and topics, in this order."""
    email, name, *rest = [Hole(str(n)) for n in range(2 + len(facts.titles) + len(facts.topics))]
    holes: dict[str, Any] = {
        "email": email,
        "name": name if facts.name else "",
        "titles": tuple(rest[: len(facts.titles)]),
        "topics": tuple(rest[len(facts.titles) :]),
    }
    return replace(facts, **holes)


def parted(sentences: dict[str, str]) -> Spoken:
    """Part sentences at their holes.

    Raises:
        TemplateError: a filter has changed a hole, so that it can no longer be found.
    """
    holed = [block for block, text in sentences.items() if "\x00" in text]
    first, *rest = FACT.split("\n".join([sentences[block] for block in holed]))
    if any("\x00" in part for part in (first, *rest[2::3])):
        raise TemplateError(WORDS, 0, CHANGED)
    holes = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    later = [(int(n), int(limit or UNCUT), after) for n, limit, after in holes]
    return Spoken(sentences | dict.fromkeys(holed, ""), holed, first, later)
