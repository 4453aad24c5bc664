"""Letters per second over loopback: ours beside C, Python and Node, interleaved, medians.

    python -m tests.bench.deliver

Postfix's smtp-sink takes the letters, postfix's smtp-source is the physical limit. Trust the
ratios, not the rates: whatever else the machine does falls on all alike.
"""

import asyncio
import json
import resource
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiosmtplib

from digest.config.schema import Delivery, Relay, Site
from digest.delivery.belt import Belt, Item
from digest.delivery.connecting import connect_relay
from digest.delivery.delivering import deliver_letters
from digest.delivery.envelope import address_envelope, wire_content
from digest.delivery.loop import run_loop
from digest.delivery.pacing import Bucket
from digest.delivery.relays import Line, Relays
from digest.delivery.replies import Action, Verdict
from digest.demo.inbox import free_port
from digest.models import Letter, Outcome
from digest.rendering.press import Press
from digest.resources import resource_dir
from digest.state.database import open_database
from digest.state.outbox import Outbox

NODE = Path(__file__).parent.parent / "node"
TOOLS = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/bin") for name in
         ("smtp-sink", "smtp-source", "node")}  # fmt: skip
LETTER_BYTES = 40_000
CONNECTIONS = 8
ROUND_TRIP_SECONDS = 0.02
LINE = "The quick brown fox jumps over the lazy dog and comes back =E2=80=94 again.\r\n"


@dataclass(frozen=True)
class Timing:
    """One contestant's time for one round."""

    seconds: float
    cpu_seconds: float


