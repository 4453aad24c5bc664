"""Fills `${VAR}` and `${VAR:-default}` from the environment; `$$` stands for one dollar.

A dollar followed by anything else is just a dollar, so that most passwords and formulas need no
escape. As in a POSIX shell (2.6.2), `:-` takes the default also where the variable is empty.
"""

import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\$(?:(\$)|\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})?)")


class Unexpandable(ValueError):
    """A variable is not set, or a brace is not closed; the message never holds a value."""


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return the text with its variables filled in.

    Raises:
        Unexpandable: Names the variable that is not set and has no default.
    """
    return VARIABLE.sub(lambda match: _value(match, environ), text)


def escaped(text: str) -> str:
    """Return text that `expand` gives back unchanged."""
    return re.sub(r"\$(?=[${])", "$$", text)


def _value(match: re.Match[str], environ: Mapping[str, str]) -> str:
    dollar, name, default = match.groups()
    if dollar:
        return "$"
    if name is None:
        raise Unexpandable("'${' begins no ${VARIABLE}; write '$${' for a literal '${'")
    value = environ.get(name)
    if default is not None and not value:
        return str(default)
    if value is None:
        raise Unexpandable(f"the environment variable {name} is not set")
    return value
