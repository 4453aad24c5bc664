"""Tells a dead man's switch such as healthchecks.io how a run began and ended.

The service mails when no ping comes, which is the one failure that a program cannot report of
itself.
"""

import logging
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

from digest.config.schema import Config

log = logging.getLogger(__name__)


def ping_about(config: Config, word: str = "") -> None:
    """Ping the configured address, where there is one. A failure is logged and nothing more.

    Args:
        word: "start", "fail" or "" for success: the last part of the path, as
            https://healthchecks.io/docs/http_api/ has it. An address with a query, as other
            services have them, is asked for success only.
    """
    target = ping_target(config.ping_url, word)
    if not target:
        return
    from digest.sources.asking.door import Door, Question, Unreachable  # HTTP is slow to load

    host = urlsplit(target).netloc.rpartition("@")[2]  # a password may stand before it
    try:
        with closing(Door(config.site.operator)) as door:
            answer = door.ask(Question(target))
    except Unreachable as error:
        log.warning("ping event=unanswered host=%s reason=%s", host, error.reason)
        return
    if answer.status >= 400:
        log.warning("ping event=refused host=%s status=%d", host, answer.status)


def ping_target(url: str, word: str) -> str:
    """Return the address to ask; "" where there is none for that word."""
    parts = urlsplit(url)
    if not url or (word and parts.query):
        return ""
    path = "/".join((parts.path.rstrip("/"), word)) if word else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
