"""Twenty simulated days over real loopback HTTP, a real database and a simulated clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.config.schema import Source
from digest.models import SourceState
from digest.papers import merge_papers
from digest.sources.collecting import collect_sources
from digest.state.archive import Archive, Stored
from digest.state.database import Database
from digest.state.memories import HostClocks, SourceBook
from tests.loopback import Reply, Request, Server, serve
from tests.sources.world import PER_DAY, Arxiv, batch, entry, feed

FIRST = date(2026, 11, 16)  # a Monday; Thanksgiving is the 26th, so that the 27th has no feed
HOLIDAY = date(2026, 11, 27)
TRUNCATED = date(2026, 11, 19)
BUSY = date(2026, 11, 18)
STALE = date(2026, 11, 24)
NO_RUN = {date(2026, 11, 30), date(2026, 12, 1)}
DOWN = date(2026, 12, 3)
DAYS = [FIRST + timedelta(days=n) for n in range(20)]


class Clock:
    """Simulated time, which sleeping moves on."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def run_day(
    database: Database,
    world: Arxiv,
    server: Server,
    now: datetime,
    *,
    limit: int = 2_000,
    classes: tuple[str, ...] = ("cs.CL",),
) -> Stored:
    """Collect and store once, as the pipeline does."""
    clock = Clock(now)
    world.now = now
    url = f"{server.url}/"
    source = Source(kind="arxiv", query=classes, name="arXiv", url=url, limit=limit)
    collected = collect_sources(
        [source],
        SourceBook(database).memories(),
        now=now,
        hosts=HostClocks(database, lambda: clock.now.timestamp()),
        sleep=clock.sleep,
    )
    return Archive(database).store(collected, now, merge_papers)


def test_twenty_days_lose_nothing_and_tell_nothing_twice(database: Database) -> None:
    """Every announced paper arrives exactly once; every day ends in the state that fits it."""
    announced = [day for day in DAYS if day.weekday() < 5 and day != HOLIDAY]
    world = Arxiv(announced, stale={STALE}, truncated={TRUNCATED}, down={DOWN}, busy={BUSY: 1})
    states: dict[date, SourceState] = {}
    told: list[str] = []
    with serve(world.answer) as server:
        for day in (day for day in DAYS if day not in NO_RUN):
            now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            stored = run_day(database, world, server, now)
            states[day] = stored.reports[0].state
            told += [paper.id for paper in stored.new]
    expected = {f"arxiv:{paper.id}" for day in announced for paper in batch(day)}
    assert len(told) == len(set(told))
    assert set(told) == expected
    listed = Archive(database).listed_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert {paper.id for paper in listed} == expected
    quiet, late = SourceState.QUIET, SourceState.LATE
    special = {
        TRUNCATED: SourceState.PARTIAL,
        STALE: late,
        DOWN: SourceState.FAILED,
        HOLIDAY: quiet,
    }
    for day, state in states.items():
        usual = quiet if day.weekday() > 4 else SourceState.FRESH
        assert state is special.get(day, usual), day


def test_second_run_of_a_day_asks_nothing(database: Database) -> None:
    """arXiv's answer does not change within a day, so that a second run makes no request."""
    world = Arxiv(DAYS)
    with serve(world.answer) as server:
        run_day(database, world, server, datetime(2026, 11, 16, 12, tzinfo=UTC))
        asked = len(server.seen)
        again = run_day(database, world, server, datetime(2026, 11, 16, 18, tzinfo=UTC))
        assert len(server.seen) == asked
    assert again.reports[0].state is SourceState.NOT_MODIFIED
    assert again.new == ()


def test_copy_without_daylight_saving_is_of_its_day(database: Database) -> None:
    """A feed stamped 04:00 UTC in winter, an hour before midnight, is the coming day's."""
    world = Arxiv(DAYS, built="04:00:19")
    with serve(world.answer) as server:
        stored = run_day(database, world, server, datetime(2026, 11, 16, 12, tzinfo=UTC))
    assert stored.reports[0].state is SourceState.FRESH


@pytest.mark.parametrize("stale", [{DAYS[2]}, {DAYS[1], DAYS[2], DAYS[3]}])
def test_a_stale_feed_after_a_missed_day_hides_no_batch(
    database: Database, stale: set[date]
) -> None:
    """A feed that repeats a batch that we never saw, for a day or for days, is late and no more."""
    world, told = Arxiv(DAYS[:5], stale=stale), set()
    with serve(world.answer) as server:
        for day in (DAYS[0], *DAYS[2:5]):
            now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            stored = run_day(database, world, server, now)
            told |= {paper.id for paper in stored.new}
            late = SourceState.LATE if day in stale else SourceState.FRESH
            assert stored.reports[0].state is late, day
    assert told == {f"arxiv:{paper.id}" for day in DAYS[:5] for paper in batch(day)}


