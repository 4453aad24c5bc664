"""Opens connections to a local delivery agent that speaks LMTP (RFC 2033)."""

import asyncio
import socket
from typing import cast

import aiosmtplib
from aiosmtplib import errors

from digest.config.schema import Lmtp
from digest.delivery.connecting import Connection, Misconfigured, RelayAway, translate
from digest.delivery.replies import Step
from digest.delivery.wire import LinkLost, Wire

TIMEOUT_SECONDS = 60.0


def lmtp_name(lmtp: Lmtp) -> str:
    """Return what messages call the agent."""
    return str(lmtp.socket) if lmtp.socket else f"{lmtp.host}:{lmtp.port}"


async def connect_lmtp(lmtp: Lmtp) -> Connection:
    """Open a connection on which letters can be sent.

    LMTP differs from SMTP by LHLO, and by one reply per recipient after the final dot; with one
    recipient per letter that is one.

    Raises:
        RelayAway: it cannot be reached, or wants no letters now.
        Misconfigured: what answers there is no LMTP server.
    """
    client = aiosmtplib.SMTP(
        hostname=None if lmtp.socket else lmtp.host.strip("[]"),
        port=None if lmtp.socket else lmtp.port,
        socket_path=str(lmtp.socket) if lmtp.socket else None,
        timeout=TIMEOUT_SECONDS,
        start_tls=False,
    )
    try:
        await client.connect()
    except (errors.SMTPException, OSError) as error:
        raise translate(Step.CONNECT, error) from error
    wire = Wire(cast("asyncio.Transport", client.transport))
    try:
        return Connection(wire, await say_lhlo(wire))
    except LinkLost as lost:
        raise RelayAway(f"{lost} at LHLO", answered=True) from lost
    except asyncio.CancelledError:  # the run was halted
        wire.close()
        raise


async def say_lhlo(wire: Wire) -> dict[str, str]:
    """Greet the agent and return its extensions.

    Raises:
        RelayAway: it wants no letters now.
        Misconfigured: it does not know LHLO.
    """
    wire.write([f"LHLO {socket.gethostname()}\r\n".encode()])
    reply = await wire.reply(TIMEOUT_SECONDS)
    if reply.code != 250:
        wire.close()
        if reply.code // 100 == 4:
            raise RelayAway(f"answered {reply.code} {reply.text!r} to LHLO", answered=True)
        raise Misconfigured(f"answered {reply.code} {reply.text!r} to LHLO; is it an LMTP server?")
    lines = (line.partition(" ") for line in reply.lines[1:])
    return {keyword.lower(): parameters for keyword, _, parameters in lines}
