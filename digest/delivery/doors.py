"""Chooses where letters go from what the configuration says."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from digest.config.schema import Delivery, Relay
from digest.delivery.belt import Belt
from digest.delivery.connecting import connect_relay
from digest.delivery.folder import Folder
from digest.delivery.lmtp import connect_lmtp, lmtp_name
from digest.delivery.pacing import Bucket, open_bucket
from digest.delivery.relays import Line, Relays
from digest.delivery.sendmail import Sendmail
from digest.errors import DeliveryError

LMTP_SLOTS = 4


class Door(Protocol):
    """A way out for letters."""

    @property
    def slots(self) -> int:
        """Letters that can be on their way at once."""

    async def work(self, belt: Belt) -> None:
        """Deliver what is on the belt until it ends; DeliveryError where that cannot go on."""


def open_door(
    settings: Delivery,
    *,
    back_off: Sequence[float],
    remembered: Mapping[str, Mapping[str, float]],
    now: float,
) -> Door:
    """Return the door that the configuration names: relays, LMTP, a command or a folder.

    Args:
        remembered: relay -> its pace at the end of an earlier run.
        now: Unix seconds.

    Raises:
        DeliveryError: the configuration names none.
    """
    if settings.smtp:
        return Relays([relay_line(r, back_off, remembered, now) for r in settings.smtp])
    if settings.lmtp is not None:
        connect = partial(connect_lmtp, settings.lmtp)
        bucket = Bucket(None, None)
        name = lmtp_name(settings.lmtp)
        return Relays([Line(name, connect, LMTP_SLOTS, bucket, back_off=back_off)])
    if settings.sendmail:
        return Sendmail(settings.sendmail)
    if settings.folder is not None:
        return Folder(settings.folder)
    raise DeliveryError("nowhere", "`delivery:` names no smtp, lmtp, sendmail or folder; name one")


def relay_name(relay: Relay) -> str:
    """Return the name under which a relay's pace is remembered."""
    return f"{relay.host}:{relay.port}"


def relay_line(
    relay: Relay,
    back_off: Sequence[float],
    remembered: Mapping[str, Mapping[str, float]],
    now: float,
) -> Line:
    """Return the relay as a run uses it."""
    memory = remembered.get(relay_name(relay), {})
    return Line(
        host=relay_name(relay),
        connect=partial(connect_relay, relay),
        slots=relay.connections,
        bucket=open_bucket(relay.per_second, memory.get("rate"), now - memory.get("at", now)),
        timeout_seconds=float(relay.timeout_seconds),
        messages_per_connection=relay.messages_per_connection,
        connection_seconds=float(relay.connection_seconds),
        weight=relay.weight,
        back_off=back_off,
    )


def paces(door: Door, now: float) -> dict[str, dict[str, float]]:
    """Return each slowed relay's pace, for the next run."""
    lines = door.lines if isinstance(door, Relays) else []
    slowed = [line for line in lines if line.bucket.rate not in (None, line.bucket.ceiling)]
    return {line.host: {"rate": line.bucket.rate or 0.0, "at": now} for line in slowed}