def raw_letter(number: int, size: int = LETTER_BYTES) -> bytes:
    """Return a multipart letter of that size; no two are alike."""
    head = (
        f"From: a@example.org\r\nTo: u{number}@example.org\r\nSubject: Letter {number}\r\n"
        f"Message-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    )
    kinds = (("plain", int(size * 0.27)), ("html", int(size * 0.72)))
    parts = [
        f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{number}\r\n"
        + LINE
        * (length // len(LINE))
        for kind, length in kinds
    ]
    return (head + "".join(parts) + "--b--\r\n").encode()


@contextmanager
def sink(tool: str) -> Iterator[int]:
    """Run smtp-sink on a free loopback port."""
    port = free_port()
    command = [tool, "-u", "nobody", f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        await_port(port)
        yield port
    finally:
        process.kill()
        process.wait()


def await_port(port: int) -> None:
    """Wait until somebody listens there."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nobody listens on port {port}")


@contextmanager
def slow_link(port: int, round_trip: float) -> Iterator[int]:
    """Run a proxy to that port which delivers every byte half a round trip later."""
    command = [sys.executable, "-m", "tests.bench.slow_link", str(port), str(round_trip)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def smtp_source(port: int, count: int, connections: int) -> None:
    """Postfix's generator, one message after the other on each connection."""
    subprocess.run(
        [str(TOOLS["smtp-source"]), "-d", "-s", str(connections), "-m", str(count),
         "-l", str(LETTER_BYTES), "-f", "b@example.org", "-t", "u@example.org",
         f"127.0.0.1:{port}"],
        check=True,
        timeout=600,
    )  # fmt: skip


class Books:
    """Counts what was settled."""

    def __init__(self) -> None:
        self.taken = 0

    def begin(self, item: Item) -> None:
        """Nothing is kept."""

    def forgo(self, item: Item) -> None:
        """Nothing is kept."""

    def settle(self, item: Item, verdict: Verdict) -> None:
        """Count a letter that was taken."""
        self.taken += verdict.action is Action.ACCEPT


def ours(port: int, count: int, connections: int) -> None:
    """Our sender alone: relays, connections, exchange; no outbox."""
    assert run_loop(send_ours(port, count, connections)) == count


async def send_ours(port: int, count: int, connections: int) -> int:
    """Send distinct letters; return how many were taken."""
    relay = Relay(host="127.0.0.1", port=port, tls="none", local_hostname="bench")
    line = Line("sink", partial(connect_relay, relay), connections, Bucket(None, None))
    line.messages_per_connection = count
    books = Books()
    belt = Belt(2 * connections, books)

    async def feed() -> None:
        for number in range(count):
            letter = Letter(
                f"n{number}", f"u{number}@example.org", "b@example.org", "", (raw_letter(number),)
            )
            await belt.put(Item(letter, address_envelope(letter), wire_content(letter)))
        belt.close()

    await asyncio.gather(Relays([line]).work(belt), feed())
    return books.taken


def aiosmtplib_sendmail(port: int, count: int, connections: int) -> None:
    """The library as it is, raw bytes, connections kept."""

    async def work(numbers: Iterator[int]) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in numbers:
                message = raw_letter(number)
                await client.sendmail("b@example.org", [f"u{number}@example.org"], message)

    async def main() -> None:
        numbers = iter(range(count))
        await asyncio.gather(*(work(numbers) for _ in range(connections)))

    asyncio.run(main())


def aiosmtplib_message(port: int, count: int, connections: int) -> None:
    """The library as most use it: EmailMessage and send_message."""

    async def work(numbers: Iterator[int]) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in numbers:
                message = EmailMessage()
                message["From"], message["To"] = "a@example.org", f"u{number}@example.org"
                message["Subject"] = f"Letter {number}"
                message.set_content(LINE * int(LETTER_BYTES * 0.27 / len(LINE)))
                html = LINE * int(LETTER_BYTES * 0.72 / len(LINE))
                message.add_alternative(html, subtype="html")
                await client.send_message(message)

    async def main() -> None:
        numbers = iter(range(count))
        await asyncio.gather(*(work(numbers) for _ in range(connections)))

    asyncio.run(main())


def smtplib_threads(port: int, count: int, connections: int) -> None:
    """The standard library, one thread per connection."""
    numbers, lock = iter(range(count)), threading.Lock()

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                recipient = f"u{number}@example.org"
                client.sendmail("b@example.org", [recipient], raw_letter(number))

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nodemailer(mode: str, port: int, count: int, connections: int) -> None:
    """Node's mailer with a pool: "raw" bytes, or letting it "compose"."""
    command = [str(TOOLS["node"]), str(NODE / "deliver.js"), str(port), str(count)]
    command += [str(connections), str(LETTER_BYTES), mode]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)


def whole_job(port: int, count: int, connections: int) -> None:
    """Freeze, claim, compose, mark, send, record: all of a run but collecting and ranking."""
    from tests.bench.render import day_of_papers, edition_of

    papers = day_of_papers()
    editions = [edition_of(number, papers) for number in range(count)]
    now = editions[0].made_at
    site = Site.model_validate({"from": "Morning Papers <digest@example.org>"})
    press = Press(site, folders=[resource_dir("templates")], secret=b"s" * 32)
    relay = Relay(
        host="127.0.0.1", port=port, tls="none", local_hostname="bench", connections=connections,
        messages_per_connection=10_000,
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/digest.db")
        outbox = Outbox(database)
        outbox.freeze(editions, now)
        settings = Delivery(smtp=(relay,))
        report = run_loop(deliver_letters(outbox, press.compose, settings, clock=lambda: now))
        database.close()
    assert report.counts == {Outcome.SENT: count}


def measure(contestant: Callable[[int, int, int], None], *arguments: int) -> Timing:
    """Time one contestant, its child processes included."""
    began, cpu = time.perf_counter(), cpu_seconds()
    contestant(*arguments)
    return Timing(time.perf_counter() - began, cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def contest(
    contestants: dict[str, tuple[Callable[[int, int, int], None], int]], rounds: int, port: int
) -> dict[str, dict[str, float]]:
    """Run all contestants in turn, several rounds; return rates, CPU and ratios to the first."""
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    cpus: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (contestant, count) in contestants.items():
            timing = measure(contestant, port, count, CONNECTIONS)
            rates[name].append(count / timing.seconds)
            cpus[name].append(timing.cpu_seconds / count * 1e6)
    first = next(iter(contestants))
    return {
        name: {
            "letters_per_second": round(statistics.median(values)),
            "cpu_us_per_letter": round(statistics.median(cpus[name])),
            f"ratio_to_{first}": round(
                statistics.median(a / b for a, b in zip(values, rates[first], strict=True)), 2
            ),
        }
        for name, values in rates.items()
    }


def bench(letters: int = 3_000, rounds: int = 3) -> dict[str, Any]:
    """Run both contests: on loopback, and with 20 ms of round trip.

       Returns:
           `loopback` (with `whole_job`: outbox and composing too) and `round_trip_20_ms`: per
    contestant letters per second, CPU per letter and
           ratio; `skipped`: what is not installed.
    """
    skipped = [name for name, path in TOOLS.items() if path is None]
    if "smtp-sink" in skipped or "smtp-source" in skipped:
        return {"skipped": skipped}
    with_node = "node" not in skipped and (NODE / "node_modules" / "nodemailer").is_dir()
    python = {"ours": ours, "aiosmtplib": aiosmtplib_sendmail, "smtplib": smtplib_threads}
    fast: dict[str, tuple[Callable[[int, int, int], None], int]] = {
        "smtp_source": (smtp_source, letters),
        **{name: (way, letters) for name, way in python.items()},
        "aiosmtplib_EmailMessage": (aiosmtplib_message, letters // 3),
    }
    if with_node:
        fast["nodemailer_raw"] = (partial(nodemailer, "raw"), letters)
        fast["nodemailer_compose"] = (partial(nodemailer, "compose"), letters // 3)
    fast["whole_job"] = (whole_job, letters)
    slow: dict[str, tuple[Callable[[int, int, int], None], int]] = {
        "aiosmtplib": (aiosmtplib_sendmail, letters // 5),
        "ours": (ours, letters // 5),
        "smtp_source": (smtp_source, letters // 5),
    }
    with sink(str(TOOLS["smtp-sink"])) as port, slow_link(port, ROUND_TRIP_SECONDS) as far:
        return {
            "loopback": contest(fast, rounds, port),
            "round_trip_20_ms": contest(slow, rounds, far),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "skipped": skipped,
        }


if __name__ == "__main__":
    print(json.dumps(bench(), indent=2))
