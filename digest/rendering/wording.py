"""Fills words.txt: the sentences that differ from letter to letter. Decides no layout."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
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
INTEREST = attrgetter("interest")
FACT = re.compile("\x00hOle ([0-9]+)(?: cut ([0-9]+))?\x00")  # and how long its text may be
OF_READERS = ("email", "name")  # the first holes
OWN_FACT = re.compile("\x00hOle [01](?: cut [0-9]+)?\x00")
UNCUT = sys.maxsize
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
    titles: tuple[str, ...]  # the first four, each once
    topics: tuple[str, ...]  # names of the interests that have papers here
    reports: tuple[models.SourceReport, ...]  # late, partial, failed
    arxiv: bool  # a paper comes from arXiv
    archive: bool  # there are web pages that hold the rest


# The facts that many readers have in common: all but those that holes stand for.
HOLED = (*OF_READERS, "titles", "topics")
SHARED = attrgetter(*[field.name for field in fields(Facts) if field.name not in HOLED])


def facts_of(edition: models.Edition, layout: Layout, *, archive: bool) -> Facts:
    """Gather the facts of one letter.

    Args:
        layout: what fits into the letter.
    """
    shown = layout.picks
    papers = sum(len(section.picks) for section in edition.sections)
    return Facts(
        email=clean(edition.email),
        name=told_name(edition.name),
        slot=edition.slot,
        date=edition.date,
        since=edition.since,
        count=len(shown),
        matched=min(papers, len(shown)),  # what is trending comes last and is left out first
        considered=edition.considered,
        dropped=papers + len(edition.trending) - len(shown),
        titles=tuple(dict.fromkeys([told_title(p.paper.title) for p in shown[:TITLES_TOLD]])),
        topics=topics_of(edition.sections),
        reports=edition.reports,
        arxiv=any(pick.paper.ids[0].startswith("arxiv:") for pick in shown),
        archive=archive,
    )


def told_name(name: str) -> str:
    """Make a reader's name fit to be told."""
    return isolate(cut(clean(name), NAME_CHARACTERS))


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

    whole: dict[str, str]  # by their blocks; those with holes as they are before `filled`
    holed: list[str]  # blocks
    first: str  # what stands before the first hole
    later: list[tuple[int, int, str]]  # number of the hole, its most characters, what follows it
    own: frozenset[str]  # blocks that speak of their reader

    def filled(self, told: Sequence[str]) -> dict[str, str]:
        """Return the sentences with holes, filled with what their numbers stand for."""
        text = self.first + "".join([cut(told[n], most) + after for n, most, after in self.later])
        # A single empty line where no sentence has a hole.
        return dict(zip(self.holed, text.split("\n"), strict=False))

    def to_others(self, told: Sequence[str]) -> "Spoken":
        """Return what others are told of the same papers, with holes for the reader's own alone."""
        text = self.first
        for n, most, after in self.later:
            own = n < len(OF_READERS)
            text += (str(Hole(str(n)).cut(most)) if own else cut(told[n], most)) + after
        return parted(self.whole | dict(zip(self.holed, text.split("\n"), strict=False)))


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

    def say_all(self, blocks: Sequence[str], facts: Facts) -> Spoken:
        """Speak several blocks, each as one line, with holes for `told_of` these facts.

        Raises:
            TemplateError: a filter has changed a hole, so that it can no longer be found.
        """
        key = (blocks, SHARED(facts), bool(facts.name), len(facts.titles), len(facts.topics))
        spoken = self._spoken.get(key)
        if spoken is None:
            if len(self._spoken) >= SPOKEN_KEPT:
                self._spoken.clear()
            texts = self._speak(blocks, with_holes(facts))
            self._spoken[key] = spoken = parted(dict(zip(blocks, texts, strict=True)))
        return spoken

    def _speak(self, blocks: Sequence[str], facts: Facts | None) -> list[str]:
        values = {**self._known, "facts": facts}
        return [" ".join(text.split()) for text in render_blocks(self._template, blocks, values)]


def told_of(facts: Facts) -> tuple[str, ...]:
    """Return what the holes stand for, in their order: the reader's own, titles, topics."""
    return (facts.email, facts.name, *facts.titles, *facts.topics)


def with_holes(facts: Facts) -> Facts:
    """Put numbered holes in place of what `told_of` returns."""
    email, name, *rest = [Hole(str(n)) for n in range(len(told_of(facts)))]
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
    own = (block for block in holed if OWN_FACT.search(sentences[block]))
    return Spoken(sentences, holed, first, later, frozenset(own))
