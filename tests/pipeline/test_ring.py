"""Messages handed from process to process through shared memory."""

import os
from multiprocessing import get_context

import pytest

from digest.pipeline.ring import LARGEST_BYTES, ROOM_BYTES, Ring

SIZES = (1, 60_000, LARGEST_BYTES - 4, 7, LARGEST_BYTES - 5)


def message(number: int) -> bytes:
    """Return a message that no other resembles."""
    return (b"%d," % number) * (SIZES[number % len(SIZES)] // len(b"%d," % number))


def test_messages_arrive_as_they_were_put() -> None:
    """Whatever their sizes, over many turns of the ring, with a reader who is slow."""
    count, context = 300, get_context("fork")
    ring, (ours, theirs) = Ring(), context.Pipe(duplex=False)

    def put_all() -> None:
        for number in range(count):
            parts = [b"head", message(number)]
            theirs.send((ring.put(parts), [len(part) for part in parts]))

    process = context.Process(target=put_all)
    process.start()
    for number in range(count):
        place, sizes = ours.recv()
        assert ring.take(place, sizes) == [b"head", message(number)]
    assert place > 2 * ROOM_BYTES
    process.join()
    assert process.exitcode == 0


def test_what_is_too_large_is_not_put() -> None:
    """A message that could block the ring is refused, not waited for."""
    assert Ring().put([bytes(LARGEST_BYTES), b"x"]) is None


def test_nobody_waits_for_a_reader_who_is_gone() -> None:
    """A full ring whose reader has died is a broken pipe."""
    ring = Ring()
    for _ in range(ROOM_BYTES // LARGEST_BYTES):
        ring.put([bytes(LARGEST_BYTES)])
    assert os.getppid() != os.getpid()  # the reader is the process that made the ring
    with pytest.raises(BrokenPipeError):
        ring.put([b"x"])
