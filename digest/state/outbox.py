"""The outbox: one row per (edition, subscriber), from its freezing to its last receipt.

```
planned -> claimed(lease) -> in_data -> sent | deferred | failed | uncertain
skipped(suppressed, unsubscribed, nothing to say, too late)      cancelled
```
Every method is one transaction. A row that exists is never made again, so running twice is a
no-op; what is frozen is never chosen again, so a retry has the same bytes.
"""

import re
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from os import getpid
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from digest.models import Edition, Letter, Outcome, Paper, Receipt
from digest.state.database import Database, batches
from digest.state.freezing import Freezer, Frozen, Told, load_snapshots
from digest.state.journal import Journal, journal_base, orphans
from digest.state.ledger import Ledger
from digest.state.letter_rows import (
    bodies_of,
    due_rows,
    found_snapshots,
    free_rows,
    fresh_rows,
    insert_letters,
    insert_many,
    keep_snapshots,
    lease_rows,
    mark_rows,
    note_attempts,
    overdue_rows,
    past_of,
)
from digest.state.recovery import bury_owner, free_expired
from digest.state.schema import bodies, letters, told
from digest.state.settling import NOTHING_TO_SAY, damaged, settle, too_late
from digest.state.suppression import fold_address, suppressed_addresses

CACHED_PAPERS = 20_000
DAMAGED = (LookupError, TypeError, ValueError)  # what reading such a body comes to
ENDED_TOGETHER = 500  # letters, in some 20 ms
FRESH_EDITIONS = 10_000  # kept as they were frozen, some 50 MB, to be claimed without reading


@dataclass(frozen=True, slots=True)
class Claim:
    """What one call of `claim` took: letters to send, and letters that ended there and then."""

    editions: tuple[Edition | Letter, ...]  # letters where they were composed already
    receipts: tuple[Receipt, ...]
    marked: bool = False  # as by `mark_in_data`


class NewLetter(NamedTuple):
    """One edition as it is written."""

    edition: Edition
    row: tuple[Any, ...]  # the values of LETTER_NAMES
    body: str
    told: Told | None


