"""Plans letters: which papers each reader gets, frozen block by block. Sends nothing."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from digest.errors import StateError
from digest.models import Edition
from digest.pipeline.agenda import Agenda, Day, Plan
from digest.pipeline.desk import open_desk
from digest.pipeline.editions import Choice, Fate, choose_editions
from digest.pipeline.indexing import present_index
from digest.pipeline.meaning import keep_profiles
from digest.pipeline.profiles import make_cases
from digest.ranking.index import Index
from digest.state.dues import at_places

if TYPE_CHECKING:
    from digest.pipeline.run import Run


def plan_blocks(
    run: "Run", day: Day, ask: Callable[[], Agenda], share: int = 0, shares: int = 1
) -> Iterator[Plan]:
    """Rank and freeze one block of readers after the other, and yield what came of each.

    The first says what opening the desk stumbled over; from then on, others find index and
    embeddings up to date.

    Args:
        ask: returns who is due; called when the index is up to date.
        share: which of the blocks, where others plan the rest: 0 to `shares` - 1.
    """
    index, keep_index = present_index(run.database, run.clock())
    problems = kept(keep_index) if shares > 1 else []
    agenda = ask()
    if agenda.due:  # else no model is asked
        yield from plan_with(run, index, day, agenda, share, shares)
    if shares == 1:  # only now: nobody waits for it, and the first letters would
        problems = kept(keep_index)
    if not share:
        yield Plan(problems=problems)


def kept(keep: Callable[[], None]) -> list[str]:
    """Keep something for the next run; return why that cannot be, in one sentence or none."""
    try:
        keep()
    except StateError as error:
        return [f"{error}; the letters go out, and the next run counts the papers again"]
    return []


def plan_with(
    run: "Run", index: Index, day: Day, agenda: Agenda, share: int, shares: int
) -> Iterator[Plan]:
    """Rank and freeze the blocks of one share."""
    desk = open_desk(run, index)
    yield Plan(problems=[] if share else list(desk.problems))
    for start, blocks in agenda.blocks(share, shares):
        pool = desk.archive.listed_since(start)
        scene = desk.scene(pool, day.now)
        for block in blocks:
            cases = make_cases(run, at_places(agenda.due, block), pool)
            yield freeze(run, list(choose_editions(scene, cases, day)), day)
    keep_profiles(run.database, desk.meaning)


def freeze(run: "Run", choices: Sequence[Choice], day: Day) -> Plan:
    """Freeze what is worth a letter, note empty days, and return both."""
    sent = editions_of(choices, Fate.SEND)
    run.outbox.freeze(sent, day.now)
    return Plan(
        letters=[edition.id for edition in sent],
        skipped=run.outbox.skip(editions_of(choices, Fate.SKIP), day.now),
        waiting=[edition.email for edition in editions_of(choices, Fate.WAIT)],
        problems=[choice.problem for choice in choices if choice.problem],
    )


def editions_of(choices: Sequence[Choice], fate: Fate) -> list[Edition]:
    """Return the editions that share a fate."""
    return [choice.edition for choice in choices if choice.fate is fate]
