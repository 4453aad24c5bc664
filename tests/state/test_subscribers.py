"""Subscribers in the database: what goes in comes out, in either way of reading."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import StateError
from digest.models import Interest, Subscriber
from digest.state.database import (
    Database,
    make_engine,
    open_database,
    present_version,
)
from digest.state.glance import HEAD
from digest.state.migrating import migrate
from digest.state.roll import Roll, emails_of, read_roll
from digest.state.subscribers import add_people, change_person, people_rows, remove_person

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ADA = Subscriber(
    email="Ada@example.org",
    name="Ada “Countess”",
    interests=(
        Interest("Long context", keywords=("KV cache",), like=("arxiv:2205.14135",), weight=2.0),
        Interest("Other", about="a text\nof two lines", avoid=("survey",), authors=("B. Ex",)),
    ),
    papers=3,
    send_at=time(7, 30),
    timezone="Europe/Berlin",
    days=frozenset({0, 3}),
    when_empty="send",
    min_papers=2,
    explore=0.0,
    paused_until=date.max,
    language="de",
)
BEN = Subscriber(email="ben@example.org", interests=(Interest("x", keywords=("x",)),))


def roll(database: Database) -> tuple[Subscriber, ...]:
    """Return everybody in it."""
    return tuple(read_roll(f"sqlite:///{database.name}"))


def test_people_come_back_as_they_were(database: Database) -> None:
    """Every field survives, and SQLAlchemy reads the same rows as SQLite alone."""
    usual = [field.name for field in fields(ADA) if getattr(ADA, field.name) == field.default]
    assert not usual, "ADA says something of each"
    assert roll(database) == ()
    assert add_people(database, [BEN, ADA], NOW) == 2
    assert roll(database) == (ADA, BEN)
    assert len(people_rows(f"sqlite:///{database.name}")) == 2


def test_who_is_there_stays(database: Database) -> None:
    """An address in another case of letters is the same person."""
    add_people(database, [ADA], NOW)
    assert add_people(database, [replace(BEN, email="ada@example.org"), BEN], NOW) == 1
    assert roll(database) == (ADA, BEN)
    assert add_people(database, [], NOW) == 0


def test_one_person_changes_or_goes(database: Database) -> None:
    """The others are not touched."""
    add_people(database, [ADA, BEN], NOW)
    awake = replace(ADA, paused_until=None)
    change_person(database, awake, NOW)
    assert roll(database) == (awake, BEN)
    remove_person(database, ADA.email)
    assert roll(database) == (BEN,)


def test_a_database_that_is_not_there_holds_nobody(tmp_path: Path) -> None:
    """It is not made by looking."""
    assert list(read_roll(f"sqlite:///{tmp_path}/digest.db")) == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_told(database: Database, tmp_path: Path) -> None:
    """Nobody is left out in silence: a damaged row and a file of something else are errors."""
    add_people(database, [BEN], NOW)
    with database.begin() as connection:
        connection.execute(text("""update subscribers set body = '{"email": 3}'"""))
    with pytest.raises(StateError, match="damaged"):
        roll(database)
    (tmp_path / "other.db").write_text("not a database, by any means " * 100)
    with pytest.raises(StateError, match="no SQLite database"):
        list(read_roll(f"sqlite:///{tmp_path}/other.db"))


def test_a_database_of_the_first_shape_is_upgraded(tmp_path: Path) -> None:
    """It holds nobody, then takes people, and nothing is forgotten."""
    url = f"sqlite:///{tmp_path}/digest.db"
    old = Database(make_engine(url, create=True))
    migrate(old, "", "0001")
    assert present_version(old) == "0001"
    old.remember("colour", "green")
    old.close()
    assert list(read_roll(url)) == []
    new = open_database(url)
    assert present_version(new) == HEAD
    assert new.fact("colour") == "green"
    assert add_people(new, [BEN], NOW) == 1
    new.close()


def test_a_roll_is_a_sequence_that_reads_when_asked(database: Database) -> None:
    """Those of the YAML come first, whoever stands in both stands there once."""
    add_people(database, [ADA, BEN], NOW)
    written = replace(ADA, email="ADA@example.org", name="of the YAML")
    found = read_roll(f"sqlite:///{database.name}").after([written])
    assert list(found) == [written, BEN]
    assert [found[0], found[1], found[-1]] == [written, BEN, BEN]
    assert found[1:] == [BEN]
    assert list(emails_of(found)) == list(emails_of(tuple(found))) == ["ADA@example.org", BEN.email]
    with pytest.raises(IndexError):
        found[2]


@pytest.mark.parametrize(
    "body",
    [
        '{"email": "eve@example.org"}',
        '{"email": "ada@example.org"}, {"email": "ada@example.org"}',
        '{"email": "ada@example.org", "papers": "many"}',
    ],
)
def test_a_row_changed_by_hand(body: str) -> None:
    """One that is another's, two in one or none at all is a sentence, never somebody's letter."""
    roll = Roll("people.db", [("ada@example.org", body)])
    for look in (list, lambda found: found[0]):
        with pytest.raises(StateError, match=r"people\.db: a row of its subscribers is damaged"):
            look(roll)
