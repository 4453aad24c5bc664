"""Reads JSON of unknown shape: what is not of the wanted type counts as missing. Pure."""

import json
from typing import Any

from digest.sources.document import Origin
from digest.sources.reading.bounds import MAX_ENTRIES, TOO_MANY

MAX_PARTS = 1_000_000  # commas and brackets: 150 bytes of memory each, at worst
LIST_DEPTH = 3  # of the lists of entries, as in {"message": {"items": [...]}}
MAX_NUMBER = 2**53


def load(text: str, origin: Origin) -> Any:
    """Return the parsed JSON.

    Raises:
        SourceError: it is no JSON, too deep, made of too many parts or of too many entries.
    """
    if sum(text.count(mark) for mark in ",[{") > MAX_PARTS:
        raise origin.error("its JSON has too many parts")
    try:
        value = json.loads(text)
        if longest(value) > MAX_ENTRIES:
            raise origin.error(TOO_MANY)
        return whole_characters(value, text)
    except RecursionError as error:
        raise origin.error("its JSON is nested too deeply") from error
    except ValueError as error:
        raise origin.error(f"it is no valid JSON: {str(error)[:200]}") from error


def longest(value: Any, depth: int = LIST_DEPTH) -> int:
    """Return the length of the longest list that is an answer or stands in its objects."""
    if isinstance(value, list):
        return len(value)
    if not isinstance(value, dict) or not depth:
        return 0
    return max((longest(part, depth - 1) for part in value.values()), default=0)


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


def texts_at(value: Any, *path: str | int) -> list[str]:
    """Return the strings of the list at the path."""
    return [part for part in rows_at(value, *path) if isinstance(part, str)]


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
