"""The bytes of one connection, and the loop on which they are sent."""

import asyncio
import os
import sys

import pytest

from digest.delivery.loop import run_loop
from digest.delivery.replies import Reply
from digest.delivery.wire import LinkLost, Wire, read_line


class Closed(asyncio.Transport):
    """A transport that is closed already, as uvloop's tells it."""

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Take no notice."""

    def writelines(self, _parts: object) -> None:
        """Refuse."""
        raise RuntimeError("unable to perform operation; the handler is closed")

    def abort(self) -> None:
        """Be closed."""


def test_a_reply_does_not_steer_the_terminal() -> None:
    """What a server says is shown by `digest history`."""
    assert read_line(b"250 2.0.0 \x1b[2Jtaken\r") == (Reply(250, ("2.0.0  [2Jtaken",)), True)


def test_a_link_that_is_closed_when_we_write_is_lost() -> None:
    """Its letter shows it at the next reply, and the run goes on."""

    async def send() -> Wire:
        wire = Wire(Closed())
        wire.write([b"NOOP\r\n"])
        assert wire.stale
        with pytest.raises(LinkLost, match=r"the link broke .*handler is closed"):
            await wire.reply(1.0)
        return wire

    run_loop(send())


def test_what_is_missing_in_a_run_is_not_taken_for_a_missing_loop() -> None:
    """An import that fails while letters are sent is told as it is."""

    async def broken() -> None:
        raise ImportError("no such library")

    with pytest.raises(ImportError, match="no such library"):
        run_loop(broken())


async def loop_name() -> str:
    """Return where the running loop comes from."""
    return type(asyncio.get_running_loop()).__module__


def test_letters_are_sent_on_the_quickest_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no uvloop, on that of Python."""
    pytest.importorskip("uvloop", reason="there is no uvloop for this system")
    assert run_loop(loop_name()).startswith("uvloop")
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run_loop(loop_name()).startswith("asyncio")


async def places() -> tuple[set[int], set[int]]:
    """Return the processors of the running thread, and those of one that it starts."""
    return os.sched_getaffinity(0), await asyncio.to_thread(os.sched_getaffinity, 0)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux alone lets one choose")
def test_who_sends_stays_on_one_processor() -> None:
    """And leaves it at the end, also by an error; programs that are started may use all."""
    before = os.sched_getaffinity(0)
    mine, others = run_loop(places())
    assert len(mine) == 1
    assert mine == others
    assert mine <= before
    assert os.sched_getaffinity(0) == before
    with pytest.raises(TimeoutError):
        run_loop(asyncio.wait_for(asyncio.sleep(9), 0))
    assert os.sched_getaffinity(0) == before
    assert run_loop(places(), commands=True) == (before, before)
