"""Parses a document that looks dangerous in a process of its own, with a deadline and a ceiling.

Only documents that expat cannot read to the end, that are very large or oddly built come here: a
start costs about 0.2 s, which the daily feeds of healthy sources never pay.
"""

import json
import subprocess
import sys
from typing import Any

DEADLINE_SECONDS = 9.0  # by the clock on the wall
CPU_SECONDS = 7
MAX_ADDRESS_BYTES = 300_000_000

PROGRAM = "from digest.sources.reading.isolation import serve; serve()"


class Unreadable(ValueError):
    """feedparser fails at the document, or takes more time or memory than any honest one needs."""


def parse_apart(text: str) -> dict[str, Any]:
    """Return `syndication.read_most` of the text as computed by a child process.

    Raises:
        Unreadable: the child needed more than 9 s or 300 MB, or died; or feedparser fails at it,
            whichever entries are left out.
    """
    command = [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {PROGRAM}"]
    try:
        child = subprocess.run(  # noqa: S603  # our own interpreter and program
            command,
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"it takes more than {DEADLINE_SECONDS:.0f} seconds to parse") from error
    if child.returncode:
        raise Unreadable(f"it takes more than {CPU_SECONDS} s or 300 MB to parse")
    answer: dict[str, Any] = json.loads(child.stdout)
    if "error" in answer:
        raise Unreadable(answer["error"])
    return answer


def serve() -> None:
    """Parse standard input, write JSON to standard output; the child's whole life."""
    import resource  # POSIX only

    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_BYTES, MAX_ADDRESS_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    from digest.sources.reading.syndication import read_most

    try:
        answer = read_most(sys.stdin.buffer.read().decode())
    except Unreadable as error:
        answer = {"error": str(error)}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
