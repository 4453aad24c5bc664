"""What a fault server is told to do, and at which step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """Answer with this reply instead of the usual one."""

    code: int
    text: str = ""
    close: bool = False  # and close the connection after it


@dataclass(frozen=True)
class Drop:
    """Close the connection without a reply."""

    reset: bool = False  # with RST instead of FIN


@dataclass(frozen=True)
class Accept:
    """At the final dot: take the message, then close without a reply."""


@dataclass(frozen=True)
class Late:
    """Answer as usual, after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """Answer as usual, a byte at a time."""

    seconds: float  # between two bytes


@dataclass(frozen=True)
class Raw:
    """Send these bytes instead of a reply."""

    data: bytes
    close: bool = False


@dataclass
class Rule:
    """Do something at a step.

    Steps: connect, ehlo, starttls, handshake, auth, mail, rcpt, data, content (after the first
    block of it), dot, rset, quit.
    """

    step: str
    action: Say | Drop | Accept | Late | Drip | Raw
    about: str = ""  # only where this occurs in the command, or in the recipient at data and dot
    times: int = 1_000_000_000
    after: int = 0  # let it pass so many times first

    def fits(self, step: str, words: str) -> bool:
        """Tell whether the rule applies, and count that it did."""
        if step != self.step or self.about not in words or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True
