"""Reads profiles: what an interest asks for in words, examples, names and things to avoid."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import attrgetter

from digest.identities import is_title
from digest.models import Interest, Paper, Subscriber
from digest.ranking.spellings import Spelling, new_terms, spellings
from digest.ranking.tokens import PREFIXES, pairs, term_number, weighty_words, words

QUOTED = re.compile(r'["“„«](.+?)["”“»]')
EXCLUDED = re.compile(r"^\s*(?:-|NOT\s+)(?=\w)")
# All that an interest asks for: two that differ in nothing else are one to ranking.
ASKED = attrgetter(*(f.name for f in fields(Interest) if f.name not in ("name", "weight")))
PARTED = re.compile(rf"\b({'|'.join(PREFIXES)}) (?=[a-z]{{3}})(?!and )", re.IGNORECASE)
OPERATORS = re.compile(r"\b(?:AND|OR)\b|[*()]")
PHRASES_KEPT = 20_000  # about 10 MB: many readers have some keywords in common


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber with what the archive knows of them."""

    subscriber: Subscriber
    examples: Mapping[str, Paper] = field(default_factory=dict)  # by the profile's entry
    told: frozenset[str] = frozenset()  # identities of papers already sent
    owned: frozenset[str] = frozenset()  # names of the papers in their libraries

    @property
    def known(self) -> frozenset[str]:
        """The names of papers that are no news: sent, owned, or named by the profile itself."""
        if not self.examples and not self.owned:
            return self.told
        interests = self.subscriber.interests
        named = [entry for interest in interests for entry in interest.like]
        named += [e for i in interests for e in i.avoid if _is_paper(e, self.examples)]
        papers = [self.examples[entry] for entry in named if entry in self.examples]
        return self.told.union(self.owned, *(paper.names for paper in papers))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One keyword as it is looked for."""

    entry: str  # as the profile says it
    words: tuple[str, ...]  # "" where a stop word stands
    said: tuple[Spelling, ...]  # the spellings, one of which a paper must say word for word
    quoted: bool  # only the words side by side count
    weighty: tuple[str, ...]  # `words` without small ones of other languages
    respelled: tuple[str, ...]  # terms of other spellings

    @property
    def loose(self) -> list[str]:
        """The words that count one by one: no number beside others, such as the 19 of COVID-19."""
        known = [word for word in self.weighty if word] or [word for word in self.words if word]
        return [word for word in known if not word.isdecimal()] or known


@dataclass(frozen=True, slots=True)
class Wish:
    """What one interest asks for, cut into the parts that ranking works on."""

    interest: Interest
    phrases: tuple[Phrase, ...]
    about: tuple[str, ...]  # the words of the free text
    liked: tuple[tuple[str, Paper], ...]  # (entry, paper)
    disliked: tuple[Paper, ...]
    avoided: tuple[Phrase, ...]  # a paper that says one of these is out

    @property
    def terms(self) -> dict[int, float]:
        """The query: how often each term is asked for, by its number."""
        found: dict[int, float] = {}
        for term in self._asked():
            number = term_number(term)
            found[number] = found.get(number, 0.0) + 1.0
        return found

    def _asked(self) -> Iterator[str]:
        for phrase in self.phrases:
            yield from phrase.respelled
            bound = pairs(phrase.words)
            if phrase.quoted and bound:
                yield from bound
                continue
            yield from phrase.loose
            yield from (pair for pair in bound if any(map(str.isdecimal, pair.split())))
        yield from filter(None, self.about)

    @property
    def strict(self) -> bool:
        """Whether only quoted phrases are asked for."""
        quoted = bool(self.phrases) and all(phrase.quoted for phrase in self.phrases)
        return quoted and not self.about and not self.liked

    @property
    def text(self) -> str:
        """The words as one text for an embedding, "" where there are none."""
        return ", ".join((*(p.entry for p in self.phrases), self.interest.about)).strip(", ")


def read_wish(interest: Interest, examples: Mapping[str, Paper]) -> Wish:
    """Return what an interest asks for; entries that resolve to no paper are left out.

    Args:
        examples: the papers that it names, by its entries.
    """
    liked = {examples[e].id: (e, examples[e]) for e in interest.like if e in examples}
    return Wish(
        interest=interest,
        phrases=tuple(p for p in map(read_phrase, _wanted(interest)) if any(p.words)),
        about=tuple(weighty_words(interest.about)),
        liked=tuple(liked.values()),
        disliked=tuple(examples[e] for e in interest.avoid if _is_paper(e, examples)),
        avoided=tuple(_avoided(interest, examples)),
    )


def sameness(interest: Interest, examples: Mapping[str, Paper]) -> object:
    """Return a value that is equal for interests that ask for the same, whatever their name."""
    named = (*interest.like, *interest.avoid)
    papers = tuple(examples[entry].id if entry in examples else "" for entry in named)
    return ASKED(interest), papers


@lru_cache(PHRASES_KEPT)
def read_phrase(entry: str) -> Phrase:
    """Cut one keyword into words; quotes bind, other search operators are dropped."""
    quoted = QUOTED.search(entry)
    text = quoted.group(1) if quoted else OPERATORS.sub(" ", entry)
    text = PARTED.sub(r"\1-", text)  # non linear; papers hardly ever spell it so
    own, *others = said = spellings(text)
    return Phrase(
        entry.strip(' "“”„«»'),
        tuple(words(text)),
        said,
        bool(quoted),
        tuple(weighty_words(text)),
        tuple(dict.fromkeys(new_terms(own, others))),
    )


def excluded(keyword: str) -> str:
    """Return what `-word` or `NOT word` excludes, "" for any other keyword."""
    match = EXCLUDED.match(keyword)
    return keyword[match.end() :].strip() if match else ""


def _is_paper(entry: str, examples: Mapping[str, Paper]) -> bool:
    """Tell whether something to avoid is a paper by its id; words stay words, also as titles."""
    paper = examples.get(entry)
    return paper is not None and not is_title(entry) and paper.title != entry


def _wanted(interest: Interest) -> list[str]:
    return [keyword for keyword in interest.keywords if not excluded(keyword)]


def _avoided(interest: Interest, examples: Mapping[str, Paper]) -> Iterator[Phrase]:
    named = [entry for entry in interest.avoid if not _is_paper(entry, examples)]
    for entry in (*named, *filter(None, map(excluded, interest.keywords))):
        phrase = read_phrase(entry)
        if any(phrase.words):
            yield phrase
