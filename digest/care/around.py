"""What is done at the end of every pass, of cron's `digest run` and of `digest serve`."""

import logging
from datetime import datetime

from digest.care.metrics import metrics_text, write_metrics
from digest.care.notices import tell_operator
from digest.config.schema import Config
from digest.errors import DigestError
from digest.models import Outcome
from digest.pipeline.run import RunReport
from digest.state.database import Database
from digest.state.ledger import Ledger
from digest.state.retention import sweep_daily
from digest.state.status import read_status
from digest.state.troubles import load_trouble, note_delivery

log = logging.getLogger(__name__)


def after_pass(config: Config, database: Database, report: RunReport, now: datetime) -> None:
    """Read bounces, tell the operator what stays broken, forget what is too old, write metrics.

    None of it may change how the run ended, nor keep the rest from being done: a failure is logged.
    """
    for chore in (
        lambda: note_way_out(database, report, now),
        lambda: read_bounces(config, database, now),
        lambda: tell_operator(config, database, now),
        lambda: sweep_daily(database, now, config.keep_days),
        lambda: publish_metrics(config, database, now),
    ):
        try:
            chore()
        except DigestError as error:
            log.error("care event=failed reason=%s", error)


def note_way_out(database: Database, report: RunReport, now: datetime) -> None:
    """Remember whether letters could be handed over."""
    if report.delivery is None:
        return
    sent = report.delivery.counts.get(Outcome.SENT, 0) > 0
    # One relay of several may be away while the others take every letter.
    problem = "" if sent else str(report.delivery.error or "")
    note_delivery(database, now, problem=problem, sent=sent)


def read_bounces(config: Config, database: Database, now: datetime) -> None:
    """Read what came back, where a mailbox is configured."""
    if config.delivery.bounce_mailbox:
        from digest.delivery.bounces.collecting import collect_bounces  # few have such a mailbox

        found = collect_bounces(Ledger(database), config.delivery, now)
        log.info("bounces event=read suppressed=%d kept=%d", len(found.suppressed), found.kept)


def publish_metrics(config: Config, database: Database, now: datetime) -> None:
    """Write the metrics file, where one is configured."""
    if config.metrics_file is not None:
        write_metrics(config.metrics_file, present_metrics(config, database, now))


def present_metrics(config: Config, database: Database, now: datetime) -> str:
    """Return the metrics of this moment."""
    return metrics_text(
        read_status(database, now, config.source_names),
        load_trouble(database),
        subscribers=len(config.subscribers),
        now=now,
    )
