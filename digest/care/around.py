"""What is done around every pass, of cron's `digest run` and of `digest serve`."""

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from digest.care.metrics import metrics_text, write_metrics
from digest.care.notices import tell_operator
from digest.config.schema import Config
from digest.errors import DigestError
from digest.models import Outcome
from digest.pipeline.run import RunReport
from digest.state.database import Database
from digest.state.ledger import Ledger
from digest.state.retention import sweep_daily
from digest.state.roll import emails_of
from digest.state.status import read_status
from digest.state.suppression import Suppressions
from digest.state.troubles import note_delivery

if TYPE_CHECKING:
    from digest.delivery.bounces.collecting import BounceReport

log = logging.getLogger(__name__)


def before_pass(config: Config, database: Database, now: datetime) -> None:
    """Read the bounce mailbox: who has unsubscribed by mail gets no letter of this run either."""
    do_chores(lambda: read_mailbox(config, database, now))


def after_pass(config: Config, database: Database, report: RunReport, now: datetime) -> None:
    """Tell the operator what stays broken, forget what is too old, write metrics."""
    do_chores(
        lambda: note_way_out(database, report, now),
        lambda: tell_operator(config, database, now),
        lambda: forget_old(config, database, now),
        lambda: publish_metrics(config, database, now),
    )


def do_chores(*chores: Callable[[], object]) -> None:
    """Do what may neither change how a run ends nor keep the rest from being done.

    A failure is logged.
    """
    for chore in chores:
        try:
            chore()
        except DigestError as error:
            log.error("care event=failed reason=%s", error)
        except Exception:  # a mistake in here must not cost anybody a letter
            log.exception("care event=failed")


def note_way_out(database: Database, report: RunReport, now: datetime) -> None:
    """Remember whether letters could be handed over."""
    if report.delivery is None:
        return
    sent = report.delivery.counts.get(Outcome.SENT, 0) > 0
    # One relay of several may be away while the others take every letter.
    problem = "" if sent else str(report.delivery.error or "")
    note_delivery(database, now, problem=problem, sent=sent)


def read_mailbox(config: Config, database: Database, now: datetime) -> None:
    """Read what came back."""
    from digest.delivery.bounces.mailboxes import hide_user  # few have such a mailbox

    found = read_bounces(config, database, now)
    log.info("bounces event=read suppressed=%d kept=%d", len(found.suppressed), found.kept)
    if found.kept:  # someone may ask to leave in words of their own
        told = "bounces event=kept mails=%d; nobody here understood them: they are flagged in %s"
        log.warning(told, found.kept, hide_user(config.delivery.bounce_mailbox))


def read_bounces(config: Config, database: Database, now: datetime) -> "BounceReport":
    """Read the bounce mailbox, and suppress whom it must.

    Args:
        config: with everybody in it.

    Raises:
        DeliveryError: no mailbox is configured, or it cannot be read.
        StateError: the database cannot be read or written.
    """
    from digest.delivery.bounces.collecting import collect_bounces  # few have such a mailbox
    from digest.rendering.identity import KEY_VERSION, UNSUBSCRIBE, find_email, message_id
    from digest.rendering.sender import Sender

    sender = Sender.of(config.site, secret=database.secret())

    def whose(token: str) -> str | None:  # also of who is no subscriber any more
        listed = (entry.email for entry in Suppressions(database).all())
        emails = chain(emails_of(config.subscribers), Ledger(database).emails(), listed)
        return find_email(token, UNSUBSCRIBE, emails, {KEY_VERSION: sender.secret})

    def name_of(letter: str, email: str) -> str:
        return message_id(letter, email, secret=sender.secret, domain=sender.domain)

    return collect_bounces(Ledger(database), config.delivery, now, whose=whose, name_of=name_of)


def forget_old(config: Config, database: Database, now: datetime) -> None:
    """Forget letters and papers that are too old, once a day."""
    swept = sweep_daily(database, now, config.keep_days)
    if swept is not None:
        log.info("care event=forgotten letters=%d papers=%d", swept.letters, swept.papers)


def publish_metrics(config: Config, database: Database, now: datetime) -> None:
    """Write the metrics file, where one is configured."""
    if config.metrics_file is not None:
        write_metrics(config.metrics_file, present_metrics(config, database, now))


def present_metrics(config: Config, database: Database, now: datetime) -> str:
    """Return the metrics of this moment."""
    status = read_status(database, now, config.source_names)
    return metrics_text(status, subscribers=len(config.subscribers), now=now)
