"""The log as JSON, one object per line, for whoever collects logs by machine."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from digest.cli import say_wrong

# A name and its value: what `%r` has quoted, whatever it holds; else all up to the next name.
PAIR = re.compile(
    r""" ([a-z_]+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.*?)(?= [a-z_]+=|$)""", re.DOTALL
)


class JsonLines(logging.Formatter):
    """Writes `relay event=back_off host=a` as {"subject": "relay", "event": "back_off", ...}."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        subject, *parts = PAIR.split(record.getMessage())
        row: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "subject": subject,
        }
        for name, value in zip(parts[::3], parts[1::3], strict=True):
            row.setdefault(name, unquoted(value))
        if record.exc_info:
            row["traceback"] = self.formatException(record.exc_info)
        return json.dumps(row, ensure_ascii=False)


def unquoted(value: str) -> str:
    """Return a value without the quotes that `%r` put around it."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def complain(text: str) -> None:
    """Say on stderr that something went wrong: as a line of the log where that is JSON."""
    if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
        logging.getLogger("digest").error("complaint reason=%s", text)
    else:
        say_wrong(text)


def log_as_json() -> None:
    """Let every line of the log from now on be JSON."""
    handlers = logging.getLogger().handlers or [logging.StreamHandler(sys.stderr)]
    for handler in handlers:
        handler.setFormatter(JsonLines())
        logging.getLogger().addHandler(handler)
