"""Changes the subscribers that live in the database; `digest.state.roll` reads all of them."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update

from digest.models import Subscriber
from digest.state.database import Database, open_database
from digest.state.roll import parsed
from digest.state.schema import subscribers

SUBSCRIBER: TypeAdapter[Subscriber] = TypeAdapter(Subscriber)


def people_rows(url: str) -> list[tuple[str, str]]:
    """Return every subscriber's address and JSON, by address."""
    query = select(subscribers.c.email, subscribers.c.body).order_by(subscribers.c.email)
    with closing(open_database(url)) as database, database.read() as connection:
        return [(email, body) for email, body in connection.execute(query)]


def find_person(database: Database, email: str) -> Subscriber | None:
    """Return who lives in the database by that address, without reading all the others.

    Raises:
        StateError: the row is damaged.
    """
    query = select(subscribers.c.body).where(subscribers.c.email == email)
    with database.read() as connection:
        body = connection.scalar(query)
    return parsed(database.name, [body])[0] if body else None


def add_people(database: Database, people: Sequence[Subscriber], now: datetime) -> int:
    """Add people in one transaction; return how many, who is there already stays as they are.

    Addresses are compared without case, as in the YAML.
    """
    with database.begin() as connection:
        known = {email.casefold() for email in connection.scalars(select(subscribers.c.email))}
        new = [person for person in people if person.email.casefold() not in known]
        if new:
            connection.execute(insert(subscribers), [row_of(person, now) for person in new])
    return len(new)


def change_person(database: Database, person: Subscriber, now: datetime) -> None:
    """Replace what is kept of one person, found by their address."""
    row = row_of(person, now)
    with database.begin() as connection:
        where = subscribers.c.email == person.email
        connection.execute(update(subscribers).where(where).values(row))


def remove_person(database: Database, email: str) -> None:
    """Take one person out; letters and history stay."""
    with database.begin() as connection:
        connection.execute(delete(subscribers).where(subscribers.c.email == email))


def row_of(person: Subscriber, now: datetime) -> dict[str, object]:
    """Return a subscriber as a row; what is as the program has it by itself is left out."""
    body = SUBSCRIBER.dump_json(person, exclude_defaults=True).decode()
    return {"email": person.email, "body": body, "updated": now.timestamp()}
