"""Every reader is planned once, in bounded blocks, with papers from when their last letter came."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.models import Due, Edition, Paper, Pick, Section, SourceReport, SourceState, Subscriber
from digest.pipeline.agenda import Agenda, Day, Plan, blocks_of, window_start
from digest.pipeline.editions import Fate, choose_editions, delivery_id, fate_of, make_choice
from digest.pipeline.profiles import Case
from digest.ranking.ranker import Ranking
from digest.ranking.readers import Reader

NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "start"),
    [(None, 3), (timedelta(days=1), 1), (timedelta(days=14), 14), (timedelta(days=40), 14)],
)
def test_how_far_back_a_letter_looks(last: timedelta | None, start: int) -> None:
    """To the one before it, two weeks at most; the first of all three days."""
    assert window_start(last and NOW - last, NOW) == NOW - timedelta(days=start)


@pytest.mark.parametrize("shares", [1, 2, 3, 5])
def test_processes_share_all_readers_and_none_twice(shares: int) -> None:
    """In blocks of at most 500, the first of 100, of those who share a window; one has at most one
    block more than another."""
    windows = [(NOW, range(50)), (NOW - timedelta(1), range(50, 1_700))]
    agenda = Agenda((), windows)
    found = [
        (start, block)
        for share in range(shares)
        for start, blocks in agenda.blocks(share, shares)
        for block in blocks
    ]
    assert sorted(place for _, block in found for place in block) == list(range(1_700))
    assert all(start == windows[block[0] >= 50][0] for start, block in found)
    assert sorted(len(block) for _, block in found) == [50, 50, 100, 500, 500, 500]
    counts = [sum(len(part) for _, part in agenda.blocks(n, shares)) for n in range(shares)]
    assert max(counts) - min(counts) <= 1
    assert [len(block) for block in blocks_of(range(101))] == [100, 1]


@pytest.mark.parametrize(
    ("papers", "when_empty", "broken", "fate"),
    [
        (2, "skip", False, Fate.SEND),
        (2, "skip", True, Fate.SEND),
        (1, "skip", False, Fate.SKIP),
        (1, "skip", True, Fate.WAIT),
        (0, "send", False, Fate.SEND),
        (0, "send", True, Fate.SEND),
    ],
)
def test_what_happens_to_an_edition(papers: int, when_empty: str, broken: bool, fate: Fate) -> None:
    """Too few papers are no letter, and may be more by a later run where a source is broken."""
    person = Subscriber("ada@example.org", min_papers=2, when_empty=when_empty)
    picks = tuple(Pick(Paper((f"doi:10.1/{n}",), "A"), "A", 1.0) for n in range(papers))
    sections = tuple(Section("A", (pick,)) for pick in picks)
    edition = Edition("id", NOW.date(), "daily", person.email, NOW, sections=sections)
    reports = (SourceReport("Journal", SourceState.FAILED, 0),) if broken else ()
    assert fate_of(edition, person, Day(NOW, b"secret", reports)) is fate


def test_an_edition_has_one_name() -> None:
    """At every run the same, whatever kind of letter it is; of each day and reader another."""
    ada, ben = Subscriber("ada@example.org"), Subscriber("ben@example.org")
    day = date(2026, 11, 23)
    names = [
        delivery_id(b"secret", Due(person, day + timedelta(n), slot))
        for person in (ada, ben)
        for n in (0, 1)
        for slot in ("daily", "welcome")
    ]
    assert len(set(names)) == 4
    assert names[0] == names[1]
    assert delivery_id(b"other", Due(ada, day)) not in names
    assert names[0] == "bbc86b90539f1f4c845d17f8"  # also for a new version


def test_an_edition_holds_what_its_letter_says() -> None:
    """Of its reader, their papers and the day; what went wrong with either is told apart."""
    person = Subscriber("ada@example.org", name="Ada", timezone="Asia/Tokyo", language="ja")
    due = Due(person, NOW.date(), since=date(2026, 11, 20))
    picks = (Pick(Paper(("doi:10.1/1",), "A"), "A", 1.0),)
    ranking = Ranking((Section("A", picks),), picks, "B is empty")
    reports = (SourceReport("Journal", SourceState.LATE),)
    case = Case(due, Reader(person), "no library")
    choice = make_choice(case, ranking, 7, Day(NOW, b"secret", reports))
    assert choice.problem == "no library; ada@example.org: B is empty"
    assert choice.edition == Edition(
        id=delivery_id(b"secret", due),
        date=due.date,
        slot=due.slot,
        email=person.email,
        made_at=NOW,
        name="Ada",
        timezone="Asia/Tokyo",
        language="ja",
        sections=ranking.sections,
        trending=picks,
        reports=reports,
        since=due.since,
        considered=7,
    )
    [choice] = choose_editions(None, [Case(due, Reader(person))], Day(NOW, b"secret", ()))
    assert (choice.edition.considered, choice.fate, choice.problem) == (0, Fate.SKIP, "")


def test_what_shares_of_a_plan_come_to() -> None:
    """All of them together; what is known already is left out, but for the count."""
    one = Plan(["a", "b"], 2, ["ada@example.org"], ["Ada's library is away"])
    other = Plan(["c"], 1, ["ben@example.org"], ["Ben's topic is empty"])
    whole = Plan()
    for part in (one, other):
        whole.add(part)
    assert whole == Plan(
        ["a", "b", "c"], 3, [*one.waiting, *other.waiting], [*one.problems, *other.problems]
    )
    known = {"a", "ada@example.org", "Ada's library is away"}
    assert whole.without(known) == Plan(["b", "c"], 3, other.waiting, other.problems)
