"""People come from and go to spreadsheets, all or none."""

from pathlib import Path
from typing import Any

import pytest

from digest.config import load_config
from digest.config.csv_files import COLUMNS, csv_text, people_of_csv, read_table
from digest.config.edit import add_subscribers
from digest.errors import ConfigError
from digest.models import Subscriber
from tests.config.folders import load, write

TABLE = '''\
email;name;interests;days;send_at
ada@example.org;Ada;KV cache;;
grace@example.org;"Grace; ""Amazing""";"compilers|COBOL; no ";mon thu;17:30
alan@example.org;${HOME};logic;;
'''

YAML = """\
defaults: {papers: 4, timezone: Europe/Berlin}
groups:
  lab: {papers: 2, interests: [proteins], paused: true}
subscribers:
  - {email: ada@example.org, interests: x}
"""


def put(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a table."""
    (folder / "people.csv").write_text(text, encoding=encoding)
    return folder / "people.csv"


def read_csv(table: Path) -> list[dict[str, Any]]:
    """Return the entries of a table."""
    return [entry for _, entry in read_table(table)]


def import_csv(config: Path, table: Path) -> tuple[int, int]:
    """Add whoever is new; return how many these were, and how many stood there already."""
    _, entries, known = people_of_csv(config, {}, table)
    add_subscribers(config, {}, entries)
    return len(entries), known


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_added_to_the_file(tmp_path: Path, encoding: str) -> None:
    """Those who are there already stay as they are; nothing is taken for a variable."""
    config = write(tmp_path)
    assert import_csv(config, put(tmp_path, TABLE, encoding)) == (2, 1)
    grace, alan = load_config(config, {}).subscribers[1:]
    assert (grace.name, grace.send_at.hour) == ('Grace; "Amazing"', 17)
    assert grace.days == {0, 3}
    assert [interest.keywords for interest in grace.interests] == [
        ("compilers", "COBOL"),
        ("no",),
    ]
    assert alan.name == "${HOME}"


def test_headings_may_be_written_in_capitals(tmp_path: Path) -> None:
    """As spreadsheets like them, also in German."""
    assert read_csv(put(tmp_path, "E-Mail,NAME,Send_At\nada@example.org,Ada,07:30\n")) == [
        {"email": "ada@example.org", "name": "Ada", "send_at": "07:30"}
    ]


def test_empty_lines_above_the_headings_do_not_count(tmp_path: Path) -> None:
    """As spreadsheets leave them, with delimiters and without; lines are those of the file."""
    for above in ("\r\n\r\n", ";;\n"):
        table = put(tmp_path, f"{above}email;name\nada@example.org;Ada\n")
        assert read_csv(table) == [{"email": "ada@example.org", "name": "Ada"}]
    with pytest.raises(ConfigError, match=":4:1: email"):
        read_csv(put(tmp_path, "\n\nemail,name\nada,Ada\n"))


def test_the_delimiter_is_that_of_the_headings(tmp_path: Path) -> None:
    """Not one within a cell, whatever ends the lines, nor one within quotation marks."""
    (one,) = read_csv(put(tmp_path, "email,interests\rada@example.org,x;y\r"))
    assert [found["keywords"] for found in one["interests"]] == [["x"], ["y"]]
    with pytest.raises(ConfigError, match="unknown key 'na;me'"):
        read_csv(put(tmp_path, '"email","na;me"\nada@example.org,Ada\n'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada@example.org\n", "no column that is known .* interests, group"),
        ("email,Email\nada@example.org,bob@example.org\n", ":1:1: two columns are called 'email'"),
        ('email,name\nada@example.org,"Ada\nbob@example.org,Bob\n', ":3:1: is not CSV"),
    ],
)
def test_a_table_that_would_be_misread(tmp_path: Path, text: str, said: str) -> None:
    """Nobody is left out without a word."""
    with pytest.raises(ConfigError, match=said):
        read_csv(put(tmp_path, text))


def test_an_export_can_be_imported_again(tmp_path: Path) -> None:
    """Everything a table can hold comes back, also what was inherited."""
    subscribers = """\
defaults: {papers: 4, days: weekends, timezone: Europe/Berlin, send_at: 07:30}
subscribers:
  - {email: ada@example.org, name: "Ada, Countess", interests: [{keywords: [a, b]}, c]}
  - {email: bob@example.org, paused_until: 2027-01-31, interests: x}
  - {email: cy@example.org, when_empty: send, min_papers: 2, explore: 0, language: de, interests: x}
"""
    before = load(tmp_path, subscribers=subscribers).subscribers
    usual = Subscriber("")
    told = {
        name for name in COLUMNS for one in before if getattr(one, name) != getattr(usual, name)
    }
    assert told == set(COLUMNS), "somebody above says something of each"
    table = put(tmp_path, csv_text(before))
    config = write(tmp_path, subscribers="subscribers: []\n")
    assert import_csv(config, table) == (3, 0)
    assert load_config(config, {}).subscribers == before


def test_every_mistake_of_a_table_is_told(tmp_path: Path) -> None:
    """By row and column; the columns count from 1."""
    table = "emial,name,papers,days\nada@example.org,Ada,many,mon\n\nbob@example.org,,1,moonday,x\n"
    with pytest.raises(ConfigError) as caught:
        read_csv(put(tmp_path, table))
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "people.csv:1:1: unknown key 'emial'; did you mean 'email'?\n"
        "people.csv:2:3: papers: 'many' is not a whole number\n"
        "people.csv:4:4: days: 'moonday' is not a day; did you mean 'monday'?\n"
        "people.csv:4:5: unknown key 'cell 5, beyond the headings'; known are papers, send_at, "
        "timezone, days, when_empty, min_papers, explore, language, paused, paused_until, "
        "interests, email, name, group"
    )


def test_a_file_that_is_no_table_of_people(tmp_path: Path) -> None:
    """One sentence, not one for each line."""
    with pytest.raises(ConfigError) as caught:
        read_csv(put(tmp_path, "import datetime as d\nx = 1\ny = foo(1, 2)\n"))
    [problem] = caught.value.problems
    assert "is no table of people" in str(problem)


@pytest.mark.parametrize("text", ["", '"' + "x" * 200_000])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """An empty file, a quotation mark that is never closed."""
    with pytest.raises(
        ConfigError, match=r"people\.csv(: the file is empty|:1:1: is not CSV: field)"
    ):
        read_csv(put(tmp_path, text))


@pytest.mark.parametrize("cell", ["mon thu", '"mon, thu"', "Mon;thu", '" mon,thu,"'])
def test_days_within_a_cell(tmp_path: Path, cell: str) -> None:
    """However a spreadsheet's user divides them."""
    table = f"email,interests,days\nada@example.org,logic,{cell}\n"
    days = read_csv(put(tmp_path, table))[0]["days"]
    assert [day.lower() for day in days] == ["mon", "thu"]


def test_commas_within_a_cell(tmp_path: Path) -> None:
    """Between words they divide, as in YAML; a keyword that holds one comes back as it went."""
    config = write(tmp_path)
    import_csv(config, put(tmp_path, 'email;interests\nhal@example.org;"soil, fungi; a, b|"\n'))
    hal = load_config(config, {}).subscribers[-1]
    wanted = [("soil", "fungi"), ("a, b",)]
    assert [interest.keywords for interest in hal.interests] == wanted
    text = csv_text([hal])
    assert "soil|fungi; a, b|" in text


def test_defaults_and_groups_are_written_out(tmp_path: Path) -> None:
    """The row's own words win over its group's, and those over the file's defaults."""
    config = write(tmp_path, subscribers=YAML)
    table = "email,group,papers,interests\nADA@example.org,,,y\nben@EXAMPLE.org,lab,,\n"
    found, _, known = people_of_csv(config, {}, put(tmp_path, f"{table}cleo@example.org,,7,z\n"))
    ben, cleo = found
    assert known == 1
    assert (ben.email, ben.papers, ben.timezone) == ("ben@example.org", 2, "Europe/Berlin")
    assert ben.paused_until is not None
    assert (cleo.papers, cleo.interests[0].keywords, cleo.paused_until) == (7, ("z",), None)
    assert (tmp_path / "subscribers.yaml").read_text() == YAML


def test_a_domain_beyond_ascii_is_known_again(tmp_path: Path) -> None:
    """A table that is imported twice changes nothing the second time, be it to the database."""
    config = write(tmp_path, subscribers=YAML)
    table = put(tmp_path, "email,interests\nbo@bücher.example,x\n")
    assert import_csv(config, table) == (1, 0)
    assert import_csv(config, table) == (0, 1)
    assert people_of_csv(config, {}, table) == ((), [], 1)


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
