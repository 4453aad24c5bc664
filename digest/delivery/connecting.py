"""Opens connections to relays through aiosmtplib: greeting, EHLO, TLS, AUTH; sends no letter.

TLS is as the configuration says and verified, never "if offered"; that letters go in clear to this
machine alone is checked where the configuration is read.
"""

import asyncio
import ssl
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from socket import SOCK_STREAM
from socket import socket as Socket
from typing import cast

import aiosmtplib
from aiosmtplib import errors

from digest.config.schema import Relay
from digest.delivery.replies import Action, Reply, Step, judge
from digest.delivery.wire import Wire

CHECK_LOGIN = "check username and password under `delivery: smtp:`"
CHECK_TLS = "check `tls` and `ca_file` under `delivery: smtp:`"

ADDRESS_SECONDS = 5.0  # for one of several addresses


class RelayAway(Exception):
    """The relay takes no letters now.

    Attributes:
        answered: it spoke to us (a 421, say), so that it is there and may want us later.
    """

    def __init__(self, reason: str, *, answered: bool) -> None:
        super().__init__(reason)
        self.answered = answered


class Misconfigured(Exception):
    """It would never work: TLS, login or our right to use the relay; the text says what to do."""


@dataclass(slots=True)
class Connection:
    """An open, greeted, encrypted, authenticated connection."""

    wire: Wire
    extensions: dict[str, str]  # EHLO keyword in lower case -> parameters

    @property
    def pipelining(self) -> bool:
        """Several commands may be under way at once (RFC 2920)."""
        return "pipelining" in self.extensions

    @property
    def max_bytes(self) -> int:
        """The largest letter it takes (RFC 1870); 0: it did not say."""
        size = self.extensions.get("size", "")
        return int(size) if size.isdecimal() else 0


async def connect_relay(relay: Relay) -> Connection:
    """Open a connection on which letters can be sent.

    Raises:
        RelayAway: it cannot be reached, or wants no letters now.
        Misconfigured: TLS, AUTH or the configuration is wrong.
    """
    host = relay.host.strip("[]")  # around an IPv6 address, as in a URL
    context = tls_context(relay) if relay.tls != "none" else None
    socket = await open_socket(host, relay.port, relay.timeout_seconds)
    client = aiosmtplib.SMTP(
        hostname=host,
        port=relay.port if socket is None else None,
        sock=socket,
        timeout=relay.timeout_seconds,
        use_tls=relay.tls == "implicit",
        start_tls=False,
        tls_context=context,
        local_hostname=relay.local_hostname or None,
    )
    step = Step.CONNECT
    try:
        await client.connect()
        if relay.tls == "starttls":
            step = Step.STARTTLS
            await client.starttls()
        step = Step.EHLO
        await greet(client)
        if relay.username:
            step = Step.AUTH
            await client.login(relay.username, read_password(relay))
        step = Step.MAIL
    except (errors.SMTPException, OSError, ValueError) as error:
        raise translate(step, error) from error
    finally:
        if step is not Step.MAIL:
            client.close()
    transport = cast("asyncio.Transport", client.transport)
    return Connection(Wire(transport), dict(client.esmtp_extensions))


async def open_socket(host: str, port: int, seconds: float) -> Socket | None:
    """Connect to the first of several addresses that answers (RFC 5321 5.1).

    One that swallows what is sent there, mostly of IPv6, would else use up all the time.

    Returns:
        None: there are not several, or none of them answers, which the caller will see.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, port, type=SOCK_STREAM), seconds)
    except OSError:
        return None
    for family, kind, protocol, _, address in found if len(found) > 1 else ():
        with suppress(OSError), ExitStack() as stack:  # a TimeoutError is one
            socket = stack.enter_context(Socket(family, kind, protocol))
            socket.setblocking(False)
            async with asyncio.timeout(min(seconds / len(found), ADDRESS_SECONDS)):
                await loop.sock_connect(socket, address)
            stack.pop_all()
            return socket
    return None


async def greet(client: aiosmtplib.SMTP) -> None:
    """Say EHLO, or HELO to a server that knows no EHLO (RFC 5321 3.2)."""
    try:
        await client.ehlo()
    except errors.SMTPHeloError as error:
        if error.code // 100 != 5:
            raise
        try:
            await client.helo()
        except errors.SMTPServerDisconnected:  # it hung up behind its refusal
            raise error from None


def tls_context(relay: Relay) -> ssl.SSLContext:
    """Return a context that verifies the relay's name and certificate."""
    try:
        context = ssl.create_default_context()
        if relay.ca_file is not None:
            context.load_verify_locations(relay.ca_file)
    except OSError as error:
        raise Misconfigured(f"`ca_file` {relay.ca_file} cannot be read: {error}") from error
    if relay.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def read_password(relay: Relay) -> str:
    """Return the relay's password, from its file where one is named: the first line, as it is now.

    Raises:
        Misconfigured: the file cannot be read any more.
    """
    if relay.password_file is None:
        return relay.password.get_secret_value()
    try:
        return relay.password_file.read_text(encoding="utf-8-sig").partition("\n")[0].strip()
    except OSError as error:
        reason = f"`password_file` {relay.password_file} cannot be read: {error.strerror}"
        raise Misconfigured(reason) from error


def translate(step: Step, error: Exception) -> RelayAway | Misconfigured:
    """Say in our words why a connection did not come about."""
    if isinstance(error, errors.SMTPResponseException):
        return translate_reply(step, Reply(max(error.code, 0), (str(error.message),)))
    words = str(error).replace(" on port None", "")  # of a socket that was open before
    if has_cause(error, ssl.SSLError):
        return Misconfigured(f"TLS failed ({words}); {CHECK_TLS}")
    if isinstance(error, OSError):
        return RelayAway(words, answered=has_cause(error, errors.SMTPServerDisconnected))
    advice = CHECK_TLS if step is Step.STARTTLS else CHECK_LOGIN
    return Misconfigured(f"{words}; {advice}")


def translate_reply(step: Step, reply: Reply) -> RelayAway | Misconfigured:
    """Say what a refusal before the first letter means."""
    words = f"answered {reply.code} {reply.text!r} to {step}"
    action = judge(step, reply).action
    if action in (Action.BACK_OFF, Action.DEFER, Action.RETRY):
        return RelayAway(words, answered=True)
    return Misconfigured(f"{words}; {CHECK_TLS if step is Step.STARTTLS else CHECK_LOGIN}")


def has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Tell whether an error is, or came from, one of that kind."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__
    return False
