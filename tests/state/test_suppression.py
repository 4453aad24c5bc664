"""The suppression list goes in and out as CSV and forgets nothing that is for good."""

import io
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.errors import StateError
from digest.state.database import open_database
from digest.state.suppression import Suppression, Suppressions
from digest.state.throttle import load_throttles, save_throttles

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


@pytest.fixture
def suppressions(tmp_path: Path) -> Iterator[Suppressions]:
    """An empty list."""
    with closing(open_database(f"sqlite:///{tmp_path}/digest.db")) as database:
        yield Suppressions(database)


def test_csv_round_trip(suppressions: Suppressions, tmp_path: Path) -> None:
    """What was exported can be imported elsewhere and is the same."""
    entries = [
        Suppression("ada@example.org", "unsubscribed", "by link", NOW),
        Suppression("ünï@example.org", "operator", 'a "quoted", detail', NOW, NOW + timedelta(1)),
    ]
    suppressions.add(entries, NOW)
    file = io.StringIO()
    suppressions.export_csv(file)
    with closing(open_database(f"sqlite:///{tmp_path}/other.db")) as database:
        other = Suppressions(database)
        assert other.import_csv(file.getvalue(), "list.csv", NOW) == 2
        assert list(other.all()) == list(suppressions.all()) == entries


def test_a_bare_list_of_addresses(suppressions: Suppressions) -> None:
    """One column `email` is enough."""
    suppressions.import_csv("email\nAda@Example.org\nbob@example.org\n", "x", NOW)
    assert suppressions.active(["ada@example.ORG"], NOW) == {"ada@example.ORG": "operator"}


def test_a_long_list_is_written_at_once(suppressions: Suppressions) -> None:
    """A statement for each line kept the database locked for longer than a run waits."""
    asked = list[str]()
    engine = suppressions.database.engine
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    lines = [f"u{number}@example.org,paused,2026-03-09" for number in range(2_000)]
    again = ["U7@example.org,unsubscribed,", "u7@example.org,hard bounce,"]
    suppressions.import_csv("\n".join(["email,reason,until", *lines, *again]), "x", NOW)
    assert len(asked) < 10
    reasons = suppressions.active([f"u{number}@example.org" for number in range(2_001)], NOW)
    assert (len(reasons), reasons["u6@example.org"]) == (2_000, "paused")
    assert reasons["u7@example.org"] == "unsubscribed"


def test_a_list_as_a_spreadsheet_writes_it(suppressions: Suppressions) -> None:
    """Semicolons, headings in capitals, empty lines, a cell of two lines."""
    text = 'Nr;Reason;EMAIL;Detail\r\n;phone;ada@example.org;"one\r\ntwo"\r\n;;;\r\n'
    assert suppressions.import_csv(text, "x", NOW) == 1
    [entry] = suppressions.all()
    assert (entry.email, entry.reason, entry.detail.split()) == (
        "ada@example.org",
        "phone",
        ["one", "two"],
    )
    with pytest.raises(StateError, match="x:5: '' is not an e-mail address"):
        suppressions.import_csv(f"{text};late;;\r\n", "x", NOW)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("address\na@b.c\n", "no column `email`"),
        ("email\nnot an address\n", "x:2: 'not an address' is not an e-mail address"),
        ("email,until\na@b.c,tomorrow\n", "x:2: cannot be read"),
        ("email,until\na@b.c,0001-01-01T00:00:00+14:00\n", "x:2: cannot be read"),
        ("email,at\na@b.c,9999-12-31T23:59:59-14:00\n", "x:2: cannot be read"),
        ("email,at\na@b.c,1500-12-31\n", "x:2: cannot be read: 1500-12-31 is too far away"),
        ("reason,email\nphone\n", "x:2: '' is not an e-mail address"),
        ('email\n"a@b.c\nd@e.f"\n', "is not an e-mail address"),
        ("email\na\0@b.c\n", "is not an e-mail address"),
        ('email\n"a@b.c\nd@e.f\n', "x:3: is not CSV"),
        ("email,Email\na@b.c,d@e.f\n", "x:1: two columns are called 'email'"),
    ],
)
def test_a_broken_list(suppressions: Suppressions, text: str, words: str) -> None:
    """The error names file and line, and nothing was added."""
    with pytest.raises(StateError, match=words):
        suppressions.import_csv(text, "x", NOW)
    assert not list(suppressions.all())


def test_soft_bounces_are_settled(suppressions: Suppressions) -> None:
    """Who may have letters again needs as many bounces anew, not one more."""
    days = [NOW + timedelta(day) for day in range(6)]

    def bounced(when: datetime) -> bool:
        return suppressions.count_bounce("full@example.org", "soft", now=when) is not None

    assert [bounced(when) for when in days[:2]] == [False, False]
    assert not suppressions.remove("full@example.org")  # nothing is settled
    assert bounced(days[2])
    assert suppressions.remove("Full@Example.org")
    assert [bounced(when) for when in days[3:]] == [False, False, True]


