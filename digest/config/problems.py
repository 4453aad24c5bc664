"""Collects mistakes with their places; words for keys and for what was probably meant."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from digest.config.nodes import Loc, Node
from digest.errors import ConfigError, Problem

MAX_QUOTED_CHARACTERS = 60


@dataclass(slots=True)
class Problems:
    """The mistakes found so far; grows while files are read, then raised once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, path: Path, node: Node | None, loc: Loc, message: str) -> None:
        """Note one mistake; a node of None means the whole file."""
        line, column = (node.line, node.column) if node else (0, 0)
        self.found.append(Problem(path, line, column, dotted(loc), message))

    def error(self) -> ConfigError:
        """Return what was found as one error, in the order of files and lines."""
        files = {problem.path: place for place, problem in reversed([*enumerate(self.found)])}
        ordered = sorted(self.found, key=lambda p: (files[p.path], p.line, p.column))
        return ConfigError(tuple(dict.fromkeys(ordered)))


def dotted(loc: Loc) -> str:
    """Write a way down the tree as people do: `subscribers[3].email`."""
    words = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return "".join(words).removeprefix(".")


def last_key(loc: Loc) -> str:
    """Return the innermost name on a way, for the start of a sentence."""
    return next((step for step in reversed(loc) if isinstance(step, str)), "")


def quoted(text: str) -> str:
    """Show a value inside a sentence, on one line and not too long."""
    short = text if len(text) <= MAX_QUOTED_CHARACTERS else text[:MAX_QUOTED_CHARACTERS] + "…"
    return repr(short)


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or ""."""
    by_case = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold(), by_case, n=1, cutoff=0.6)
    return by_case[matches[0]] if matches else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or "" where nothing is near."""
    match = closest(word, known)
    return f"; did you mean {match!r}?" if match and match != word else ""
