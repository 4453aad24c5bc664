"""What a check comes to. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a piece of the installation is."""

    GOOD = "good"
    NOTE = "note"  # works, and could be better
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str  # what was looked at: "relay mail.example.org:587"
    health: Health
    text: str  # how it is
    mend: str = ""  # what to do about it; never empty where it is bad


def good(subject: str, text: str) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(subject, Health.GOOD, text)


def note(subject: str, text: str, mend: str = "") -> Finding:
    """Return a finding that could be better."""
    return Finding(subject, Health.NOTE, text, mend)


def bad(subject: str, text: str, mend: str) -> Finding:
    """Return a finding that has to be mended."""
    return Finding(subject, Health.BAD, text, mend)


def skipped(subject: str, text: str) -> Finding:
    """Return what could not be looked at, and why."""
    return Finding(subject, Health.SKIPPED, text)
