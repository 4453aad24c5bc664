"""Who gets no letters, why and until when; an entry here beats the subscribers file."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TextIO

from sqlalchemy import (
    Connection,
    Row,
    UpdateBase,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from digest.errors import StateError
from digest.sheets import SheetError, read_sheet
from digest.state.codec import moment_of
from digest.state.database import Database
from digest.state.letter_rows import insert_into
from digest.state.listing import among_these, these
from digest.state.schema import bounces, suppressions

UNSUBSCRIBED, PAUSED = "unsubscribed", "paused"  # the reasons that a reader may take back
COMPLAINT = "complaint"
BOUNCED = {"hard": "hard bounce", "soft": "soft bounces"}  # reasons, by the kind of bounce
SETTLED = "soft, settled"  # the kind of a soft bounce that counts no more
SOFT_LIMIT = 3  # soft bounces on as many different days ...
SOFT_WINDOW = timedelta(days=14)  # ... within this time
ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f@<>,:;]+@[^\s\x00-\x1f\x7f@<>,:;]+")
YEARS = range(1970, 10_000)
CSV_FIELDS = ("email", "reason", "detail", "at", "until")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One address that gets no letters."""

    email: str  # as `fold_address` writes it
    reason: str  # UNSUBSCRIBED, PAUSED, COMPLAINT, "hard bounce", "soft bounces", "operator"
    detail: str = ""
    at: datetime | None = None
    until: datetime | None = None  # None: for good


LISTED = select(suppressions.c.email, suppressions.c.reason).where(
    among_these(suppressions.c.email),
    or_(suppressions.c.until.is_(None), suppressions.c.until > bindparam("now")),
)


def fold_address(email: str) -> str:
    """Return the address in lower case: whoever wrote it differently means the same box."""
    return email.strip().lower()


def suppressed_addresses(
    connection: Connection, emails: Sequence[str], now: float
) -> dict[str, str]:
    """Return folded address -> reason, of those that are suppressed at this moment."""
    asked = these({fold_address(email) for email in emails})
    return dict(iter(connection.execute(LISTED, {**asked, "now": now})))


