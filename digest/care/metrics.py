"""Writes the state of an installation as Prometheus reads it (text format 0.0.4). Pure but for
`write_metrics`.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.errors import StateError, os_reason
from digest.files import write_whole
from digest.models import Outcome, SourceState
from digest.state.status import Status

Sample = tuple[Mapping[str, str], float]  # labels and value


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric with all its samples; none is written where there are none."""

    name: str
    about: str
    samples: tuple[Sample, ...]


def metrics_text(status: Status, *, subscribers: int, now: datetime) -> str:
    """Return all metrics; times are Unix seconds."""
    gauges = [
        *run_gauges(status),
        *letter_gauges(status, now),
        *source_gauges(status),
        one("digest_subscribers", "Subscribers in the configuration.", subscribers),
        one("digest_papers", "Papers in the archive.", status.papers),
        one("digest_database_bytes", "Size of the database.", status.database_bytes),
        Gauge(
            "digest_suppressed_addresses",
            "Addresses that get no letters.",
            tuple(
                ({"reason": reason}, count) for reason, count in sorted(status.suppressed.items())
            ),
        ),
    ]
    return "".join(line + "\n" for gauge in gauges for line in lines_of(gauge))


def run_gauges(status: Status) -> Iterator[Gauge]:
    """Yield what is told of runs."""
    ended = next((run for run in status.runs if run.ended is not None), None)
    if ended is not None and ended.ended is not None:
        seconds = (ended.ended - ended.started).total_seconds()
        yield one("digest_run_end_timestamp_seconds", "End of the last run.", stamp(ended.ended))
        yield one("digest_run_seconds", "Duration of the last run.", seconds)
        yield one("digest_run_exit_code", "Exit code of the last run.", ended.exit_code)
    about = "End of the last run that went well."
    yield one("digest_run_success_timestamp_seconds", about, stamp(status.succeeded))
    about = "When the sources were last read."
    yield one("digest_collected_timestamp_seconds", about, stamp(status.collected))


def letter_gauges(status: Status, now: datetime) -> Iterator[Gauge]:
    """Yield what is told of letters."""
    counts = tuple(({"outcome": str(name)}, status.letters.get(name, 0)) for name in Outcome)
    yield Gauge("digest_letters_day", "Letters made within a day, by outcome.", counts)
    since = status.waiting_since
    waited = max(0.0, (now - since).total_seconds()) if since else 0.0
    yield one("digest_letters_waiting_seconds", "Age of the oldest letter not yet sent.", waited)
    broken = status.trouble is not None and status.trouble.ended is None
    yield one("digest_relay_up", "1 if letters could be handed over at the last try.", not broken)


def source_gauges(status: Status) -> Iterator[Gauge]:
    """Yield what is told of sources."""
    named = [({"source": source.name}, source) for source in status.sources]
    up = tuple((label, source.state != SourceState.FAILED) for label, source in named)
    failures = tuple((label, source.failures) for label, source in named)
    papers = tuple((label, source.papers) for label, source in named)
    success = tuple(
        (label, source.last_success.timestamp()) for label, source in named if source.last_success
    )
    yield Gauge("digest_source_up", "1 if the source could be read in its last run.", up)
    yield Gauge("digest_source_failures", "Failed runs in a row.", failures)
    yield Gauge("digest_source_papers", "Papers that its last run brought.", papers)
    yield Gauge("digest_source_success_timestamp_seconds", "When it was last read.", success)


def one(name: str, about: str, value: float | None) -> Gauge:
    """Return a metric with one sample; None: without any."""
    return Gauge(name, about, () if value is None else (({}, value),))


def stamp(moment: datetime | None) -> float | None:
    """Return Unix seconds."""
    return moment.timestamp() if moment else None


def lines_of(gauge: Gauge) -> Iterable[str]:
    """Yield a metric's lines."""
    if not gauge.samples:
        return
    yield f"# HELP {gauge.name} {gauge.about}"
    yield f"# TYPE {gauge.name} gauge"
    for labels, value in gauge.samples:
        pairs = ",".join(f'{name}="{escaped(text)}"' for name, text in labels.items())
        yield f"{gauge.name}{f'{{{pairs}}}' if pairs else ''} {float(value):.15g}"


def escaped(text: str) -> str:
    """Return a label's value as the format wants it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def write_metrics(path: Path, text: str) -> None:
    """Write the file for node_exporter's textfile collector, whole or not at all.

    Raises:
        StateError: it cannot be written.
    """
    try:
        write_whole(path, text.encode(), mode=0o644)  # node_exporter runs as somebody else
    except OSError as error:
        raise StateError(str(path), f"the metrics cannot be written: {os_reason(error)}") from error
