"""Killed anywhere, restarted, with links breaking: nothing is lost, copies are few and equal."""

import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context

import pytest

from digest.models import Outcome
from digest.state.database import Database
from digest.state.outbox import Outbox
from tests.delivery.conftest import NOW, edition_for, letter_of, loopback
from tests.delivery.fault_server import FaultServer
from tests.delivery.faults import Accept, Drop, Late, Rule
from tests.delivery.storm_worker import work

CONNECTIONS = 8
YEARS = timedelta(days=3_650)  # the storms last longer than an edition usually may
# Forked from one that has everything loaded: the storm starts dozens.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload([work.__module__])


@pytest.fixture
def outbox(database: Database) -> Outbox:
    """An empty outbox whose letters are never too late."""
    return Outbox(database, max_lateness=YEARS)


class Worker:
    """One process that recovers and delivers; `largest` bounds the files it may write."""

    def __init__(self, database: Database, port: int, now: datetime, largest: int = 0) -> None:
        self.peak = PROCESSES.Value("i")  # kilobytes, at its end
        relay = loopback(port, connections=CONNECTIONS, timeout_seconds=10)
        url = str(database.engine.url)
        self.process = PROCESSES.Process(target=work, args=(url, relay, now, largest, self.peak))
        self.process.start()

    def end(self) -> int | None:
        """Wait for its end and return its exit code."""
        self.process.join(600)
        return self.process.exitcode

    def await_traffic(self, server: FaultServer, count: int) -> None:
        """Wait until the server has taken so many messages, or the process has ended."""
        while len(server.messages) < count and self.process.is_alive():
            time.sleep(0.001)