class Suppressions:
    """The list of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, entries: Iterable[Suppression], now: datetime) -> None:
        """Suppress addresses; an entry that exists keeps the longer of both times."""
        with self.database.begin() as connection:
            write_entries(connection, entries, now)

    def remove(self, email: str) -> bool:
        """Let an address have letters again; False where it was not suppressed.

        Its soft bounces are settled with that: else one more would suppress it at once.
        """
        address = fold_address(email)
        with self.database.begin() as connection:
            where = suppressions.c.email == address
            removed = bool(connection.execute(delete(suppressions).where(where)).rowcount)
            if removed:
                counted = and_(bounces.c.email == address, bounces.c.kind == "soft")
                connection.execute(update(bounces).where(counted).values(kind=SETTLED))
        return removed

    def active(self, emails: Sequence[str], now: datetime) -> dict[str, str]:
        """Return address -> reason, of those that are suppressed at this moment."""
        with self.database.read() as connection:
            found = suppressed_addresses(connection, emails, now.timestamp())
        return {email: found[key] for email in emails if (key := fold_address(email)) in found}

    def all(self) -> Iterator[Suppression]:
        """Yield every entry in the order of addresses, expired ones too."""
        with self.database.read() as connection:
            rows = connection.execute(select(suppressions).order_by(suppressions.c.email))
            yield from map(entry_of, rows)

    def of(self, email: str, now: datetime) -> Suppression | None:
        """Return the entry that keeps letters from an address at this moment; None: none does."""
        query = select(suppressions).where(suppressions.c.email == fold_address(email))
        with self.database.read() as connection:
            row = connection.execute(query).first()
        entry = entry_of(row) if row else None
        return entry if entry and (entry.until is None or entry.until > now) else None

    def count_bounce(
        self, email: str, kind: str, *, now: datetime, letter: str = "", detail: str = ""
    ) -> Suppression | None:
        """Count a bounce or complaint; return the suppression it led to, where it did.

        A hard bounce or a complaint suppresses at once; soft ones when they came on three
        different days within two weeks. Of one letter they count once: where the mailbox cannot be
        written to, the same mail is read every day.

        Args:
            kind: hard, soft or complaint.
        """
        address = fold_address(email)
        with self.database.begin() as connection:
            if kind == "soft" and letter and was_counted(connection, address, letter):
                return None
            row = {"email": address, "at": now.timestamp(), "kind": kind}
            connection.execute(insert(bounces).values(**row, letter=letter, detail=detail[:500]))
            if kind == "soft" and soft_days(connection, address, now) < SOFT_LIMIT:
                return None
            reason = BOUNCED.get(kind, kind)
            entry = Suppression(address, reason, detail[:500])
            write_entries(connection, [entry], now)
            return entry

    def export_csv(self, file: TextIO) -> None:
        """Write the list as CSV with a header line."""
        writer = csv.writer(file)
        writer.writerow(CSV_FIELDS)
        for entry in list(self.all()):  # nobody waits in a transaction for who reads the file
            at, until = (moment.isoformat() if moment else "" for moment in (entry.at, entry.until))
            writer.writerow([entry.email, entry.reason, entry.detail, at, until])

    def import_csv(
        self, text: str, name: str, now: datetime, spell: Callable[[str], str] = fold_address
    ) -> int:
        """Add the entries of a CSV text with a header line; return their number.

        Only the column `email` is needed; the reason is then "operator".

        Args:
            name: of the file, for errors.
            spell: writes an address as subscribers' are kept.

        Raises:
            StateError: there is no such column, or a line is not what the header says.
        """
        try:
            header, rows = read_sheet(text)
        except SheetError as error:
            raise StateError(f"{name}:{error.line}", str(error)) from error
        if "email" not in header:
            raise StateError(name, "has no column `email` in its first line")
        entries = [
            read_entry(dict(zip(header, cells, strict=False)), name, line) for line, cells in rows
        ]
        self.add([replace(entry, email=spell(entry.email)) for entry in entries], now)
        return len(entries)


def entry_of(row: Row[Any]) -> Suppression:
    """Return the entry of one row."""
    return Suppression(row.email, row.reason, row.detail, moment_of(row.at), moment_of(row.until))


def write_entries(connection: Connection, entries: Iterable[Suppression], now: datetime) -> None:
    """Write entries; a lasting one is not made temporary by a later one.

    That somebody has unsubscribed is kept in place of a bounce, which may be mended; what operators
    and complaints have decided stays, and comes in place of an unsubscription, since readers may
    take back what they have said themselves.
    """
    rows = [
        {
            "email": fold_address(entry.email),
            "reason": entry.reason,
            "detail": entry.detail,
            "at": (entry.at or now).timestamp(),
            "until": entry.until.timestamp() if entry.until else None,
        }
        for entry in entries
    ]
    if rows:  # one statement for all: a long list must not keep a run from committing
        connection.execute(entry_statement(connection.dialect.name), rows)


@cache
def entry_statement(dialect: str) -> UpdateBase:
    """Return what writes an entry, or puts it in the place of one that says less."""
    statement = insert_into(dialect, suppressions)
    old, newer = suppressions.c, statement.excluded
    lasts, left = newer.until.is_(None), newer.reason == UNSUBSCRIBED
    bounced = or_(*(old.reason == reason for reason in BOUNCED.values()))  # many rows take no IN
    weak = (UNSUBSCRIBED, PAUSED, *BOUNCED.values())
    decided = and_(*(newer.reason != reason for reason in weak))
    says_more = or_(
        and_(old.until.is_not(None), or_(lasts, newer.until > old.until)),
        and_(left, bounced),
        and_(lasts, decided, old.reason == UNSUBSCRIBED),
    )
    changed = {name: newer[name] for name in ("reason", "detail", "at", "until")}
    return statement.on_conflict_do_update(index_elements=["email"], set_=changed, where=says_more)


def was_counted(connection: Connection, address: str, letter: str) -> bool:
    """Tell whether it is known that a letter bounced softly, settled since or not."""
    soft = bounces.c.kind.in_(("soft", SETTLED))
    where = and_(bounces.c.email == address, bounces.c.letter == letter, soft)
    return bool(connection.scalar(select(func.count()).where(where)))


def soft_days(connection: Connection, address: str, now: datetime) -> int:
    """Return on how many different days (UTC) the address bounced softly of late."""
    day = func.floor(bounces.c.at / 86_400)
    recent = bounces.c.at > (now - SOFT_WINDOW).timestamp()
    where = and_(bounces.c.email == address, bounces.c.kind == "soft", recent)
    return connection.scalar(select(func.count(day.distinct())).where(where)) or 0


def read_entry(row: dict[str, str], name: str, line: int) -> Suppression:
    """Return the entry of one line of a CSV file."""
    email = (row.get("email") or "").strip()
    if not ADDRESS.fullmatch(email):
        raise StateError(f"{name}:{line}", f"{email!r} is not an e-mail address")
    try:
        at, until = (read_moment(row.get(field) or "") for field in ("at", "until"))
    except (ValueError, OverflowError) as error:
        raise StateError(f"{name}:{line}", f"cannot be read: {error}") from error
    reason = row.get("reason") or "operator"
    return Suppression(fold_address(email), reason, row.get("detail") or "", at, until)


def read_moment(text: str) -> datetime | None:
    """Return an ISO 8601 time, taken as UTC where it names no zone; None for ""."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.year not in YEARS:
        raise ValueError(f"{text} is too far away")
    return moment
