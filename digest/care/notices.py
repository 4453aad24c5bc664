"""Tells the operator by mail, once, that a source or the way out of the letters stays broken."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import shorten

from digest.care.wording import Complaint, day_and_hour, relay_complaints, source_complaint
from digest.config.schema import Config
from digest.delivery.posting import post_letter
from digest.models import Letter, Outcome
from digest.rendering.filters import plural
from digest.state.database import Database
from digest.state.memories import SourceBook, SourceHealth
from digest.state.troubles import RelayTrouble, load_trouble, save_trouble

SUBJECT_CHARACTERS = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What the operator does not know yet."""

    sources: tuple[SourceHealth, ...]
    relay: RelayTrouble | None

    @property
    def complaints(self) -> list[Complaint]:
        """The news as sentences."""
        found = [*relay_complaints(self.relay), *map(source_complaint, self.sources)]
        if self.relay is not None and self.relay.ended is not None:
            found.insert(0, over(self.relay, self.relay.ended))
        return found


def tell_operator(config: Config, database: Database, now: datetime) -> bool:
    """Send one mail about everything that has newly stayed broken; True: one was sent.

    What cannot be sent is tried again after the next run: where the only relay is what is broken,
    the mail comes when it works again.
    """
    news = gather_news(config, database)
    complaints = news.complaints
    if not complaints or not can_mail(config):
        return False
    receipt = post_letter(compose(config, database, complaints, now), config.delivery, now)
    if receipt.outcome is not Outcome.SENT:
        log.warning("operator event=not_told reason=%s", receipt.text)
        return False
    for source in news.sources:
        SourceBook(database).mark_told(source.name, now)
    if news.relay is not None:
        save_trouble(database, replace(news.relay, told=True))
    return True


def gather_news(config: Config, database: Database) -> News:
    """Return what has been broken for long enough and was not told of."""
    broken = SourceBook(database).broken(config.operator_after)
    trouble = load_trouble(database)
    if trouble is not None and (trouble.told or trouble.runs < config.operator_after):
        trouble = None
    if trouble is not None and not trouble.ended and len(config.delivery.smtp) < 2:
        trouble = None  # the mail would have to go out by what is broken
    return News(tuple(one for one in broken if one.name in config.source_names), trouble)


def can_mail(config: Config) -> bool:
    """Tell whether there is somebody to write to and a way there; a folder is none."""
    return bool(config.site.operator) and config.delivery.folder is None


def over(trouble: RelayTrouble, ended: datetime) -> Complaint:
    """Say that a stretch of trouble is over."""
    return Complaint(
        f"letters could not be handed over ({trouble.runs} {plural('run', trouble.runs)}) from "
        f"{day_and_hour(trouble.since)} to {day_and_hour(ended)}: {trouble.reason}",
        "it works again; letters that were not too late have gone out",
    )


def compose(
    config: Config, database: Database, complaints: Sequence[Complaint], now: datetime
) -> Letter:
    """Return the mail."""
    from digest.rendering.dkim import load_signer  # hardly a run has anything to tell
    from digest.rendering.notice import Notice, compose_notice

    first = complaints[0].what
    lines = [f"* {one.what}\n  {one.mend}\n" for one in complaints]
    text = "\n".join(
        [
            f"{config.site.name} on this machine ({config.path}) has this to say:\n",
            *lines,
            "You are told of each of these once. `digest status` shows how things are now.",
        ]
    )
    subject = f"[{config.site.name}] {shorten(first, SUBJECT_CHARACTERS, placeholder=' …')}"
    dkim = config.delivery.dkim
    return compose_notice(
        Notice(config.site.operator, subject, text),
        sender=config.site.sender,
        secret=database.secret(),
        now=now,
        signer=load_signer(dkim.domain, dkim.selector, dkim.key_file) if dkim else None,
    )
