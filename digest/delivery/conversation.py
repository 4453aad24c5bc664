"""Sends letters over one open connection, pipelined (RFC 2920) or step by step.

Pipelined, MAIL, RCPT and DATA leave in one write, and those of the next letter right behind the
final dot of this one: RFC 2920 3.1 names the content as a command that may begin a group. A
letter's content leaves only after its own 354, so a lost link costs at most one letter its
certainty.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.delivery.belt import Belt, Item
from digest.delivery.connecting import Connection
from digest.delivery.replies import Action, Fault, Step, Verdict, judge, lost_link
from digest.delivery.wire import LinkLost

DOT_SECONDS = 600.0  # RFC 5321 4.5.3.2.6
DOT = b".\r\n"
TAKEN = (250, 250, 354)  # what nearly every group is answered with, and at once
MAX_DROPS = 3  # links lost under one letter before it is deferred
ENDING = (Action.BACK_OFF, Action.STOP, Action.RETRY)  # verdicts on the relay, not on the letter


class Interrupted(Exception):
    """The connection cannot go on; every item on it has been settled or given back."""

    def __init__(self, verdict: Verdict, step: Step = Step.MAIL) -> None:
        super().__init__(verdict.text)
        self.verdict, self.step = verdict, step


@dataclass(slots=True)
class Opening:
    """How the relay took MAIL, RCPT and DATA."""

    refusal: Verdict | None = None  # the first that was not accepted
    wants_content: bool = False  # it said 354


@dataclass(slots=True)
class Conversation:
    """One connection and the letters that go over it.

    Attributes:
        seconds: how long a reply may take, but for the one to the final dot.
        may_follow: whether another letter may be sent on this connection, now.
        suits: whether a letter is for this relay to take from the belt.
        refuse: what is known before a letter is begun: None, it may be sent here; RETRY, it goes
            back for another relay; else it is settled so.
    """

    connection: Connection
    belt: Belt
    seconds: float
    may_follow: Callable[[], bool]
    suits: Callable[[Item], bool]
    refuse: Callable[[Item], Verdict | None]
    deadline: float = float("inf")  # loop time after which the connection is too old
    count: int = 0  # letters begun on this connection
    answered: int = 0  # letters that the relay took or refused
    needs_reset: bool = False  # MAIL was accepted and nothing has ended that transaction
    refusal: Verdict | None = None  # of the present letter, while its group is read

    async def send(self, item: Item) -> None:
        """Send this letter, and others right behind it while there are some.

        Raises:
            Interrupted: the link was lost, or the relay wants no more.
        """
        if self._turns_away(item):
            return
        self.count += 1
        current: Item | None = item
        if self.connection.pipelining:
            self.connection.wire.write(self._group(item))
        while current is not None:
            current = await self._send_one(current)
            self.answered += 1

    async def _send_one(self, item: Item) -> Item | None:
        """Send one letter whose group is written; return the one whose group followed it."""
        opening = await self._open(item)
        following = self._follow()
        parts = self._group(following) if following is not None else []
        if opening.refusal is None:
            self.belt.begin(item)
            self.connection.wire.write([*item.content, DOT, *parts])
        else:
            self.connection.wire.write([DOT, *parts] if opening.wants_content else parts)
            self._settle(item, opening.refusal)
        if opening.wants_content:
            await self._end(item, opening.refusal, following)
        return following

    async def _open(self, item: Item) -> Opening:
        """Read, or first ask for, the replies to MAIL, RCPT and DATA.

        Raises:
            Interrupted: the relay, not the letter, is at fault; the item was given back.
        """
        try:
            if self.connection.pipelining:
                return await self._read_group()
            return await self._step_by_step(item)
        except LinkLost as lost:
            raise self._drop(item, lost_link(Step.MAIL, str(lost))) from lost
        except Interrupted as interruption:
            raise self._drop(item, interruption.verdict, interruption.step) from interruption

    async def _read_group(self) -> Opening:
        if not self.needs_reset and self.connection.wire.try_take(TAKEN):
            return Opening(wants_content=True)
        if self.needs_reset:
            await self._judged(Step.MAIL)
        mail = await self._judged(Step.MAIL)
        self.needs_reset = mail.action is Action.ACCEPT
        self.refusal = mail if refused(mail) else None
        rcpt = await self._judged(Step.RCPT, after=mail)
        self.refusal = self.refusal or (rcpt if refused(rcpt) else None)
        data = await self._judged(Step.DATA, after=self.refusal)
        opening = Opening(self.refusal or (data if refused(data) else None), not refused(data))
        self.refusal = None
        self.needs_reset = self.needs_reset and not opening.wants_content
        return opening

    async def _step_by_step(self, item: Item) -> Opening:
        if self.needs_reset:
            await self._ask(Step.MAIL, b"RSET\r\n")
            self.needs_reset = False
        for step, command in zip(
            (Step.MAIL, Step.RCPT, Step.DATA), self._commands(item), strict=True
        ):
            verdict = await self._ask(step, command)
            if refused(verdict):
                self.needs_reset = step is not Step.MAIL
                return Opening(verdict)
        return Opening(None, True)

    async def _ask(self, step: Step, command: bytes) -> Verdict:
        self.connection.wire.write([command])
        return await self._judged(step)

    async def _judged(self, step: Step, after: Verdict | None = None) -> Verdict:
        """Read a reply and judge it; what follows a refusal in a group says nothing more."""
        reply = await self.connection.wire.reply(self.seconds)
        verdict = judge(step, reply)
        if after is not None and refused(after) and reply.code != 421:
            return verdict if verdict.action is Action.ACCEPT else after
        if verdict.action in ENDING:
            raise Interrupted(verdict, step)
        return verdict

    async def _end(self, item: Item, refusal: Verdict | None, following: Item | None) -> None:
        """Read the reply to the final dot."""
        try:
            verdict = judge(Step.DOT, await self.connection.wire.reply(DOT_SECONDS))
        except LinkLost as lost:
            verdict = lost_link(Step.DOT, str(lost))
        broken = verdict.action is Action.UNCERTAIN or verdict.action in ENDING
        if broken and following is not None:
            self.belt.give_back(following)
        if refusal is None and verdict.action in ENDING:
            raise self._drop(item, verdict, Step.DOT)
        if refusal is None:
            self._settle(item, verdict)
        if broken:
            raise Interrupted(verdict)

    def _settle(self, item: Item, verdict: Verdict) -> None:
        """Say what became of an item; of what the relay calls malformed the commands are kept."""
        if verdict.fault is Fault.OURS:
            said = b" ".join(self._commands(item)).decode("utf-8", "replace").split("\r\n")
            verdict = replace(verdict, text=f"{verdict.text} | {'|'.join(said)}")
        self.belt.settle(item, verdict)

    def _drop(self, item: Item, verdict: Verdict, step: Step = Step.MAIL) -> Interrupted:
        """Give an item back; one that lost its link time and again is deferred.

        So is one at which the relay hangs up, by a 421 to RCPT or later: it may mean this reader
        alone, and all others would wait behind the letter. One that it refused before it hung up
        is settled: Exim's `drop` does so.
        """
        if self.refusal is not None:
            self._settle(item, self.refusal)
            self.answered += 1
            return Interrupted(verdict)
        hung_up = verdict.action is Action.BACK_OFF and step is not Step.MAIL
        item.drops += hung_up or verdict.action is Action.RETRY
        if item.drops >= MAX_DROPS:
            said = f"{verdict.code or ''} {verdict.text}".strip()
            text = f"the link was lost {item.drops} times: {said}"
            self.belt.settle(item, Verdict(Action.DEFER, 0, text))
        else:
            self.belt.give_back(item)
        return Interrupted(verdict)

    def _follow(self) -> Item | None:
        """Take the next letter to go right behind this one, where that is possible."""
        if not self.connection.pipelining or not self.may_follow():
            return None
        while (item := self.belt.try_take(self.suits)) is not None:
            if not self._turns_away(item):
                self.count += 1
                return item
        return None

    def _turns_away(self, item: Item) -> bool:
        """Settle, or give back to another relay, what this one does not take."""
        refusal = self.refuse(item)
        if refusal is None:
            return False
        if refusal.action is Action.RETRY:
            self.belt.give_back(item)
        else:
            self.belt.settle(item, refusal)
        return True

    def _group(self, item: Item) -> list[bytes]:
        reset = [b"RSET\r\n"] if self.needs_reset else []
        return [*reset, *self._commands(item)]

    def _commands(self, item: Item) -> tuple[bytes, bytes, bytes]:
        extensions, envelope = self.connection.extensions, item.envelope
        options = b" SIZE=%d" % item.size if "size" in extensions else b""
        options += b" SMTPUTF8" if envelope.utf8 else b""
        return (
            b"MAIL FROM:<%b>%b\r\n" % (envelope.sender, options),
            b"RCPT TO:<%b>\r\n" % envelope.recipient,
            b"DATA\r\n",
        )


def refused(verdict: Verdict) -> bool:
    """Tell whether a verdict is anything but acceptance."""
    return verdict.action is not Action.ACCEPT


def refuse_here(item: Item, connection: Connection | None) -> Verdict | None:
    """Refuse what this relay is known not to take (RFC 6531 3.2, RFC 1870 6.1).

    Args:
        connection: the last one to it; None: nothing is known.
    """
    if connection is None:
        return None
    if item.envelope.utf8 and "smtputf8" not in connection.extensions:
        text = "the relay takes no address with letters beyond ASCII (no SMTPUTF8)"
        return Verdict(Action.FAIL, 0, text, Fault.OTHER, telling=False)
    if 0 < connection.max_bytes < item.size:
        text = f"{item.size} bytes; the relay takes {connection.max_bytes}"
        return Verdict(Action.FAIL, 0, text, Fault.SIZE)
    return None
