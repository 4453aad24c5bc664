"""The quick look sees what the database says, and leaves alone what it does not know."""

import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import StateError
from digest.models import Edition, Outcome, Receipt, Subscriber
from digest.state.calendar import COLLECTED, has_open_letters, last_dates
from digest.state.database import Database, open_database
from digest.state.glance import Glance, Habit, glance
from digest.state.outbox import Outbox
from digest.state.roll import read_roll, somebody_with
from digest.state.subscribers import add_people

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
URL = "sqlite:///{}/digest.db"


def test_a_list_that_cannot_be_read_has_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a run by another user it is the owner that must be put right, no backup."""
    (tmp_path / "digest.db").touch()

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(StateError, match=r"write the file and its folder \(chown, chmod\)$"):
        read_roll(f"sqlite:///{tmp_path}/digest.db")


@pytest.fixture
def database(database: Database) -> Database:
    """A database in which sources were read."""
    database.remember(COLLECTED, (NOW - timedelta(hours=2)).isoformat())
    return database


def make_letter(database: Database, email: str, made: datetime, outcome: Outcome) -> None:
    """Put one letter into the outbox and bring it to an outcome."""
    outbox = Outbox(database)
    edition = Edition(f"{email[:3]}{made:%m%d}", made.date(), "daily", email, made)
    outbox.freeze([edition], made)
    if outcome is not Outcome.PLANNED:
        outbox.claim(10, "me", made)
        outbox.record([Receipt(edition.id, outcome, 0, "", made)], made)


@pytest.mark.parametrize(
    ("outcome", "hours", "unfinished"),
    [
        (Outcome.SENT, 0, False),
        (Outcome.FAILED, 0, False),
        (Outcome.PLANNED, 0, True),
        (Outcome.DEFERRED, 0, False),
        (Outcome.DEFERRED, 1, True),
        (Outcome.UNCERTAIN, 1, True),
    ],
)
def test_it_agrees_with_the_calendar(
    database: Database, tmp_path: Path, outcome: Outcome, hours: int, unfinished: bool
) -> None:
    """Dates and open letters are those that SQLAlchemy reads."""
    make_letter(database, "ben@example.org", NOW - timedelta(days=30), Outcome.SENT)
    make_letter(database, "ada@example.org", NOW - timedelta(days=1), Outcome.SENT)
    make_letter(database, "ada@example.org", NOW, outcome)
    now = NOW + timedelta(hours=hours)
    seen = glance(URL.format(tmp_path), now, ["ada@example.org", "ben@example.org"])
    assert seen == Glance({"ada@example.org": date(2026, 11, 23)}, (), unfinished)
    assert has_open_letters(database, now) is unfinished
    known = last_dates(database, ["ada@example.org"])
    assert known == seen.last_dates


def test_people_are_counted_by_their_habits(database: Database, tmp_path: Path) -> None:
    """Of those who want their letters alike, the one who waits longest and the newest are known."""
    noon = {"send_at": time(12), "days": frozenset({0}), "paused_until": date(2026, 12, 1)}
    names = ("ada", "ben", "cleo")
    people = [Subscriber(f"{name}@example.org") for name in names]
    people.append(Subscriber("dora@example.org", timezone="Asia/Tokyo", **noon))  # type: ignore[arg-type]
    add_people(database, people, NOW)
    make_letter(database, "ada@example.org", NOW, Outcome.SENT)
    make_letter(database, "ben@example.org", NOW - timedelta(days=1), Outcome.SENT)
    make_letter(database, "ben@example.org", NOW + timedelta(days=30), Outcome.SENT)
    seen = glance(URL.format(tmp_path), NOW, [])
    assert seen is not None
    alike, other = sorted(seen.habits, key=lambda one: len(one.wishes))
    assert alike == Habit({}, None, date(2026, 11, 23))
    assert (other.oldest, other.newest) == (None, None)
    dora = somebody_with(other.wishes)
    assert (dora.timezone, dora.send_at, dora.days) == ("Asia/Tokyo", time(12), frozenset({0}))
    assert dora.paused_until == date(2026, 12, 1)


def test_a_server_is_looked_at_too(postgres: str) -> None:
    """On PostgreSQL the same is seen: addresses, habits, whether there is work."""
    assert glance(postgres, NOW, []) is None  # no tables yet
    found = open_database(postgres)
    found.remember(COLLECTED, NOW.isoformat())
    add_people(found, [Subscriber("ada@example.org", days=frozenset({0, 3}))], NOW)
    add_people(found, [Subscriber("ben@example.org", send_at=time(7, 30))], NOW)
    make_letter(found, "ada@example.org", NOW, Outcome.SENT)
    make_letter(found, "eve@example.org", NOW, Outcome.FAILED)
    today = NOW.date()
    seen = glance(postgres, NOW, ["eve@example.org", "zoe@example.org"])
    assert seen is not None
    assert (seen.last_dates, seen.busy) == ({"eve@example.org": today}, False)
    ben, ada = sorted(seen.habits, key=lambda one: str(one.oldest), reverse=True)
    assert (ada.wishes, ada.oldest, ada.newest) == ({"days": [0, 3]}, today, today)
    assert (ben.wishes, ben.oldest, ben.newest) == ({"send_at": "07:30:00"}, None, None)
    make_letter(found, "zoe@example.org", NOW, Outcome.PLANNED)
    found.close()
    seen = glance(postgres, NOW, [])
    assert seen is not None
    assert (seen.busy, seen.habits) == (True, ())


def test_people_are_not_counted_where_there_is_work_anyway(
    database: Database, tmp_path: Path
) -> None:
    """To look at all of them takes time that a run with something to do has not."""
    add_people(database, [Subscriber("ada@example.org")], NOW)
    later = NOW + timedelta(hours=19)
    for now, known in ((NOW, True), (later, False)):
        seen = glance(URL.format(tmp_path), now, [])
        assert seen is not None
        assert (bool(seen.habits), seen.busy) == (known, not known)


def test_it_writes_nothing(database: Database, tmp_path: Path) -> None:
    """While another process holds the write lock the look is not held up and sees the past."""
    with database.begin() as connection:
        connection.execute(text("delete from facts"))
        seen = glance(URL.format(tmp_path), NOW, [])
    assert seen is not None
    assert not seen.busy


def test_what_it_leaves_alone(database: Database, tmp_path: Path) -> None:
    """Another shape, another kind of database, no database, no database file: look in earnest."""
    assert glance("postgresql+psycopg://127.0.0.1:9/digest", NOW, []) is None
    assert glance(URL.format(tmp_path / "nowhere"), NOW, []) is None
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0000'"))
    assert glance(URL.format(tmp_path), NOW, []) is None
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "digest.db").write_text("shopping list", "utf-8")
    assert glance(URL.format(tmp_path / "notes"), NOW, []) is None


def test_a_url_is_read_as_sqlalchemy_reads_it(tmp_path: Path) -> None:
    """With a blank in the file's name and an option behind it, it is the same database."""
    url = f"sqlite:///{tmp_path}/a%20name.db?timeout=7"
    database = open_database(url)
    add_people(database, [Subscriber("ada@example.org")], NOW)
    assert Path(database.name) == tmp_path / "a name.db"
    database.close()
    seen = glance(url, NOW, [])
    assert seen is not None
    assert [one.email for one in read_roll(url)] == ["ada@example.org"]
