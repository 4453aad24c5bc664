"""A run that is stopped ends soon, whoever it waits for."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.delivery.fault_server import FaultServer
from tests.delivery.faults import Late, Rule
from tests.scene import PEOPLE, Scene

ROOT = Path(__file__).parents[2]
PATIENCE = 25.0  # seconds; whoever they wait for would let them wait for longer


@contextmanager
def running(scene: Scene, shown: int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
    """Lend `digest run` as a process of its own, which prints to a descriptor."""
    command = [sys.executable, "-m", "digest", "run", "--now", "-c", str(scene.config)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdout=shown, stderr=shown) as run:
        try:
            yield run
        finally:
            run.kill()


@contextmanager
def silent_server() -> Iterator[socket.socket]:
    """Lend a server that says nothing to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def send_by(scene: Scene, port: int) -> None:
    """Configure readers and a relay on this machine."""
    scene.delivery = f"delivery:\n  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}"
    scene.write(PEOPLE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_source_that_says_nothing(scene: Scene, number: signal.Signals) -> None:
    """Nothing is on the wire yet: the run ends at once, and collects again next time."""
    with silent_server() as server:
        scene.sources = [f"  - feed: http://127.0.0.1:{server.getsockname()[1]}/feed.xml"]
        scene.write(PEOPLE)
        with running(scene) as run:
            link, _ = server.accept()
            run.send_signal(number)
            assert run.wait(PATIENCE) == 143
            link.close()


def test_a_relay_that_says_nothing(scene: Scene) -> None:
    """It has taken no letter: all stay planned."""
    with silent_server() as server:
        send_by(scene, server.getsockname()[1])
        with running(scene) as run:
            link, _ = server.accept()
            run.send_signal(signal.SIGTERM)
            assert run.wait(PATIENCE) == 143
            link.close()
        scene.delivery = ""
        scene.write(PEOPLE)
        assert scene.call("run", "--now").code == 0
        assert scene.smtp.messages


def everything(terminal: int) -> bytes:
    """Return what is written to a terminal until nobody has it open any more."""
    said = b""
    with os.fdopen(terminal, "rb", buffering=0) as file, contextlib.suppress(OSError):  # EIO
        while part := file.read(4_096):
            said += part
    return said


def test_a_person_is_told_what_ctrl_c_does(scene: Scene) -> None:
    """At once that it was heard, at the end that nothing is lost."""
    with silent_server() as server:
        send_by(scene, server.getsockname()[1])
        ours, theirs = os.openpty()
        with ThreadPoolExecutor(1) as reader, running(scene, theirs) as run:
            os.close(theirs)
            said = reader.submit(everything, ours)  # else the run waits for somebody who reads
            link, _ = server.accept()
            run.send_signal(signal.SIGINT)
            assert run.wait(PATIENCE) == 143
            link.close()
        shown = said.result().decode()
        assert "Choosing papers" in shown
        assert "Stopping when the relay has answered" in shown
        assert "Stopped. Nothing is lost" in shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_waits_for_nobody(scene: Scene, number: signal.Signals) -> None:
    """Not even for the relay's word on a letter, whose fate the next run finds unknown."""
    silence = Rule("dot", Late(120.0))
    with FaultServer([silence]) as late:
        send_by(scene, late.port)
        with running(scene) as run:
            while silence.times == Rule.times and run.poll() is None:
                time.sleep(0.05)
            run.send_signal(number)
            time.sleep(0.1)
            run.send_signal(number)  # as timeout(1) does, to the process and to its group
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(0.5)
            assert run.returncode is None, "a letter is on the wire"
            run.send_signal(number)
            assert run.wait(PATIENCE) == -number
        called = scene.call("run", "--now")
        assert "uncertain" in scene.call("history").out, called
