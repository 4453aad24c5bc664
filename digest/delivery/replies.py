"""Judges what a relay answered: a pure table, from step and reply to what is to be done.

The rules are RFC 5321 (4.2.1, 4.2.5, 4.5.4), the enhanced codes of RFC 3463 and RFC 5248, and
this program's own promise: an address is suppressed for its own fault only.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s|$)")

BAD_ADDRESS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)}  # 5.1.x about the recipient
# At RCPT: 5.1.0 says not whose address (Postfix, of the sender's); 5.2.1 is a box that is disabled;
# Microsoft says 5.4.1 and 5.5.0 of boxes that do not exist
DOUBTFUL_ADDRESS = {(1, 0), (2, 1), (4, 1), (5, 0)}
SENDER_REFUSED = {(1, 7), (1, 8)}  # 5.1.x about our own envelope sender
CONFIGURATION_CODES = {454, 530, 534, 535, 538}
TIMED_OUT = (4, 4, 2)  # the relay heard nothing for too long, as where this machine was asleep
SYNTAX_CODES = {500, 501, 502, 503, 504, 555}


class Step(StrEnum):
    """Where in the conversation a reply came."""

    CONNECT = "connect"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"  # the reply to DATA, before any content
    DOT = "final dot"  # the reply to the whole content


class Action(StrEnum):
    """What is to be done."""

    ACCEPT = "accept"  # go on; at the final dot: the letter is delivered
    BACK_OFF = "back off"  # the relay wants no letters now; none pays an attempt
    DEFER = "defer"  # this letter later
    FAIL = "fail"  # this letter never
    STOP = "stop"  # our configuration: end the run, nobody pays
    RETRY = "retry"  # the link was lost before the content: again, at no risk
    UNCERTAIN = "uncertain"  # the link was lost in or after the content


class Fault(StrEnum):
    """Whose fault a refusal is."""

    NONE = ""
    ADDRESS = "address"  # the box does not exist: suppressed
    DOUBTFUL = "doubtful address"  # as 550 without an enhanced code: counted, suppressed later
    POLICY = "policy"  # our reputation or their rules: the domain's breaker opens
    SIZE = "size"  # too large, or the box is full
    OURS = "ours"  # a bug: the transcript is kept
    OTHER = "other"


class Reply(NamedTuple):
    """One answer of a server."""

    code: int  # 200 to 599
    lines: tuple[str, ...] = ()  # without the code

    @property
    def text(self) -> str:
        """The lines joined by a space."""
        return " ".join(filter(None, self.lines))

    @property
    def enhanced(self) -> tuple[int, int, int] | None:
        """The enhanced status code (RFC 3463), where the text begins with one of our class."""
        found = ENHANCED.match(self.lines[0]) if self.lines else None
        if found is None or int(found[1]) != self.code // 100:
            return None
        return int(found[1]), int(found[2]), int(found[3])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply, or its absence, means for the letter."""

    action: Action
    code: int = 0
    text: str = ""
    fault: Fault = Fault.NONE
    slow_down: bool = False  # a sign that we are too fast
    telling: bool = True  # of the relay; False: one address is why, and nobody was asked


@lru_cache(256)  # a relay answers nearly all letters alike
def judge(step: Step, reply: Reply) -> Verdict:
    """Return what a reply at that step means.

    A reply that no rule names is taken by its first digit (RFC 5321 4.3.2).
    """
    kind = reply.code // 100
    throttled = reply.code == 454 and step is Step.DOT and reply.enhanced is None  # Amazon SES
    if throttled or reply.code in (421, 521) or (step is Step.CONNECT and kind != 2):
        too_fast = throttled or (reply.code == 421 and reply.enhanced != TIMED_OUT)
        return verdict(Action.BACK_OFF, reply, slow_down=too_fast)
    if reply.code in CONFIGURATION_CODES or (step in (Step.STARTTLS, Step.AUTH) and kind != 2):
        return verdict(Action.STOP, reply)
    if kind == 2 and step is not Step.DATA:
        return verdict(Action.ACCEPT, reply)
    if kind == 3 and step is Step.DATA:
        return verdict(Action.ACCEPT, reply)
    if kind == 4 or (reply.code == 552 and step is Step.RCPT):
        too_fast = reply.enhanced is not None and reply.enhanced[1] == 7
        return verdict(Action.DEFER, reply, slow_down=too_fast)
    if kind == 5:
        return verdict(Action.FAIL, reply, fault=fault_of(step, reply))
    return verdict(Action.UNCERTAIN if step is Step.DOT else Action.RETRY, reply)


def fault_of(step: Step, reply: Reply) -> Fault:
    """Return whose fault a 5xx is; the enhanced code, where there is one, knows better."""
    if reply.code in SYNTAX_CODES:
        return Fault.OURS
    if reply.enhanced is not None:
        return fault_by_enhanced_code(step, reply.enhanced[1:])
    if reply.code == 552:
        return Fault.SIZE
    if reply.code == 554:
        return Fault.POLICY
    if step is Step.RCPT and reply.code in (550, 551, 553, 556):
        return Fault.DOUBTFUL
    return Fault.POLICY if reply.code == 550 else Fault.OTHER


def fault_by_enhanced_code(step: Step, code: tuple[int, int]) -> Fault:
    """Return whose fault a 5.x.y is (RFC 3463 3.2 to 3.8; RFC 7505 for 5.1.10)."""
    subject, _detail = code
    if step is Step.RCPT and code in BAD_ADDRESS:
        return Fault.ADDRESS
    if step is Step.RCPT and code in DOUBTFUL_ADDRESS:
        return Fault.DOUBTFUL
    if code in SENDER_REFUSED or subject == 7:
        return Fault.POLICY
    if code in {(2, 2), (2, 3), (3, 4)}:
        return Fault.SIZE
    if subject in (5, 6):
        return Fault.OURS
    return Fault.ADDRESS if code in BAD_ADDRESS and step is Step.DOT else Fault.OTHER


def verdict(
    action: Action, reply: Reply, *, fault: Fault = Fault.NONE, slow_down: bool = False
) -> Verdict:
    """Return a verdict that carries the reply."""
    return Verdict(action, reply.code, reply.text, fault, slow_down)


def lost_link(step: Step, reason: str) -> Verdict:
    """Return what a lost link or a time-out at that step means (RFC 1047; RFC 5321 4.5.3.2.6)."""
    if step is Step.DOT:
        return Verdict(Action.UNCERTAIN, 0, f"{reason} after the content was sent")
    return Verdict(Action.RETRY, 0, f"{reason} at {step}")