def storm(
    outbox: Outbox,
    server: FaultServer,
    *,
    rounds: int,
    letters: int,
    between: Callable[[], None] = lambda: None,
    clock: Callable[[int], datetime] = lambda n: NOW + timedelta(hours=n),
) -> list[int]:
    """Kill `rounds` processes at random moments, then let one finish; return copies per crash."""
    chance = random.Random(7)
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(letters)], NOW)
    copies = []
    for number in range(rounds):
        before = len(server.messages)
        worker = Worker(outbox.database, server.port, clock(number))
        worker.await_traffic(server, before + chance.randrange(1, 2 * letters // rounds + 2))
        time.sleep(chance.random() * 0.02)
        worker.process.kill()
        worker.end()
        between()
        copies.append(len(server.messages) - len(set(server.recipients)))
    for number in range(20):
        Worker(outbox.database, server.port, clock(rounds + number)).end()
        outbox.requeue(Outcome.UNCERTAIN, NOW, lifetime=YEARS)
        if outbox.counts() == {Outcome.SENT: letters}:
            break
    copies.append(len(server.messages) - len(set(server.recipients)))
    return copies


def check(outbox: Outbox, server: FaultServer, letters: int, copies: list[int], drops: int) -> None:
    """Nothing lost, copies bounded and byte-identical, everything accounted for."""
    assert outbox.counts() == {Outcome.SENT: letters}
    assert set(server.recipients) == {f"u{i}@example.org" for i in range(letters)}
    crashes = len(copies) - 1
    assert copies[-1] <= CONNECTIONS * crashes + drops
    for message in server.messages:
        number = int(message.recipient[1:].partition("@")[0])
        assert message.content == letter_of(edition_for(message.recipient, number)).message


def in_doubt(outbox: Outbox) -> int:
    """Return how many letters were ever uncertain."""
    with sqlite3.connect(outbox.database.name) as connection:
        query = "select count(*) from attempts where outcome = 'uncertain'"
        count = connection.execute(query).fetchone()[0]
    connection.close()
    return int(count)


@pytest.mark.parametrize(
    ("rounds", "letters"), [(4, 400), pytest.param(200, 2_000, marks=pytest.mark.soak)]
)
def test_killed_at_random_moments(outbox: Outbox, rounds: int, letters: int) -> None:
    """kill -9 again and again: 0 lost, at most one doubtful letter per open connection."""
    doubts = [0]
    with FaultServer() as server:
        copies = storm(
            outbox, server, rounds=rounds, letters=letters,
            between=lambda: doubts.append(in_doubt(outbox)),
        )  # fmt: skip
    check(outbox, server, letters, copies, drops=0)
    steps = [b - a for a, b in pairwise(doubts)]
    assert max(steps) <= CONNECTIONS


@pytest.mark.parametrize(
    ("rounds", "letters"), [(3, 300), pytest.param(100, 2_000, marks=pytest.mark.soak)]
)
def test_killed_while_links_break(outbox: Outbox, rounds: int, letters: int) -> None:
    """The same with links dropped before 354, after the dot, and after the dot unanswered."""
    rules = [Rule("data", Drop(), after=17, times=1) for _ in range(6)]
    rules += [Rule("dot", Accept(), after=5 + 31 * n, times=1) for n in range(6)]
    rules += [Rule("dot", Drop(reset=True), after=11 + 31 * n, times=1) for n in range(6)]
    with FaultServer(rules) as server:
        copies = storm(outbox, server, rounds=rounds, letters=letters)
    check(outbox, server, letters, copies, drops=6)


@pytest.mark.parametrize("pipelining", [True, False])
def test_killed_before_the_answer_to_the_content(outbox: Outbox, pipelining: bool) -> None:
    """The letter may have been delivered: the next run knows, and counts its copy."""
    outbox.freeze([edition_for("u0@example.org", 0)], NOW)
    late = Rule("dot", Late(30), times=1)
    with FaultServer([late], pipelining=pipelining) as server:
        worker = Worker(outbox.database, server.port, NOW)
        worker.await_traffic(server, 1)
        worker.process.kill()
        worker.end()
        Worker(outbox.database, server.port, NOW + timedelta(hours=1)).end()
    assert in_doubt(outbox) == 1


def test_clock_set_back(outbox: Outbox) -> None:
    """A clock that jumps back by a day between two runs loses nothing and repeats nothing."""
    with FaultServer() as server:
        copies = storm(
            outbox, server, rounds=3, letters=200,
            clock=lambda n: NOW + (timedelta(days=-1) if n % 2 else timedelta(hours=n)),
        )  # fmt: skip
    check(outbox, server, 200, copies, drops=0)


def test_two_runs_at_once(outbox: Outbox) -> None:
    """Two processes on one outbox share the letters; none goes out twice."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(600)], NOW)
    with FaultServer() as server:
        workers = [Worker(outbox.database, server.port, NOW) for _ in range(2)]
        assert [worker.end() for worker in workers] == [0, 0]
    assert len(server.messages) == len(set(server.recipients)) == 600
    assert outbox.counts() == {Outcome.SENT: 600}


def test_a_locked_database_is_waited_for(outbox: Outbox) -> None:
    """While another process keeps the database locked, letters wait; nothing is repeated."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(400)], NOW)
    with FaultServer() as server:
        worker = Worker(outbox.database, server.port, NOW)
        worker.await_traffic(server, 50)
        connection = sqlite3.connect(outbox.database.name, timeout=30)
        connection.execute("begin immediate")
        time.sleep(0.5)
        connection.rollback()
        connection.close()
        assert worker.end() == 0
    assert len(server.messages) == len(set(server.recipients)) == 400
    assert outbox.counts() == {Outcome.SENT: 400}


def test_a_full_disk(outbox: Outbox) -> None:
    """When nothing can be written any more the run ends; room made, nothing is lost or repeated."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(1_500)], NOW)
    with FaultServer() as server:
        for largest in (50_000, 2_200_000):
            assert Worker(outbox.database, server.port, NOW, largest).end() not in (0, 3)
        sent = len(server.messages)
        assert 0 < sent < 1_500
        assert Worker(outbox.database, server.port, NOW + timedelta(hours=1)).end() == 0
    copies = len(server.messages) - len(set(server.recipients))
    check(outbox, server, 1_500, [0, copies], drops=0)
    assert in_doubt(outbox) <= CONNECTIONS


@pytest.mark.soak
def test_memory_does_not_grow_with_the_list(database: Database) -> None:
    """A run of 40,000 letters needs hardly more memory than one of 5,000."""
    peaks = []
    outbox = Outbox(database)
    with FaultServer(keep_content=False) as server:
        for slot, count in (("small", 5_000), ("large", 40_000)):
            editions = (edition_for(f"u{i}@b{i}.org", i) for i in range(count))
            outbox.freeze([replace(e, id=f"{slot}{e.id}", slot=slot) for e in editions], NOW)
            worker = Worker(database, server.port, NOW)
            worker.end()
            peaks.append(worker.peak.value / 1_024)
    assert outbox.counts() == {Outcome.SENT: 45_000}
    assert peaks[1] < peaks[0] + 20
    assert peaks[1] < 200
