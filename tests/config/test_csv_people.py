"""A table becomes subscribers as if it stood in the first subscribers file, left as it is."""

from pathlib import Path

import pytest

from digest.config.csv_people import people_of_csv
from digest.errors import ConfigError
from tests.config.folders import write

YAML = """\
defaults: {papers: 4, timezone: Europe/Berlin}
groups:
  lab: {papers: 2, interests: [proteins], paused: true}
subscribers:
  - {email: ada@example.org, interests: x}
"""


def put(folder: Path, text: str) -> Path:
    """Write a table."""
    (folder / "people.csv").write_text(text, encoding="utf-8")
    return folder / "people.csv"


def test_defaults_and_groups_are_written_out(tmp_path: Path) -> None:
    """The row's own words win over its group's, and those over the file's defaults."""
    config = write(tmp_path, subscribers=YAML)
    table = "email,group,papers,interests\nADA@example.org,,,y\nben@EXAMPLE.org,lab,,\n"
    found, known = people_of_csv(config, {}, put(tmp_path, f"{table}cleo@example.org,,7,z\n"))
    ben, cleo = found
    assert known == 1
    assert (ben.email, ben.papers, ben.timezone) == ("ben@example.org", 2, "Europe/Berlin")
    assert ben.paused_until is not None
    assert (cleo.papers, cleo.interests[0].keywords, cleo.paused_until) == (7, ("z",), None)
    assert (tmp_path / "subscribers.yaml").read_text() == YAML


def test_a_wrong_configuration_is_told_first(tmp_path: Path) -> None:
    """Nobody is taken in beside files that have mistakes."""
    config = write(tmp_path, subscribers=YAML.replace("papers: 4", "papers: 400"))
    with pytest.raises(ConfigError, match="papers"):
        people_of_csv(config, {}, put(tmp_path, "email,interests\nben@example.org,x\n"))


def test_an_absent_file_names_both_ways_out(tmp_path: Path) -> None:
    """A file is written, or everybody is in the database, and the YAML says so."""
    config = write(tmp_path, subscribers=YAML)
    (tmp_path / "subscribers.yaml").unlink()
    with pytest.raises(ConfigError, match=r"`digest init` writes one, `subscribers: \[\]` says"):
        people_of_csv(config, {}, put(tmp_path, "email,interests\nben@example.org,x\n"))
