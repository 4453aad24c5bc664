"""Reads JSON of unknown shape: what is not of the wanted type counts as missing. Pure."""

import json
from typing import Any

from digest.sources.document import Origin

MAX_PARTS = 1_500_000  # commas and brackets: 100 bytes of memory each, at worst
MAX_NUMBER = 2**53


def load(text: str, origin: Origin) -> Any:
    """Return the parsed JSON.

    Raises:
        SourceError: it is no JSON, too deep or made of too many parts.
    """
    if sum(text.count(mark) for mark in ",[{") > MAX_PARTS:
        raise origin.error("its JSON has too many parts")
    try:
        return whole_characters(json.loads(text), text)
    except RecursionError as error:
        raise origin.error("its JSON is nested too deeply") from error
    except ValueError as error:
        raise origin.error(f"it is no valid JSON: {str(error)[:200]}") from error


def at(value: Any, *path: str | int) -> Any:
    """Return what lies at the path of keys and positions, or None."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and len(value) > step:
            value = value[step]
        else:
            return None
    return value


def text_at(value: Any, *path: str | int) -> str:
    """Return the string at the path, or ""."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def rows_at(value: Any, *path: str | int) -> list[Any]:
    """Return the list at the path, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def number_at(value: Any, *path: str | int) -> int | None:
    """Return the whole number at the path, also one written as a string, or None."""
    found = at(value, *path)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < MAX_NUMBER:
        return None
    return found


def whole_characters(value: Any, text: str) -> Any:
    """Return the value with half characters (`\\ud800`, lone surrogates) replaced.

    JSON may write them (RFC 8259, section 8.2), UTF-8 cannot: one would keep a whole run's papers
    from being stored.
    """
    if "\\ud" not in text.lower():
        return value
    written = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return json.loads(written)
