"""Tries the way that letters take, up to the door: connection, TLS, login, what is offered."""

import asyncio
import shlex
import shutil
from collections.abc import Awaitable, Iterator

from digest.config.fields import is_loopback
from digest.config.schema import Config, Lmtp, Relay
from digest.delivery.connecting import Connection, Misconfigured, RelayAway, connect_relay
from digest.delivery.doors import relay_name
from digest.delivery.lmtp import connect_lmtp, lmtp_name
from digest.doctor.findings import Finding, bad, good, note

LETTER_BYTES = 200_000  # the largest letter: 100 kB of HTML, encoded, and its text part
CHECK_HOST = "check host, port and firewall; many networks block port 25, 587 is for submission"
CHECK_SETTINGS = "mend it under `delivery: smtp:` in digest.yaml"


def check_ways_out(config: Config) -> Iterator[Finding]:
    """Yield what is found at every relay, agent or command that letters go to."""
    delivery = config.delivery
    for relay in delivery.smtp:
        yield from check_relay(relay)
    if delivery.lmtp is not None:
        yield check_lmtp(delivery.lmtp)
    if delivery.sendmail:
        yield check_sendmail(delivery.sendmail)


def check_relay(relay: Relay) -> Iterator[Finding]:
    """Connect to a relay as a run does, and leave without a letter."""
    subject = f"relay {relay_name(relay)}"
    try:
        connection = asyncio.run(greeted(connect_relay(relay)))
    except RelayAway as error:
        yield bad(subject, f"takes no letters: {error}", CHECK_HOST)
        return
    except Misconfigured as error:
        yield bad(subject, str(error), CHECK_SETTINGS)
        return
    safety = {"starttls": "TLS verified", "implicit": "TLS verified", "none": "no TLS, loopback"}
    login = "logged in" if relay.username else "no login"
    yield good(subject, f"answers ({safety[relay.tls]}, {login})")
    yield from check_offers(subject, connection)
    if not relay.username and not is_loopback(relay.host):
        text = "is used without a login; most relays then refuse letters to others"
        yield note(subject, text, "set username and password_file, unless it trusts our address")


async def greeted(connecting: Awaitable[Connection]) -> Connection:
    """Open a connection, say goodbye, return what was learnt."""
    connection = await connecting
    await connection.wire.quit()
    return connection


def check_offers(subject: str, connection: Connection) -> Iterator[Finding]:
    """Look at what a relay says of itself."""
    most = connection.max_bytes
    if most and most < LETTER_BYTES:
        text = f"takes {most} bytes at most, and a letter may have {LETTER_BYTES}"
        yield bad(subject, text, "raise its limit, or ask for fewer papers in a letter")
    if not connection.pipelining:
        yield note(subject, "has no PIPELINING: some times slower with many subscribers")


def check_lmtp(lmtp: Lmtp) -> Finding:
    """Greet a local delivery agent."""
    subject = f"LMTP {lmtp_name(lmtp)}"
    try:
        asyncio.run(greeted(connect_lmtp(lmtp)))
    except (RelayAway, Misconfigured) as error:
        return bad(subject, str(error), "is the agent running? check `delivery: lmtp:`")
    return good(subject, "answers")


def check_sendmail(command: str) -> Finding:
    """Look for the program."""
    program = shlex.split(command)[0]
    if shutil.which(program) is None:
        advice = "install a mail system, or name the program's whole path under `sendmail`"
        return bad("sendmail", f"there is no program {program}", advice)
    return good("sendmail", program)
