"""A run that is hopeless ends, and no sooner; bad addresses are believed where others are good."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from digest.delivery.belt import Item
from digest.delivery.clerk import Clerk, suppress_addresses
from digest.delivery.envelope import address_envelope
from digest.delivery.gate import Gate
from digest.delivery.replies import Action, Fault, Verdict
from digest.models import Outcome, Receipt
from digest.state.database import Database
from digest.state.schema import bounces
from digest.state.suppression import Suppression, Suppressions
from tests.delivery.conftest import edition_for, letter_of

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
SENT = Verdict(Action.ACCEPT, 250, "ok")
LATER = Verdict(Action.DEFER, 451, "later")
NEVER = Verdict(Action.FAIL, 552, "too large", Fault.SIZE)


class Books:
    """Notes what a recorder is told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.forgone: list[str] = []
        self.receipts: list[Receipt] = []
        self.begin, self.forgo, self.add = (
            self.begun.append, self.forgone.append, self.receipts.append
        )  # fmt: skip


@pytest.fixture
def clerk() -> Clerk:
    """A clerk at the beginning of a run."""
    made = Clerk(Gate(None, {}), lambda: NOW)
    made.recorder = Books()  # type: ignore[assignment]
    made.halts, made.closed = [], []  # type: ignore[attr-defined]
    made.halt = lambda: made.halts.append(1)  # type: ignore[attr-defined]
    made.shut = made.closed.append  # type: ignore[attr-defined]
    return made


def item(number: int = 1) -> Item:
    """Return a letter on its way."""
    letter = letter_of(edition_for(f"u{number}@b{number}.org", number))
    return Item(letter, address_envelope(letter), ())


def settle(clerk: Clerk, verdict: Verdict, times: int = 1) -> None:
    """Let so many letters come to the same."""
    for _ in range(times):
        clerk.settle(item(), verdict)


def receipts(clerk: Clerk) -> list[Receipt]:
    """Return what the recorder was told."""
    assert isinstance(clerk.recorder, Books)
    return clerk.recorder.receipts


def test_25_failures_in_a_row_end_a_run(clerk: Clerk) -> None:
    """One letter sent in between, and they are counted anew; a deferred one does not count."""
    settle(clerk, NEVER, 24)
    settle(clerk, SENT)
    settle(clerk, NEVER, 12)
    settle(clerk, LATER, 40)
    settle(clerk, NEVER, 12)
    assert clerk.breaker is None
    settle(clerk, NEVER, 3)
    assert "65 letters in a row were not sent, the last one with 552" in str(clerk.breaker)
    assert clerk.halts == [1]  # type: ignore[attr-defined]


def test_100_letters_that_were_not_sent_end_a_run(clerk: Clerk) -> None:
    """All deferred, too."""
    settle(clerk, LATER, 99)
    settle(clerk, SENT)
    settle(clerk, LATER, 99)
    assert clerk.breaker is None
    settle(clerk, LATER)
    assert "100 letters in a row" in str(clerk.breaker)


@pytest.mark.parametrize("made", [0, 1])
def test_25_letters_none_of_which_can_be_made_end_a_run(clerk: Clerk, made: int) -> None:
    """Where one could be, the others are their own failures."""
    clerk.made = made
    failed = Receipt("id1", Outcome.FAILED, 0, "cannot be made", NOW)
    clerk.held.add("id1")
    for _ in range(24):
        clerk.receive_unmade(failed)
    assert clerk.breaker is None
    assert not clerk.held
    clerk.receive_unmade(failed)
    assert (clerk.breaker is None) == bool(made)
    assert receipts(clerk) == [failed] * 25


def test_a_letter_that_its_reader_wants_no_more(clerk: Clerk) -> None:
    """It is skipped, for the reason that was given."""
    clerk.held.add(item().letter.id)
    clerk.withhold(item(), "unsubscribed")
    assert not clerk.held
    assert receipts(clerk) == [Receipt("id000001", Outcome.SKIPPED, 0, "unsubscribed", NOW)]


def test_a_bad_address_is_suppressed_with_what_the_relay_said(
    clerk: Clerk, database: Database
) -> None:
    """Under the letter that it was said of; a doubtful one is only counted."""
    clerk.settle(item(1), Verdict(Action.FAIL, 550, "5.1.1 nobody", Fault.ADDRESS))
    clerk.settle(item(2), Verdict(Action.FAIL, 550, "no", Fault.DOUBTFUL))
    suppressions = Suppressions(database)
    suppress_addresses(suppressions, clerk.bad_addresses, NOW)
    [entry] = suppressions.all()
    assert entry == Suppression("u1@b1.org", "hard bounce", "550 5.1.1 nobody", NOW)
    with database.read() as connection:
        rows = connection.execute(select(bounces.c.letter, bounces.c.kind)).all()
    assert [tuple(row) for row in rows] == [("id000001", "hard"), ("id000002", "soft")]


def test_who_is_on_the_wire(clerk: Clerk) -> None:
    """From its beginning until its outcome, or until the relay has not taken it."""
    books = clerk.recorder
    assert isinstance(books, Books)
    one, two = item(1), item(2)
    clerk.held.update((one.letter.id, two.letter.id))
    for each in (one, two):
        clerk.begin(each)
    assert clerk.under_way == {one.letter.id, two.letter.id} == set(books.begun)
    clerk.forgo(one)
    clerk.settle(two, SENT)
    assert clerk.under_way == set()
    assert clerk.held == {one.letter.id} == set(books.forgone)
    assert receipts(clerk) == [Receipt(two.letter.id, Outcome.SENT, 250, "ok", NOW)]


def test_a_domain_that_closes_is_told(clerk: Clerk) -> None:
    """Its other letters are taken back."""
    settle(clerk, NEVER)
    assert clerk.closed == []  # type: ignore[attr-defined]
    settle(clerk, Verdict(Action.FAIL, 550, "5.7.1 blocked", Fault.POLICY))
    assert clerk.closed == ["b1.org"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hard", "soft", "sent", "believed"),
    [
        (4, 0, 0, 4),
        (5, 0, 0, 0),  # no letter was sent: as likely the relay refuses everybody
        (5, 0, 1, 5),
        (1, 2, 2, 1),  # doubtful ones: as likely our own fault
        (1, 2, 3, 3),
        (0, 1, 0, 0),
    ],
)
def test_bad_addresses_that_are_believed(
    clerk: Clerk, hard: int, soft: int, sent: int, believed: int
) -> None:
    """Doubtful ones beside more letters that were sent, and few or none where none was."""
    settle(clerk, Verdict(Action.FAIL, 550, "5.1.1 nobody", Fault.ADDRESS), hard)
    settle(clerk, Verdict(Action.FAIL, 550, "no", Fault.DOUBTFUL), soft)
    settle(clerk, Verdict(Action.FAIL, 552, "full", Fault.SIZE), 1)
    assert len(clerk.believed(sent)) == believed
    settle(clerk, NEVER, 25)
    assert clerk.believed(sent) == [], "the run was given up"
