"""The daemon ticks, reloads and stops, as a real process that gets real signals."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PROGRAM = """
import time
from digest.serving.daemon import Daemon

def tick():
    print("tick", flush=True)
    time.sleep({busy})
    print("tock", flush=True)
    return {code}

raise SystemExit(Daemon(tick, lambda forced: print("forced" if forced else "look", flush=True),
                        every_seconds={every}).run())
"""


@contextmanager
def daemon(
    busy: float = 0.0, code: int = 0, every: float = 0.05
) -> Iterator[subprocess.Popen[str]]:
    """Run a daemon whose tick takes `busy` seconds and returns `code`."""
    program = PROGRAM.format(busy=busy, code=code, every=every)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """Return the lines up to the wanted one."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == wanted:
            return lines
    raise AssertionError(f"ended with {lines}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_between_ticks_ends_it(number: signal.Signals) -> None:
    """It leaves with 128 and the signal's number."""
    with daemon(every=60.0) as process:
        read_until(process, "tock")
        process.send_signal(number)
        assert process.wait(10) == 128 + number


def test_a_signal_within_a_tick_waits_for_its_end() -> None:
    """What the tick has begun it finishes."""
    with daemon(busy=0.5, every=60.0) as process:
        read_until(process, "tick")
        process.send_signal(signal.SIGTERM)
        assert read_until(process, "tock") == ["tock"]
        assert process.wait(10) == 143


def test_sighup_reloads_at_once() -> None:
    """The configuration is read again without waiting for the next tick."""
    with daemon(every=60.0) as process:
        read_until(process, "tock")
        process.send_signal(signal.SIGHUP)
        assert read_until(process, "tick") == ["forced", "tick"]


def test_it_ticks_on_and_looks_at_the_configuration_each_time() -> None:
    """Tick follows tick, and long ones do not pile up behind each other."""
    with daemon(busy=0.12) as process:
        lines = [line for _ in range(3) for line in read_until(process, "tock")]
    assert lines == ["look", "tick", "tock"] * 3


def test_a_tick_that_a_signal_ended_ends_the_daemon() -> None:
    """A pass that returns 143 has heard the signal for the daemon."""
    with daemon(code=143) as process:
        assert process.wait(10) == 143


CLOCK_SET_BACK = """
from datetime import UTC, datetime
import time_machine
from digest.serving.daemon import Daemon

clock = time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC)).start()
count = 0

def tick():
    global count
    count += 1
    if count == 2:
        clock.shift(-86400)
    print("tick", flush=True)
    return 143 if count == 6 else 0

raise SystemExit(Daemon(tick, lambda forced: None, every_seconds=0.2).run())
"""


CLOCK_FROM_1970 = CLOCK_SET_BACK.replace("2026, 11, 23", "1970, 1, 1").replace(
    "-86400", "56 * 365 * 86400"
)


def test_a_clock_that_comes_from_1970_does_not_silence_it() -> None:
    """As where no battery keeps the time: APScheduler alone would count a billion ticks."""
    called = subprocess.run(
        [sys.executable, "-c", CLOCK_FROM_1970], capture_output=True, text=True, timeout=20
    )
    assert called.stdout.splitlines() == ["tick"] * 6
    assert called.returncode == 143


def test_a_clock_set_back_by_a_day_does_not_silence_it() -> None:
    """APScheduler alone would wait until the old time comes round again."""
    called = subprocess.run(
        [sys.executable, "-c", CLOCK_SET_BACK], capture_output=True, text=True, timeout=60
    )
    assert called.stdout.splitlines() == ["tick"] * 6
    assert called.returncode == 143
    assert called.stderr.count("clock_changed") == 1
