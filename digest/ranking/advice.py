"""Warns of profiles that cannot work as their owner hopes; for `digest check`."""

from collections.abc import Iterator, Sequence

import numpy as np

from digest.identities import is_title
from digest.models import Interest, Subscriber
from digest.ranking.arrays import Counts
from digest.ranking.authors import read_name
from digest.ranking.index import Index
from digest.ranking.readers import EXCLUDED, OPERATORS, Phrase, read_phrase
from digest.ranking.tokens import term_number

ENOUGH_PAPERS = 300  # from here on a word that no paper says is worth a warning
BROAD_SHARE = 0.2  # of the archive


def profile_warnings(subscriber: Subscriber, index: Index) -> list[str]:
    """Return one sentence per doubtful entry; none for a profile that is fine.

    Args:
        index: of the archive; while it is young, unknown words are not complained about.
    """
    if not subscriber.interests:
        return ["There are no interests: the letter can only hold what is trending."]
    return [
        f"“{interest.name}”: {warning}"
        for interest in subscriber.interests
        for warning in _interest_warnings(interest, index)
    ]


def _interest_warnings(interest: Interest, index: Index) -> Iterator[str]:
    asked = (
        interest.keywords, interest.about, interest.like, interest.authors, interest.library,
    )  # fmt: skip
    if not any(asked) and not interest.categories:
        yield "asks for nothing: give it keywords, examples, authors or categories."
    for keyword in interest.keywords:
        yield from _keyword_warnings(keyword, index)
    for entry in interest.avoid:
        if not any(read_phrase(entry).words):
            yield f"“{entry}” is too short or too common a word to avoid: it bars nothing."
    for author in interest.authors:
        if not read_name(author).given:
            yield f"“{author}” is one word: every author of that surname counts."


def _keyword_warnings(keyword: str, index: Index) -> Iterator[str]:
    if EXCLUDED.match(keyword):
        yield f"“{keyword}” is taken as a thing to avoid; put it under `avoid`."
        return
    if OPERATORS.search(keyword):
        yield f"“{keyword}”: operators are not understood; give each keyword its own line."
    phrase = read_phrase(keyword)
    if not phrase.loose and not phrase.respelled:
        yield f"“{keyword}” is too short or too common a word to search for."
    elif index.papers >= ENOUGH_PAPERS:
        yield from _frequency_warnings(keyword, phrase, index)


def _frequency_warnings(keyword: str, phrase: Phrase, index: Index) -> Iterator[str]:
    loose, respelled = (_frequencies(words, index) for words in (phrase.loose, phrase.respelled))
    if not loose.any() and not respelled.any():
        yield f"“{keyword}” is in none of the {index.papers} papers seen so far."
    elif len(loose) and (loose > BROAD_SHARE * index.papers).all():
        yield f"“{keyword}” is in so many papers that it tells little; be more exact."


def _frequencies(terms: Sequence[str], index: Index) -> Counts:
    """Return how many papers hold each term."""
    places = index.places(np.array([term_number(term) for term in terms], np.uint32))
    return np.array([index.frequency[place] if place >= 0 else 0 for place in places], np.int32)


def unresolved(subscriber: Subscriber, found: frozenset[str]) -> list[str]:
    """Return one sentence per example that no paper was found for; titles stand for themselves.

    Args:
        found: the entries that were.
    """
    return [
        f"“{interest.name}”: no paper is known yet for the example “{entry}”."
        for interest in subscriber.interests
        for entry in dict.fromkeys(interest.like)
        if entry not in found and not is_title(entry)
    ]
