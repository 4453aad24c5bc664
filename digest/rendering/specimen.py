"""Composes letters of made-up papers, to try out templates before anyone gets a letter."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

from digest import models
from digest.config.schema import Site
from digest.errors import Problem, TemplateError
from digest.rendering.checks import check_letter
from digest.rendering.pages import PageKind, PastLetter, render_page
from digest.rendering.press import Press
from digest.rendering.sender import Sender
from digest.rendering.shelf import render_shelf
from digest.rendering.templates import LETTER_MJML, find_file, problem_of

SENTENCE = "This sentence stands for one of an abstract, and it is about as long as those are. "
FULL_PAPERS = 50  # the most that a subscriber can ask for
SITES = (  # one that says no more than it must, and one that says all it can
    Site(),
    Site(
        name="A site",
        base_url="https://example.org",
        help_url="https://example.org/help",
        postal_address="A street\nA town",
        operator="operator@example.org",
        reply_to="Reply <reply@example.org>",
    ),
)


def check_specimens(folders: Sequence[Path]) -> Iterator[Problem]:
    """Yield what is wrong with an ordinary, an empty and the fullest letter."""
    path = find_file(folders, LETTER_MJML)
    letters = []
    for site in SITES:
        try:
            press = Press(site, folders=folders, secret=b"specimen" * 2)
            letters += [press.compose(edition) for edition in specimens()]
        except TemplateError as error:
            yield problem_of(error, folders)
            return
    for letter in letters:
        for fault in check_letter(letter):
            yield Problem(path, 0, 0, letter.id, f"the {letter.id} letter: {fault}")


def check_pages(folders: Sequence[Path]) -> Iterator[Problem]:
    """Yield why a page that is no letter cannot be filled."""
    sender = Sender.of(SITES[-1], secret=b"")
    interest = models.Interest("An interest", keywords=("a keyword",), authors=("An Author",))
    facts = {
        "email": "reader@example.org",
        "reason": "complaint",
        "until": date(2026, 1, 19),
        "reader": models.Subscriber("reader@example.org", interests=(interest,)),
        "paused": False,
        "letters": [PastLetter(date(2026, 1, 5), "https://example.org/l")],
        "unsubscribe_url": "https://example.org/u",
    }
    made_at = datetime(2026, 1, 5, 6, tzinfo=UTC)
    entry = models.ShelfEntry("ordinary", "reader@example.org", "A subject", made_at, "1", "2")
    try:
        for kind in get_args(PageKind):
            render_page(kind, facts, sender, folders)
        render_shelf([entry], name="A site", folders=folders)
    except TemplateError as error:
        yield problem_of(error, folders)


def specimens() -> tuple[models.Edition, ...]:
    """Make the editions."""
    ordinary = models.Edition(
        id="ordinary",
        date=date(2026, 1, 5),
        slot="daily",
        email="reader@example.org",
        made_at=datetime(2026, 1, 5, 6, tzinfo=UTC),
        name="Reader",
        sections=(models.Section("An interest", tuple(map(pick, range(5)))),),
        trending=(pick(5),),
        reports=(models.SourceReport("A source", models.SourceState.FAILED),),
        considered=500,
    )
    full = models.Section("An interest", tuple(map(pick, range(FULL_PAPERS))))
    return (
        ordinary,
        replace(ordinary, id="fullest", sections=(full,)),
        replace(ordinary, id="empty", sections=(), trending=()),
        replace(ordinary, id="welcome", slot="welcome"),
        replace(ordinary, id="late", since=date(2026, 1, 2)),
        replace(ordinary, id="nameless", name=""),
    )


def pick(number: int) -> models.Pick:
    """Make one paper that has everything a paper can have."""
    paper = models.Paper(
        ids=(f"arxiv:2601.{number:05}",),
        title=f"Paper {number}: a title < of & usual length with “quotes”",
        authors=("First Author", "Second Author", "Third Author", "Fourth Author"),
        abstract=SENTENCE * 14,
        url=f"https://example.org/{number}?a=1&b=2",
        published=datetime(2026, 1, 4, tzinfo=UTC),
        categories=("cs.CL",),
        venue="arXiv",
        signals=models.Signals(upvotes=7, code_url="https://example.org/code", github_stars=9),
    )
    reason = models.Reason("keyword", "matches “title”")
    return models.Pick(paper, "An interest", 2.0, (reason,))
