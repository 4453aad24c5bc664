"""Reads the bounce mailbox to its end and suppresses whom it must."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from digest.config.schema import Delivery
from digest.delivery.bounces.mailboxes import open_mailbox
from digest.delivery.bounces.notices import Kind, Notice, read_notice
from digest.delivery.envelope import receiving_domain
from digest.errors import DeliveryError, printable
from digest.models import Outcome
from digest.state.ledger import Ledger
from digest.state.suppression import UNSUBSCRIBED, Suppression, Suppressions

ACTED_ON = {Kind.HARD, Kind.SOFT, Kind.COMPLAINT, Kind.UNSUBSCRIBE}
MAY_RETURN = {Outcome.SENT, Outcome.UNCERTAIN}


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What the mailbox held."""

    counts: Mapping[Kind, int]
    suppressed: tuple[Suppression, ...]  # by this reading
    kept: int  # mails for a person to look at: flagged, not deleted


def collect_bounces(
    ledger: Ledger,
    settings: Delivery,
    now: datetime,
    *,
    whose: Callable[[str], str | None],
    name_of: Callable[[str, str], str],
) -> BounceReport:
    """Read every new mail of the bounce mailbox.

    A report counts only where it names a letter of ours by its VERP address; without a
    `bounce_address`, where it returns one that was sent. A mail that unsubscribes counts by its
    token, whoever sent it. Else anybody could unsubscribe anybody with a forged mail.

    Args:
        whose: returns the reader whose token it is, to unsubscribe; None: nobody's.
        name_of: returns the Message-ID of a letter, by its id and address.

    Raises:
        DeliveryError: no mailbox is configured, or it cannot be read.
    """
    if not settings.bounce_mailbox:
        raise DeliveryError("nowhere", "`delivery: bounce_mailbox:` is not set; name a mailbox")
    counts: Counter[Kind] = Counter()
    suppressed: list[Suppression] = []
    kept = 0
    password = settings.bounce_password.get_secret_value()
    try:
        with open_mailbox(settings.bounce_mailbox, password) as box:
            for key, content in box.unread():
                notice = read_notice(content, settings.bounce_address)
                if notice.kind is Kind.UNSUBSCRIBE:
                    email = whose(notice.token) or ""
                else:
                    email, letter = letter_of(ledger, notice, settings.bounce_address, name_of)
                    notice = softened(replace(notice, letter=letter), email)
                understood = notice.kind is not Kind.UNKNOWN and (
                    bool(email) or notice.kind not in ACTED_ON
                )
                if understood and notice.kind in ACTED_ON:
                    entry = act_on(ledger, notice, email, now)
                    suppressed += [entry] if entry else []
                counts[notice.kind if understood else Kind.UNKNOWN] += 1
                box.mark(key, understood=understood)
                kept += not understood
    except DeliveryError as error:
        if not kept:
            raise
        flagged = f"mails flagged until then, which nobody here understood: {kept}"
        raise DeliveryError(error.host, f"{error.reason}; {flagged}") from error
    return BounceReport(dict(counts), tuple(suppressed), kept)


def letter_of(
    ledger: Ledger, notice: Notice, bounce_address: str, name_of: Callable[[str, str], str]
) -> tuple[str, str]:
    """Return address and id of the letter that a notice is about; "" where it is none of ours."""
    if notice.letter:
        found = ledger.history(letter_id=notice.letter, limit=1)
        return (found[0].email, notice.letter) if found else ("", notice.letter)
    if bounce_address or not (notice.recipient and notice.returned):
        return "", ""
    for one in ledger.history(email=notice.recipient):
        if one.outcome in MAY_RETURN and name_of(one.id, one.email) == notice.returned:
            return one.email, one.id
    return "", ""


def softened(notice: Notice, email: str) -> Notice:
    """Return a hard bounce of another address than the letter's as a soft one, which names it.

    It is a member of a list or the end of a redirect; beside it others may read the letters.
    """
    if notice.kind is not Kind.HARD or not notice.failed or is_same_box(notice.failed, email):
        return notice
    return replace(
        notice, kind=Kind.SOFT, detail=printable(f"for {notice.failed}: {notice.detail}")
    )


def is_same_box(one: str, other: str) -> bool:
    """Return whether two addresses differ in no more than a +tag or a host's name."""
    names = {address.lower().rpartition("@")[0].partition("+")[0] for address in (one, other)}
    shorter, longer = sorted((f".{receiving_domain(one)}", f".{receiving_domain(other)}"), key=len)
    return len(names) == 1 and longer.endswith(shorter)


def act_on(ledger: Ledger, notice: Notice, email: str, now: datetime) -> Suppression | None:
    """Unsubscribe, or count a bounce or complaint; return the suppression it led to."""
    if notice.kind is Kind.UNSUBSCRIBE:
        entry = Suppression(email, UNSUBSCRIBED, "by mail")
        Suppressions(ledger.database).add([entry], now)
        return entry
    return Suppressions(ledger.database).count_bounce(
        email, notice.kind.value, now=now, letter=notice.letter, detail=notice.detail
    )