def test_a_class_that_is_added_comes_the_same_day(database: Database) -> None:
    """A source that keeps its name and asks for more has today's batch of it, too."""
    world, now = Arxiv(DAYS, now=datetime(2026, 11, 16, 12, tzinfo=UTC)), batch(DAYS[0])

    def answer(request: Request) -> Reply:
        papers = now if "cs.LG" in request.path else now[:3]
        return Reply(feed([entry(paper) for paper in papers], DAYS[0]))

    with serve(answer) as server:
        run_day(database, world, server, world.now)
        more = run_day(database, world, server, world.now, classes=("cs.CL", "cs.LG"))
    assert {paper.id for paper in more.new} == {f"arxiv:{paper.id}" for paper in now[3:]}


def test_stale_feed_is_asked_again_the_same_day(database: Database) -> None:
    """A batch that comes late in the day is read by the next run of that day."""
    world = Arxiv(DAYS, stale={DAYS[1]})
    with serve(world.answer) as server:
        run_day(database, world, server, datetime(2026, 11, 16, 12, tzinfo=UTC))
        late = run_day(database, world, server, datetime(2026, 11, 17, 12, tzinfo=UTC))
        world.stale.clear()
        fresh = run_day(database, world, server, datetime(2026, 11, 17, 15, tzinfo=UTC))
    assert late.reports[0].state is SourceState.LATE
    assert {paper.id for paper in fresh.new} == {f"arxiv:{paper.id}" for paper in batch(DAYS[1])}


def test_gap_that_cannot_be_fetched_is_fetched_later(database: Database) -> None:
    """While API and OAI are down the day is partial and the gap stays open."""
    world = Arxiv(DAYS, api_down={DAYS[2]}, oai_down={DAYS[2]})
    with serve(world.answer) as server:
        run_day(database, world, server, datetime(2026, 11, 16, 12, tzinfo=UTC))
        partial = run_day(database, world, server, datetime(2026, 11, 18, 12, tzinfo=UTC))
        healed = run_day(database, world, server, datetime(2026, 11, 19, 12, tzinfo=UTC))
    assert partial.reports[0].state is SourceState.PARTIAL
    assert "missed days" in partial.reports[0].reason
    missing = {f"arxiv:{paper.id}" for paper in batch(DAYS[1])}
    assert missing <= {paper.id for paper in healed.new}


@pytest.mark.parametrize("api_down", [False, True])
def test_a_gap_beyond_the_limit_brings_the_newest(database: Database, api_down: bool) -> None:
    """What is left out is the oldest, and that is said, once; OAI-PMH gives the same."""
    days = [day for day in DAYS[:12] if day.weekday() < 5 and day != HOLIDAY]
    world = Arxiv(days, api_down={days[-1]} if api_down else set())
    with serve(world.answer) as server:
        first = datetime(days[0].year, days[0].month, days[0].day, 12, tzinfo=UTC)
        run_day(database, world, server, first)
        later = datetime(days[-1].year, days[-1].month, days[-1].day, 12, tzinfo=UTC)
        stored = run_day(database, world, server, later, limit=4 * PER_DAY)
        next_day = run_day(database, world, server, later + timedelta(days=1))
    found = {paper.id for paper in stored.new}
    assert {f"arxiv:{paper.id}" for day in days[-3:] for paper in batch(day)[:-1]} <= found
    assert not found & {f"arxiv:{paper.id}" for day in days[1:4] for paper in batch(day)}
    assert stored.reports[0].state is SourceState.PARTIAL
    assert "beyond" in stored.reports[0].reason
    assert next_day.reports[0].state is SourceState.QUIET


def test_gap_is_harvested_while_the_api_is_down(database: Database) -> None:
    """OAI-PMH stands in for the API, page after page."""
    world = Arxiv(DAYS, api_down={DAYS[2]})
    with serve(world.answer) as server:
        run_day(database, world, server, datetime(2026, 11, 16, 12, tzinfo=UTC))
        stored = run_day(database, world, server, datetime(2026, 11, 18, 12, tzinfo=UTC))
    assert stored.reports[0].state is SourceState.FRESH
    missing = {f"arxiv:{paper.id}" for paper in batch(DAYS[1])}
    assert missing <= {paper.id for paper in stored.new}


@pytest.mark.parametrize(
    ("today", "last"),
    [(date(2026, 11, 21), date(2026, 11, 20)), (date(2027, 1, 1), date(2026, 12, 30))],
    ids=["Saturday", "New Year"],
)
def test_first_run_on_a_day_of_rest_brings_the_last_batch(
    database: Database, today: date, last: date
) -> None:
    """A new reader's first letter is not empty because it is Saturday, or the first of a month."""
    world = Arxiv([last])
    with serve(world.answer) as server:
        now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
        stored = run_day(database, world, server, now)
    assert {f"arxiv:{paper.id}" for paper in batch(last)} <= {paper.id for paper in stored.new}