class Outbox(Ledger):
    """The letters of one database.

    Args:
        max_lateness: an edition older than this is skipped, not sent.
        hold_uncertain: never repeat a letter whose fate is unknown; else once, 15 minutes later.
        spool: this machine's own folder, as for `journal_base`.
    """

    def __init__(
        self,
        database: Database,
        *,
        max_lateness: timedelta = timedelta(hours=20),
        hold_uncertain: bool = False,
        spool: Path | None = None,
    ) -> None:
        super().__init__(database)
        self.max_lateness = max_lateness
        self.hold_uncertain = hold_uncertain
        self.journal_base = journal_base(database, spool)
        self._freezer = Freezer()
        self._frozen_at: datetime | None = None
        self._papers: dict[str, Paper] = {}
        self._fresh: dict[str, Edition] = {}
        self._ended: list[Receipt] = []  # by `recover`; the next claim returns them

    def freeze(self, editions: Iterable[Edition], now: datetime) -> int:
        """Write recipients and chosen papers in one transaction; return how many rows are new.

        A row that exists is left alone, whatever it holds. The papers of new rows count as told.
        """
        frozen = self._frozen(editions, Outcome.PLANNED, now)
        if not frozen:
            return 0
        with self.database.begin() as connection:
            new = self._insert(connection, frozen, now)
            insert_many(connection, told, [one.told for one in new if one.told])
        self._freezer.snapshots.clear()  # those of a transaction that failed are written again
        room = FRESH_EDITIONS - len(self._fresh)
        self._fresh |= {one.edition.id: one.edition for one in islice(new, room)}
        return len(new)

    def take_fresh(self) -> list[Edition]:
        """Return the editions frozen here since the last call and not yet claimed, in order."""
        taken, self._fresh = self._fresh, {}
        return list(taken.values())

    def skip(self, editions: Iterable[Edition], now: datetime) -> int:
        """Write editions that have nothing to say; return how many rows are new."""
        frozen = self._frozen(editions, Outcome.SKIPPED, now, NOTHING_TO_SAY)
        if not frozen:
            return 0
        with self.database.begin() as connection:
            new = self._insert(connection, frozen, now)
            note_attempts(
                connection,
                [Receipt(one.edition.id, Outcome.SKIPPED, 0, NOTHING_TO_SAY, now) for one in new],
            )
        self._freezer.snapshots.clear()
        return len(new)

    def _frozen(
        self, editions: Iterable[Edition], outcome: Outcome, now: datetime, text: str = ""
    ) -> list[NewLetter]:
        """Put editions into the form in which they are written: nobody waits meanwhile."""
        if now != self._frozen_at:  # each snapshot bears when a letter last needed it
            self._freezer, self._frozen_at = Freezer(), now
        return [
            NewLetter(
                edition,
                self._row(edition, outcome, now, text),
                self._freezer.freeze(edition),
                self._freezer.told(edition),
            )
            for edition in editions
        ]

    def _insert(
        self, connection: Connection, frozen: Sequence[NewLetter], now: datetime
    ) -> list[NewLetter]:
        """Write rows, bodies and papers of editions; return those that had no row before."""
        keys = insert_letters(connection, [one.row for one in frozen])
        new = [one for one in frozen if one.edition.id in keys]
        insert_many(connection, bodies, [(keys[one.edition.id], one.body) for one in new])
        keep_snapshots(connection, self._freezer.snapshots, now)
        return new

    def _row(self, edition: Edition, outcome: Outcome, now: datetime, text: str) -> tuple[Any, ...]:
        """Return the values of LETTER_NAMES."""
        return (
            edition.id,
            edition.date.isoformat(),
            edition.slot,
            edition.email,
            str(outcome),
            edition.made_at.timestamp(),
            0,
            0,
            text,
            now.timestamp(),
            (edition.made_at + self.max_lateness).timestamp(),
        )

    def claim(
        self,
        count: int,
        owner: str,
        now: datetime,
        allowed: Callable[[str], bool] | None = None,
        *,
        mark: Sequence[str] = (),
    ) -> Claim:
        """Lease up to `count` letters whose time has come.

        Here, and not only when the letter was made, it is looked at whether its time is over,
        whether the address is suppressed (an unsubscription is a suppression), and whether the
        person is still `allowed`: those letters end, and their receipts are returned.

        Args:
            mark: ids of letters claimed before, as for `mark_in_data`, in the same transaction.
        """
        editions: list[Edition] = []
        receipts, self._ended = self._ended, []
        with self.database.begin() as connection:
            mark_rows(connection, mark, now)
            while len(editions) < count:
                rows = due_rows(connection, count - len(editions), now.timestamp())
                if not rows:
                    break
                ended = list(self._refused(connection, rows, now, allowed))
                gone = {receipt.id for receipt in ended}
                kept = [row.id for row in rows if row.id not in gone]
                taken, broken = self._thawed(connection, kept, now)
                lease_rows(connection, [edition.id for edition in taken], owner, now)
                receipts += self._settle(connection, [*ended, *broken], now, paid=0)
                editions += taken
        return Claim(tuple(editions), tuple(receipts))

    def claim_composed(
        self,
        composed: Mapping[str, Letter],
        owner: str,
        now: datetime,
        allowed: Callable[[str], bool] | None = None,
        *,
        mark: Sequence[str] = (),
    ) -> Claim:
        """Lease those of these letters that nobody has claimed yet, and mark them; else as `claim`.

        Args:
            composed: by id; what they are made of need not be read, and they may go on the wire.
        """
        with self.database.begin() as connection:
            mark_rows(connection, mark, now)
            rows = fresh_rows(connection, list(composed))
            ended = list(self._refused(connection, rows, now, allowed))
            gone = {receipt.id for receipt in ended}
            taken = [composed[row.id] for row in rows if row.id not in gone]
            ready = [letter.id for letter in taken]
            lease_rows(connection, ready, owner, now, Outcome.IN_DATA)
            receipts = self._settle(connection, ended, now, paid=0)
        return Claim(tuple(taken), tuple(receipts), marked=True)

    def _refused(
        self,
        connection: Connection,
        rows: Sequence[Row[Any]],
        now: datetime,
        allowed: Callable[[str], bool] | None,
    ) -> Iterator[Receipt]:
        moment = now.timestamp()
        reasons = suppressed_addresses(connection, [row.email for row in rows], moment)
        late = [row.id for row in rows if row.deadline and moment > row.deadline]
        past = past_of(connection, late)
        for row in rows:
            reason = reasons.get(fold_address(row.email)) if reasons else None
            if reason is not None:
                yield Receipt(row.id, Outcome.SKIPPED, 0, reason, now)
            elif allowed is not None and not allowed(row.email):
                yield Receipt(row.id, Outcome.CANCELLED, 0, "no longer a subscriber", now)
            elif row.id in past:
                yield too_late(row, past[row.id], now)

    def _thawed(
        self, connection: Connection, letter_ids: Sequence[str], now: datetime
    ) -> tuple[list[Edition], list[Receipt]]:
        """Return the editions, those frozen here first, and what ended the unreadable."""
        known = {letter_id: self._fresh.pop(letter_id, None) for letter_id in letter_ids}
        editions = [edition for edition in known.values() if edition is not None]
        unknown = [letter_id for letter_id, edition in known.items() if edition is None]
        read, broken = self._read(connection, unknown)
        return [*editions, *read.values()], [damaged(letter_id, now) for letter_id in broken]

    def _read(
        self, connection: Connection, letter_ids: Sequence[str]
    ) -> tuple[dict[str, Edition], list[str]]:
        """Return editions by id, in the order of their making, and the ids of damaged ones."""
        found = dict(bodies_of(connection, letter_ids))
        frozen = dict(self._opened(connection, found))
        names = set[str]().union(*(one.names for one in frozen.values()))
        if len(self._papers) > CACHED_PAPERS:
            self._papers.clear()
        self._papers |= load_snapshots(found_snapshots(connection, names - self._papers.keys()))
        editions: dict[str, Edition] = {}
        for letter_id, one in frozen.items():
            with suppress(*DAMAGED):
                editions[letter_id] = one.thaw(self._papers)
        return editions, [letter_id for letter_id in letter_ids if letter_id not in editions]

    def _opened(
        self, connection: Connection, found: Mapping[str, str]
    ) -> Iterator[tuple[str, Frozen]]:
        """Yield those of some bodies, by their letters, that can be read."""
        frozen: dict[str, Frozen] = {}
        for letter_id, body in found.items():
            with suppress(*DAMAGED):
                frozen[letter_id] = Frozen(body)
        names = {one.shared for one in frozen.values() if one.shared}
        shared = dict(found_snapshots(connection, names))
        for letter_id, one in frozen.items():
            with suppress(*DAMAGED):
                one.open(shared)
                yield letter_id, one

    def edition(self, letter_id: str) -> Edition | None:
        """Return what a letter is made of; None where there is no such letter, or it is damaged."""
        return self.editions([letter_id]).get(letter_id)

    def editions(self, letter_ids: Sequence[str]) -> dict[str, Edition]:
        """Return what letters are made of, by id; damaged and unknown ones are left out."""
        with self.database.read() as connection:
            return self._read(connection, letter_ids)[0]

    def mark_in_data(self, letter_ids: Sequence[str], now: datetime) -> None:
        """Commit the intent to send: after a crash these letters may have been delivered."""
        with self.database.begin() as connection:
            mark_rows(connection, letter_ids, now)

    def release(self, letter_ids: Sequence[str], now: datetime) -> None:
        """Give letters back that were not delivered and pay no attempt."""
        with self.database.begin() as connection:
            for batch in batches(letter_ids):
                free_rows(connection, letters.c.id.in_(batch), now)

    def postpone(self, until: Mapping[str, datetime], now: datetime) -> None:
        """Give letters back that pay no attempt, each to be claimed no sooner than at its time."""
        with self.database.begin() as connection:
            for letter_id, moment in until.items():
                free_rows(connection, letters.c.id == letter_id, now, moment)

    def record(self, receipts: Sequence[Receipt], now: datetime) -> list[Receipt]:
        """Commit what became of letters, and return it as it was written down.

        A deferred letter gets its next try, or fails where that would be after its deadline. A
        letter of unknown fate is repeated once; the second time it stays uncertain.
        """
        with self.database.begin() as connection:
            return self._settle(connection, receipts, now)

    def _settle(
        self, connection: Connection, receipts: Sequence[Receipt], now: datetime, paid: int = 1
    ) -> list[Receipt]:
        return settle(connection, receipts, now, hold_uncertain=self.hold_uncertain, paid=paid)

    def open_journal(self, owner: str) -> Journal | None:
        """Open the journal of a process that is about to send; None where there is no place."""
        base = self.journal_base
        return Journal(Path(f"{base}.{owner}")) if base is not None else None

    def recover(self, now: datetime) -> None:
        """Settle the letters of processes that died, found by their journal or expired lease, and
        end those whose time is over: the letters that are planned next may choose their papers."""
        for path, testimony in orphans(self.journal_base) if self.journal_base else ():
            owner = path.name.rpartition(".")[2]
            with self.database.begin() as connection:
                bury_owner(connection, owner, testimony, now, self._settle)
            path.unlink()
        with self.database.begin() as connection:
            free_expired(connection, now, self._settle)
        while ended := self._end_overdue(now):
            self._ended += ended

    def _end_overdue(self, now: datetime) -> list[Receipt]:
        """End some letters whose time is over: whoever unsubscribes need not wait for them all."""
        with self.database.begin() as connection:
            rows = overdue_rows(connection, ENDED_TOGETHER, now.timestamp())
            ended = list(self._refused(connection, rows, now, None))
            return self._settle(connection, ended, now, paid=0)


def new_owner() -> str:
    """Return a name for this process that no other has: host, process id and four random bytes."""
    host = re.sub(r"[^a-z0-9-]", "-", socket.gethostname().lower())
    return f"{host}-{getpid()}-{secrets.token_hex(4)}"