def test_soft_bounces_count_on_days_of_late_for_one_address(suppressions: Suppressions) -> None:
    """Not three of one day, none of two weeks ago, none of others; nobody else is let go."""

    def bounced(email: str, after: timedelta) -> bool:
        return suppressions.count_bounce(email, "soft", now=NOW + after) is not None

    assert not any(bounced("ada@example.org", timedelta(hours=hour)) for hour in range(4))
    assert not bounced("ada@example.org", timedelta(days=10))
    assert not bounced("ben@example.org", timedelta(days=11))
    assert not bounced("ada@example.org", timedelta(days=15))
    assert bounced("ada@example.org", timedelta(days=16))
    assert not bounced("ben@example.org", timedelta(days=12))
    suppressions.add([Suppression("eve@example.org", "operator")], NOW)
    assert suppressions.remove("ada@example.org")
    assert [one.email for one in suppressions.all()] == ["eve@example.org"]
    assert bounced("ben@example.org", timedelta(days=13)), "his two count as before"


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (("paused", 5), ("paused", 9), ("paused", 9)),
        (("paused", 9), ("paused", 5), ("paused", 9)),
        (("paused", 9), ("operator", 5), ("paused", 9)),
        (("paused", 9), ("unsubscribed", None), ("unsubscribed", None)),
        (("operator", 9), ("operator", None), ("operator", None)),
        (("hard bounce", None), ("unsubscribed", None), ("unsubscribed", None)),
        (("soft bounces", None), ("unsubscribed", None), ("unsubscribed", None)),
        (("operator", None), ("unsubscribed", None), ("operator", None)),
        (("complaint", None), ("unsubscribed", None), ("complaint", None)),
        (("asked by phone", None), ("hard bounce", None), ("asked by phone", None)),
        (("unsubscribed", None), ("operator", 9), ("unsubscribed", None)),
        (("unsubscribed", None), ("paused", None), ("unsubscribed", None)),
        (("unsubscribed", None), ("hard bounce", None), ("unsubscribed", None)),
        (("unsubscribed", None), ("soft bounces", None), ("unsubscribed", None)),
        (("unsubscribed", None), ("operator", None), ("operator", None)),
        (("unsubscribed", None), ("complaint", None), ("complaint", None)),
        (("unsubscribed", None), ("asked by phone", None), ("asked by phone", None)),
    ],
)
def test_the_longer_of_two_entries_stays(
    suppressions: Suppressions,
    first: tuple[str, int | None],
    second: tuple[str, int | None],
    left: tuple[str, int | None],
) -> None:
    """Who unsubscribes during a pause has no letters after it, and a mailbox that is mended is no
    wish for letters; what operators decide of who had unsubscribed is theirs to take back."""

    def entry(reason: str, days: int | None) -> Suppression:
        until = None if days is None else NOW + timedelta(days)
        return Suppression("ada@example.org", reason, at=NOW - timedelta(1), until=until)

    suppressions.add([entry(*first)], NOW)
    suppressions.add([entry(*second)], NOW)
    assert list(suppressions.all()) == [entry(*left)]


def test_who_is_suppressed_at_a_moment(suppressions: Suppressions) -> None:
    """Whoever is for good, and for a time as long as it lasts; each by their own entry."""
    ends = {"ada@example.org": None, "ben@example.org": 1, "eve@example.org": -1}
    entries = [
        Suppression(email, "operator", until=None if days is None else NOW + timedelta(days))
        for email, days in ends.items()
    ]
    suppressions.add(entries, NOW)
    closed = {"ada@example.org": "operator", "ben@example.org": "operator"}
    assert suppressions.active([*ends, "kim@b.c"], NOW) == closed
    assert suppressions.active(["kim@b.c"], NOW) == {}
    for email in (*ends, "kim@b.c"):
        found = suppressions.of(email, NOW)
        assert (found.email if found else None) == (email if email in closed else None)


def test_throttles_are_remembered(suppressions: Suppressions) -> None:
    """What was saved is loaded, kind by kind; saving again replaces."""
    database = suppressions.database
    save_throttles(database, "relay", {"mx:25": {"rate": 2.5, "at": 1.0}})
    save_throttles(database, "domain", {"example.org": {"at": 1.0}})
    save_throttles(database, "relay", {"mx:25": {"rate": 5.0, "at": 2.0}})
    assert load_throttles(database, "relay") == {"mx:25": {"rate": 5.0, "at": 2.0}}
    assert load_throttles(database, "domain") == {"example.org": {"at": 1.0}}
