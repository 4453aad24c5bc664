"""Does things in threads for which nobody has to wait longer than he wants."""

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

THREADS = 6


def in_threads(
    call: Callable[[Given], Made], things: Sequence[Given], seconds: float | None = None
) -> Iterator[Made]:
    """Yield what a call makes of each thing, in the order in which they are ready.

    A run that is stopped waits for none of the threads: a server may say nothing for a minute.

    Args:
        seconds: the longest time to wait for the next one; None: any.

    Raises:
        Empty: nothing was ready in time.
    """
    waiting: SimpleQueue[Given | None] = SimpleQueue()
    ready: SimpleQueue[Made | BaseException] = SimpleQueue()

    def work() -> None:
        while (thing := waiting.get()) is not None:
            try:
                ready.put(call(thing))
            except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
                ready.put(error)

    threads = min(THREADS, len(things))
    for thing in (*things, *[None] * threads):
        waiting.put(thing)
    for number in range(threads):
        Thread(target=work, name=f"sources-{number}", daemon=True).start()
    for _ in things:
        made = ready.get(timeout=seconds)
        if isinstance(made, BaseException):
            raise made
        yield made
