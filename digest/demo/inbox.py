"""A real SMTP server on the loopback interface that keeps what it accepts; writes no file."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
PORT_TRIES = 5  # another program may take the free port before the server does


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted message with its envelope."""

    mail_from: str
    recipients: tuple[str, ...]
    message: bytes  # RFC 5322 with CRLF, dot-stuffing undone


@dataclass(slots=True)
class Inbox:
    """Where the server listens and what it has accepted, in order of arrival."""

    port: int = 0  # of HOST
    received: list[Received] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message; aiosmtpd calls this at the end of DATA."""
        recipients = tuple(envelope.rcpt_tos)
        self.received.append(Received(envelope.mail_from, recipients, bytes(envelope.content)))
        return "250 2.0.0 Ok: kept"


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """Run a server without TLS and authentication on a free port until the block ends.

    Raises:
        OSError: No port could be bound in several tries.
    """
    inbox = Inbox()
    controller = start_controller(inbox)
    inbox.port = controller.port
    try:
        yield inbox
    finally:
        controller.stop()


def start_controller(inbox: Inbox) -> Any:
    """Return a running controller whose `port` is known."""
    # Imported late: whoever wants only the sample feeds does not pay for a mail server.
    from aiosmtpd.controller import Controller

    tries = 0
    while True:
        # aiosmtpd 1.4.6 connects to the port it was given, so it cannot be given 0.
        controller = Controller(inbox, hostname=HOST, port=free_port(), enable_SMTPUTF8=True)
        tries += 1
        try:
            controller.start()
        except OSError:
            if tries == PORT_TRIES:
                raise
        else:
            return controller


def free_port() -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
