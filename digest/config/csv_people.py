"""Makes subscribers of a CSV file without writing YAML, for those who live in the database."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digest.config.csv_files import read_table
from digest.config.loading import NO_TEXTS, Reading, collector_paused, read_files
from digest.config.nodes import Mapping as Row
from digest.config.nodes import Scalar, Sequence
from digest.config.problems import Problems
from digest.config.schema import Habits, SubscriberEntry, SubscribersFile
from digest.config.subscribers import People, build_subscribers
from digest.models import Subscriber

Table = list[tuple[Row, dict[str, Any]]]


def people_of_csv(
    config: Path, environ: Mapping[str, str], source: Path
) -> tuple[tuple[Subscriber, ...], int]:
    """Return the people of a CSV file as if they stood in the first subscribers file.

    That is with its defaults and with all groups, written out: what changes in the YAML later
    does not reach them.

    Returns:
        Those who stand in no subscribers file, and how many were left out because they do.

    Raises:
        ConfigError: With every mistake of the CSV file, or of the configuration.
    """
    table = read_table(source)
    reading = Reading(config.absolute().parent, environ, NO_TEXTS, Problems())
    with collector_paused():
        common, files = read_files(config, reading)
        there = build_subscribers(common, files, reading.problems)[1]
        if reading.problems.found:
            raise reading.problems.error()
        new = [(row, entry) for row, entry in table if entry["email"].casefold() not in there]
        everybody = [*files, as_file(source, new, files)]  # those of the table last
        found = build_subscribers(common, everybody, reading.problems)[0]
        if reading.problems.found:
            raise reading.problems.error()
    return found[len(there) :], len(table) - len(new)


def as_file(source: Path, table: Table, files: list[People]) -> People:
    """Return a table as a subscribers file that shares the defaults of the first real one."""
    first = files[0].file if files else None
    file = SubscribersFile(
        defaults=first.defaults if first else Habits(),
        subscribers=tuple(SubscriberEntry.model_validate(entry) for _, entry in table),
    )
    rows = Sequence(1, 1, [row for row, _ in table], len(table))
    key = Scalar(1, 1, "subscribers", plain=True)
    return People(source, Row(1, 1, {"subscribers": (key, rows)}, 1), file)
