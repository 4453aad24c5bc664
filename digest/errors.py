"""The tree of errors; each is a full sentence that names its subject, its cause and the way out.

DigestError
├── ConfigError      the YAML or the environment is wrong (exit 2)
├── SourceError      a source could not be read (a value of the run, exit 3)
├── TemplateError    a template cannot be compiled or filled (exit 2)
├── DeliveryError    the relay or the folder cannot take letters (exit 3)
└── StateError       the database cannot be opened, read or written (exit 2)
    ├── AwayError    its server is not there, or not ready (exit 2; a daemon waits for it)
    └── LockedError  another run holds the lock (exit 75)

`digest.ranking.minilm.ModelError` is the one that stands in its room: only who asked for sentence
embeddings can meet it.
"""

from dataclasses import dataclass
from errno import EACCES, EDQUOT, EEXIST, ENOSPC, EPERM, EROFS
from pathlib import Path
from typing import Any, Self

WAYS_OUT = {
    **dict.fromkeys((EACCES, EPERM), "let this user read and write there (chown, chmod)"),
    **dict.fromkeys((ENOSPC, EDQUOT), "make room, then try again"),
    EEXIST: "name another, or take away what is there",
    EROFS: "mount it so that it can be written",
}


def os_reason(error: OSError) -> str:
    """Return what the system refused, and the way out where there is a usual one."""
    said, advice = error.strerror or str(error), WAYS_OUT.get(error.errno or 0)
    return f"{said}; {advice}" if advice else said


def printable(text: str) -> str:
    """Return a stranger's words on one line, without what would steer a terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


class DigestError(Exception):
    """Any failure that the person who runs the program can do something about."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error pass from one process to another, whatever its members take to be made."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one file: `path:line:column: message`.

    Line and column count from 1; 0 means that the place is not known (the whole file).
    """

    path: Path
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else str(self.path)
        return f"{place}: {self.message}"


class ConfigError(DigestError):
    """All mistakes found in the configuration, in the order of files and lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    @classmethod
    def of(cls, path: Path, message: str, key: str = "") -> Self:
        """Make the error of one mistake that has no line, such as a file that is not there."""
        return cls((Problem(path, 0, 0, key, message),))


class SourceError(DigestError):
    """One source could not be read; the others go on."""

    def __init__(self, source: str, url: str, reason: str) -> None:
        self.source, self.url, self.reason = source, url, printable(reason)
        super().__init__(f"source {source!r} ({url}): {self.reason}")


class TemplateError(DigestError):
    """A template is missing, malformed or uses a name that does not exist."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        self.name, self.line, self.reason = name, line, reason
        super().__init__(f"template {name}{f':{line}' if line else ''}: {reason}")


class DeliveryError(DigestError):
    """Letters cannot be handed over at all; no letter has paid an attempt."""

    def __init__(self, host: str, reason: str) -> None:
        self.host, self.reason = host, reason
        super().__init__(f"delivery to {host}: {reason}")


class StateError(DigestError):
    """The database cannot be opened, read or written."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"state {path}: {reason}")


class AwayError(StateError):
    """The database's server cannot be reached now; it may be later."""


class LockedError(StateError):
    """Another run works on the same database."""
