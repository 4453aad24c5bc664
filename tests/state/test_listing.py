"""Many names are asked for as one JSON list, whatever they are made of."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.models import Edition
from digest.state.calendar import last_dates, missed_letters
from digest.state.database import Database, open_database
from digest.state.outbox import Outbox
from digest.state.suppression import Suppression, Suppressions

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ODD = (
    "o'hara@example.org",
    'a"b@example.org',
    "back\\slash@example.org",
    "ünï@example.org",
    "Ünï@example.org",
    "大语@example.org",
    "%_[x]@example.org",
    "null@example.org",
    "1e3@example.org",
)


def check(database: Database) -> None:
    """Put something under each name, and under names that nobody asks for."""
    outbox, suppressions = Outbox(database), Suppressions(database)
    others = [f"other{number}@example.org" for number in range(3)]
    editions = [
        Edition(f"id{number}", NOW.date(), "daily", email, NOW)
        for number, email in enumerate((*ODD, *others))
    ]
    outbox.freeze(editions, NOW)
    suppressions.add([Suppression(email, "operator") for email in (*ODD, *others)], NOW)
    asked = (*ODD, *(f"nobody{number}@example.org" for number in range(3_000)))
    assert set(outbox.last_editions(asked, NOW)) == set(ODD)
    assert set(last_dates(database, asked)) == set(ODD)
    assert missed_letters(database, asked, NOW) == {}
    assert set(suppressions.active(asked, NOW)) == set(ODD)
    assert suppressions.active((), NOW) == last_dates(database, ()) == {}
    claim = outbox.claim(100, "me", NOW + timedelta(minutes=1))
    assert (len(claim.editions), len(claim.receipts)) == (0, len(editions))


def test_odd_names_on_sqlite(tmp_path: Path) -> None:
    """Quotes, backslashes, accents in either case, and what SQL or JSON could take for its own."""
    with closing(open_database(f"sqlite:///{tmp_path}/digest.db")) as database:
        check(database)


def test_odd_names_on_a_server(postgres: str) -> None:
    """The same, spoken to PostgreSQL."""
    with closing(open_database(postgres)) as database:
        check(database)
