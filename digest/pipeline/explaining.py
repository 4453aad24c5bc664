"""The case of one reader and one letter, laid out again as ranking saw it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from digest.models import NEWS, UNSENT, Due, Edition, Paper, Subscriber
from digest.pipeline.agenda import window_start
from digest.pipeline.desk import open_desk
from digest.pipeline.indexing import present_index
from digest.pipeline.profiles import make_cases
from digest.pipeline.run import Run
from digest.ranking.explaining import Explanation, explain_paper
from digest.ranking.ranker import Ranking
from digest.state.archive import Archive, was_example

DAYS_LOOKED_BACK = 400  # for the last letters: many days may have been skipped


class SeveralError(LookupError):
    """Words that several papers have in their titles."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        super().__init__(f"{len(papers)} papers")
        self.papers = papers


def explain(run: Run, person: Subscriber, wanted: str) -> Explanation | None:
    """Explain a paper in the newest letter of a reader, or in the one that would be made now.

    Args:
        wanted: the paper's id, DOI, link or title, or words that no other candidate's title has;
            where no candidate has them, no other paper's.

    Returns:
        None where the archive does not hold the paper.

    Raises:
        KeyError: the paper was no candidate for that letter; the message says why.
        SeveralError: more than one paper was meant.
    """
    archive = Archive(run.database)
    now, start, edition = letter_window(run, person)
    pool = candidates(archive, start, now)
    paper = archive.find(wanted) or only_one(
        meant(pool, wanted) or meant(list(archive.all_papers()), wanted)
    )
    if paper is None:
        return None
    if paper.first_seen and paper.first_seen > now:  # perhaps its day was skipped
        now, start, edition = run.clock(), window_start(now, run.clock()), None
        pool = candidates(archive, start, now)
    if paper.id not in {one.id for one in pool}:
        raise KeyError(outside(paper, start))
    index, keep = present_index(run.database, run.clock())
    keep()
    desk = open_desk(run, index)
    due = Due(person, now.date())
    [case] = make_cases(run, [due], pool)
    scene = desk.scene(pool, now)
    assert scene is not None  # the paper is in it
    if edition is None:
        return explain_paper(scene, case.reader, paper.id)
    picks = frozenset(name for pick in edition.picks for name in pick.paper.ids)
    reader = replace(case.reader, told=case.reader.told - picks)
    return explain_paper(scene, reader, paper.id, Ranking(edition.sections, edition.trending))


def candidates(archive: Archive, start: datetime, now: datetime) -> list[Paper]:
    """Return the papers that a letter made at a moment could choose."""
    listed = archive.listed_since(start)
    return [one for one in listed if one.first_seen and one.first_seen <= now]


def meant(pool: Sequence[Paper], wanted: str) -> Sequence[Paper]:
    """Return the papers that have this link, or else these words in their titles."""
    linked = [paper for paper in pool if paper.url == wanted]
    words = wanted.casefold()
    return linked or [paper for paper in pool if words in paper.title.casefold()]


def only_one(found: Sequence[Paper]) -> Paper | None:
    """Return what was found, None where that is nothing.

    Raises:
        SeveralError: it is more than one.
    """
    if len(found) > 1:
        raise SeveralError(found)
    return found[0] if found else None


def letter_window(run: Run, person: Subscriber) -> tuple[datetime, datetime, Edition | None]:
    """Return when the letter was made, what its papers had to be newer than, and the letter.

    None where there is no letter yet, or it cannot be read.
    """
    outbox, now = run.outbox, run.clock()
    letters = outbox.history(email=person.email, limit=DAYS_LOOKED_BACK)
    made = [letter for letter in letters if letter.outcome not in UNSENT]
    if not made:
        return now, window_start(None, now), None
    before = made[1].made_at if len(made) > 1 else None
    since = window_start(before, made[0].made_at)
    return made[0].made_at, since, outbox.edition(made[0].id)


def outside(paper: Paper, start: datetime) -> str:
    """Say why a stored paper was no candidate."""
    if paper.first_seen is not None and paper.first_seen <= start:
        return f"it was first seen {paper.first_seen:%Y-%m-%d %H:%M} UTC, before that letter's days"
    if NEWS in paper.categories:
        return "it is what a journal publishes beside papers, and no letter chooses that"
    if was_example(paper):
        return "it is known only because a reader names it; no source has told of it"
    return "it was over a week older than the newest paper when its source was first read: no news"
