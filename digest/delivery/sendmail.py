"""Hands letters to a local command that behaves as sendmail does."""

import asyncio
import os
import shlex
from contextlib import suppress
from os import EX_CONFIG, EX_DATAERR, EX_NOHOST, EX_NOPERM, EX_NOUSER, EX_OK, EX_USAGE  # sysexits.h
from tempfile import TemporaryFile
from typing import IO

from digest.delivery.belt import Belt, Item
from digest.delivery.replies import Action, Fault, Verdict
from digest.errors import DeliveryError

SLOTS = 4
TIMEOUT_SECONDS = 300.0
END_SECONDS = 1.0
MAX_COMPLAINT_BYTES = 10_000
NOT_EXECUTABLE, NOT_FOUND = 126, 127


class Sendmail:
    """The door to one command; several letters at once."""

    slots = SLOTS

    def __init__(self, command: str) -> None:
        """Split the command as a shell would; options for the envelope are always added."""
        self.command = shlex.split(command)

    async def work(self, belt: Belt) -> None:
        """Send what is on the belt until it ends.

        Raises:
            DeliveryError: the command cannot be started, or says that it is misconfigured.
        """
        workers = [self._work(belt) for _ in range(self.slots)]
        for outcome in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _work(self, belt: Belt) -> None:
        try:
            await self._send(belt)
        except BaseException:
            belt.halt()  # the others would wait for the letter that nobody settles
            raise

    async def _send(self, belt: Belt) -> None:
        while (item := await belt.take()) is not None:
            with TemporaryFile() as complaint:  # a pipe would be held open by what it leaves behind
                try:
                    process = await asyncio.create_subprocess_exec(
                        *self.command,
                        *("-i", "-f", item.letter.mail_from, "--", item.letter.email),
                        stdin=asyncio.subprocess.PIPE,
                        stdout=asyncio.subprocess.DEVNULL,
                        stderr=complaint,
                    )
                except OSError as error:
                    belt.give_back(item)
                    raise self._error(f"cannot be started: {error.strerror}") from error
                try:
                    verdict = await hand_over(process, complaint, belt, item)
                finally:
                    await end(process)
            if verdict.action is Action.STOP:
                belt.give_back(item)
                raise self._error(f"ended with {verdict.text}")
            belt.settle(item, verdict)

    def _error(self, reason: str) -> DeliveryError:
        return DeliveryError(self.command[0], f"{reason}; check `delivery: sendmail:`")


async def end(process: asyncio.subprocess.Process) -> None:
    """End a command that hangs, or that a mistake of ours has left behind."""
    if process.returncode is None:
        process.kill()
        with suppress(TimeoutError):  # a child of it may hold the other end of its input
            await asyncio.wait_for(process.wait(), END_SECONDS)


async def hand_over(
    process: asyncio.subprocess.Process, complaint: IO[bytes], belt: Belt, item: Item
) -> Verdict:
    """Give the letter to the started command and judge how it ended."""
    belt.begin(item)
    content = item.letter.message.replace(b"\r\n", os.linesep.encode())
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await process.communicate(content)
    except TimeoutError:
        return Verdict(Action.UNCERTAIN, 0, f"no end within {TIMEOUT_SECONDS:g} s")
    complaint.seek(0)
    said = complaint.read(MAX_COMPLAINT_BYTES).decode("utf-8", "replace").strip()
    return judge_exit(process.returncode or 0, said)


def judge_exit(status: int, complaint: str) -> Verdict:
    """Return what an exit status means (sysexits.h; negative: the signal that killed it)."""
    text = f"exit status {status} {complaint}".strip()
    if status == EX_OK:
        return Verdict(Action.ACCEPT, 250, "accepted by the command")
    if status < 0:
        return Verdict(Action.UNCERTAIN, 0, f"killed by signal {-status}")
    if status in (EX_NOUSER, EX_NOHOST):
        return Verdict(Action.FAIL, 0, text, Fault.ADDRESS)
    if status in (EX_USAGE, EX_NOPERM, EX_CONFIG, NOT_EXECUTABLE, NOT_FOUND):
        return Verdict(Action.STOP, 0, text)
    if status == EX_DATAERR:
        return Verdict(Action.FAIL, 0, text, Fault.OURS)
    return Verdict(Action.DEFER, 0, text)
