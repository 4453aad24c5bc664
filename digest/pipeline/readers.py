"""Finds the reader behind the token of a mail that unsubscribes."""

import re
from collections.abc import Sequence
from itertools import chain

from digest.models import Subscriber
from digest.rendering.identity import KEY_VERSION, UNSUBSCRIBE, find_email
from digest.state.database import Database
from digest.state.ledger import Ledger
from digest.state.roll import emails_of
from digest.state.suppression import Suppressions

SHAPE = re.compile(r"[0-9]{1,4}\.[A-Za-z0-9_-]{32}")  # of a token


def find_reader(token: str, people: Sequence[Subscriber], database: Database) -> str | None:
    """Return whose unsubscribe token it is, also of who is no subscriber any more; None: nobody's.

    Some 2 us for each address that is known.

    Raises:
        StateError: the database cannot be read.
    """
    if not SHAPE.fullmatch(token):
        return None
    listed = (entry.email for entry in Suppressions(database).all())
    emails = chain(emails_of(people), Ledger(database).emails(), listed)
    return find_email(token, UNSUBSCRIBE, emails, {KEY_VERSION: database.secret()})
