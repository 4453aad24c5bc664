"""Runs coroutines on the quickest event loop that this Python has.

Sending letters is one loop over sockets: with uvloop's, written in C, a large run takes a tenth
less of the processor.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")


def run_loop(main: Coroutine[Any, Any, T], *, commands: bool = False) -> T:
    """Run a coroutine to its end, as `asyncio.run` does.

    Args:
        commands: it starts programs. These run on Python's own loop: uvloop breaks off with an
            error of its own where one ends before it has read all it is given.
    """
    if commands:
        return asyncio.run(main)
    with staying_in_place():  # which a program that it starts would have to do, too
        try:
            import uvloop
        except ImportError:  # there is none for every system
            return asyncio.run(main)
        return uvloop.run(main)


@contextmanager
def staying_in_place() -> Iterator[None]:
    """Keep this thread, and the threads that it starts, on one of its processors.

    Every reply wakes it, and Linux would carry it to and fro, to where others are at work: with
    the relay on the same machine a large run takes a twentieth longer.
    """
    if not hasattr(os, "sched_setaffinity"):  # not every system lets a program choose
        yield
        return
    before = os.sched_getaffinity(0)
    place = sorted(before)[os.getpid() % len(before)]  # two runs at once: hardly the same
    with suppress(OSError):
        os.sched_setaffinity(0, {place})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, before)
