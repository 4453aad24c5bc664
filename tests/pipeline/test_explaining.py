"""A letter is explained by the days that it was chosen from."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.models import (
    NEWS,
    Collected,
    Edition,
    Paper,
    Pick,
    Section,
    SourceMemory,
    SourceReport,
    SourceState,
)
from digest.papers import merge_papers
from digest.pipeline.explaining import explain, letter_window
from digest.pipeline.run import Run
from digest.state.archive import EXAMPLES, Archive
from tests.pipeline.conftest import NOW


def test_days_without_a_letter_are_among_those_of_the_next(run: Run) -> None:
    """However many were skipped, its papers are those since the last letter that was made."""
    person = run.config.subscribers[0]
    for ago in range(13, -1, -1):
        made = NOW - timedelta(days=ago)
        edition = Edition(f"{ago:024}", made.date(), "daily", person.email, made)
        if ago in (13, 0):
            run.outbox.freeze([edition], made)
        else:
            run.outbox.skip([edition], made)
    assert letter_window(run, person)[:2] == (NOW, NOW - timedelta(days=13))


def test_what_a_letter_holds_was_picked_whatever_would_be_today(run: Run) -> None:
    """The archive grows after a letter, profiles change: what was sent stays as it was."""
    person = run.config.subscribers[0]
    pool = Archive(run.database).listed_since(NOW - timedelta(days=1))
    paper = next(one for one in pool if "attention" not in one.abstract + one.title)
    picks = (Pick(paper, "attention", 1.0),)
    letter = Edition("0" * 24, NOW.date(), "daily", person.email, NOW)
    run.outbox.freeze([replace(letter, sections=(Section("attention", picks),))], NOW)
    found = explain(run, person, paper.id)
    assert found is not None
    assert (found.picked, found.verdict) == (True, "Picked: number 1 of “attention”.")


def test_a_paper_of_a_skipped_day_is_explained(run: Run) -> None:
    """It came after the last letter, and who got none asks why."""
    person = run.config.subscribers[0]
    before = NOW - timedelta(days=1)
    run.outbox.freeze([Edition("0" * 24, before.date(), "daily", person.email, before)], before)
    run.outbox.skip([Edition("1" * 24, NOW.date(), "daily", person.email, NOW)], NOW)
    paper = Archive(run.database).listed_since(before)[0]
    found = explain(run, person, paper.id)
    assert found is not None
    assert found.interests


def test_why_letters_may_not_choose_a_paper(run: Run) -> None:
    """It is one of three things, and which one is said."""
    old = Paper(("doi:10.1000/old",), "A paper of last month", published=NOW - timedelta(days=30))
    newest = Paper(("doi:10.1000/new",), "A paper of today", published=NOW)
    news = Paper(("doi:10.1000/news",), "A prize", published=NOW, categories=(NEWS,))
    liked = Paper(("doi:10.1000/liked",), "A paper that somebody liked", sources=(EXAMPLES,))
    report = SourceReport("Journal", SourceState.FRESH)
    first = Collected(report, (old, newest, news), SourceMemory(), first=True)
    archive = Archive(run.database)
    archive.store([first], NOW, merge_papers)
    archive.add([liked], NOW, merge_papers)
    whys = {old: "a week older", news: "a journal publishes", liked: "reader names it"}
    for paper, why in whys.items():
        with pytest.raises(KeyError, match=why):
            explain(run, run.config.subscribers[0], paper.id)
