"""Subscribers in the database, at the prompt: as good as those of the YAML."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from digest.config import load_config
from digest.state.database import open_database
from tests.scene import Called, Scene, html_of

YAML = """\
defaults: {papers: 4, timezone: UTC, explore: 0}
groups:
  lab: {papers: 2, interests: [proteins]}
subscribers:
  - {email: ada@example.org, name: Ada, interests: attention}
"""
TABLE = """\
email,name,group,interests
ADA@example.org,Other Ada,,proteins
ben@example.org,Ben,lab,
cleo@example.org,Cleo,,attention; proteins
"""
IDLE = """\
import sys
from digest.cli import main
try:
    main(["run", "-c", sys.argv[1]])
except SystemExit as leaving:
    print(leaving.code, "sqlalchemy" in sys.modules)
"""


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """Ada in the YAML, Ben and Cleo in the database."""
    scene.write(YAML)
    called = bring_in(scene, TABLE)
    assert (called.code, called.out) == (0, "added 2, 1 stood there already\n"), called.err
    return scene


def bring_in(scene: Scene, table: str, option: str = "--to-database") -> Called:
    """Import a table."""
    path = scene.folder / "people.csv"
    path.write_text(table, encoding="utf-8")
    return subscribers(scene, "import", str(path), *filter(None, [option]))


def subscribers(scene: Scene, verb: str, *arguments: str) -> Called:
    """Run one `digest subscribers` command."""
    return scene.call("subscribers", verb, *arguments)


def people(scene: Scene) -> dict[str, dict[str, object]]:
    """Return what `list` says of everybody, by address."""
    return {row["email"]: row for row in subscribers(scene, "list", "--json").json}


def homes(scene: Scene) -> dict[str, object]:
    """Return where each address lives."""
    return {email: row["lives"] for email, row in people(scene).items()}


def test_people_live_in_two_places(scene: Scene) -> None:
    """`list` says where, with the defaults and the groups of the YAML; its Ada wins."""
    found = people(scene)
    assert homes(scene) == {
        "ada@example.org": "yaml",
        "ben@example.org": "database",
        "cleo@example.org": "database",
    }
    assert found["ada@example.org"]["name"] == "Ada"
    assert (found["ben@example.org"]["papers"], found["cleo@example.org"]["papers"]) == (2, 4)
    assert found["cleo@example.org"]["interests"] == ["attention", "proteins"]
    table = subscribers(scene, "list").out
    assert "database" in table
    assert "YAML" in table
    exported = subscribers(scene, "export").out
    assert [line.split(",")[0] for line in exported.splitlines()][1:] == list(found)


def test_a_second_import_adds_only_who_is_new(scene: Scene) -> None:
    """Whoever is there stays as they are, in the YAML and in the database."""
    called = bring_in(scene, TABLE.replace("cleo", "dora") + "dan@example.org,Dan,lab,\n")
    assert called.out == "added 2, 2 stood there already\n"
    assert len(homes(scene)) == 5


@pytest.mark.parametrize("option", ["--to-database", ""])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("dan@example.org,Dan,labor,", "people.csv:3:3: group: there is no group 'labor'"),
        ("eve@example.org,Eve,lab,", "eve@example.org is a subscriber already, at"),
        ("dan@example.org,Dan,,", "people.csv:3:1: dan@example.org has no interests"),
        ("dan.example.org,Dan,lab,", "people.csv:3:1: email:"),
    ],
)
def test_a_table_with_mistakes_adds_nobody(
    scene: Scene, row: str, message: str, option: str
) -> None:
    """Every mistake is told as of a subscribers file, by line and column of the table."""
    called = bring_in(scene, f"email,name,group,interests\neve@example.org,,lab,\n{row}\n", option)
    assert called.code == 2
    assert message in called.err
    assert "eve@example.org" not in homes(scene)


def test_thousands_do_not_go_into_the_yaml(scene: Scene) -> None:
    """The refusal names the way out; the files stay as they are."""
    rows = "".join(f"p{n}@example.org,attention\n" for n in range(2_001))
    called = bring_in(scene, f"email,interests\n{rows}", option="")
    assert called.code == 2
    assert "2,001 people" in called.err
    assert "--to-database" in called.err
    assert (scene.folder / "subscribers.yaml").read_text() == YAML
    assert bring_in(scene, f"email,interests\n{rows}").out == "added 2001, 0 stood there already\n"


def test_pause_resume_and_remove(scene: Scene) -> None:
    """They take the people of the database as those of the YAML, by name too."""
    where = scene.folder / "var" / "digest.db"
    called = subscribers(scene, "pause", "ben", "--until", "2030-12-24")
    assert called.out == f"paused ben@example.org until 2030-12-24 in {where}\n"
    assert people(scene)["ben@example.org"]["paused_until"] == "2030-12-24"
    assert subscribers(scene, "pause", "Cleo").out.startswith("paused cleo@example.org until resu")
    assert people(scene)["cleo@example.org"]["next"] is None
    assert subscribers(scene, "resume", "ben").out == f"resumed ben@example.org in {where}\n"
    assert people(scene)["ben@example.org"]["paused_until"] is None
    assert subscribers(scene, "remove", "ben").out == f"removed ben@example.org from {where}\n"
    assert list(homes(scene)) == ["ada@example.org", "cleo@example.org"]
    assert (scene.folder / "subscribers.yaml").read_text() == YAML


@pytest.mark.parametrize("name", ["ada", "ben"])
def test_a_pause_by_the_page_is_resumed(scene: Scene, name: str) -> None:
    """Whoever asks the operator for letters again gets them; what else holds them back is told."""
    email = f"{name}@example.org"
    assert scene.call("suppress", email, "--reason", "paused", "--until", "2099-01-01").code == 0
    assert subscribers(scene, "resume", name).out == f"resumed {email}\n"
    assert scene.call("suppress").out == "Nobody is suppressed.\n"
    assert subscribers(scene, "resume", name).out == f"{email} was not paused\n"
    assert scene.call("suppress", email, "--reason", "complaint").code == 0
    assert "suppressed (complaint)" in subscribers(scene, "resume", name).err


def test_an_address_in_both_places(scene: Scene) -> None:
    """The YAML wins, `check` notes it, and `remove` takes both, so that no letter comes."""
    more = YAML + "  - {email: BEN@example.org, name: Benjamin, interests: attention}\n"
    (scene.folder / "subscribers.yaml").write_text(more, encoding="utf-8")
    assert homes(scene) == {
        "ada@example.org": "yaml",
        "BEN@example.org": "yaml",
        "cleo@example.org": "database",
    }
    checked = scene.call("check")
    assert checked.code == 0
    note = "note: ben@example.org: stands in the YAML and in the database; the YAML counts"
    assert note in checked.out
    assert "subscribers: 3" in checked.out
    removed = subscribers(scene, "remove", "benjamin").out
    yaml, database = scene.folder / "subscribers.yaml", scene.folder / "var" / "digest.db"
    assert removed == f"removed BEN@example.org from {yaml} and {database}\n"
    assert list(homes(scene)) == ["ada@example.org", "cleo@example.org"]


def test_letters_reach_both_kinds(scene: Scene) -> None:
    """A run, its dry run, the preview, the history and the status know everybody."""
    dry = scene.call("run", "--dry-run", "--date", "2026-11-23", "--json")
    assert len(dry.json["letters"]) == 3
    called = scene.call("run", "--date", "2026-11-23")
    assert (called.code, called.out, called.err) == (0, "", "")
    mail = scene.mail()
    assert set(mail) == {"ada@example.org", "ben@example.org", "cleo@example.org"}
    assert "protein folds" in html_of(mail["ben@example.org"])
    assert len(scene.call("history", "cleo", "--json").json["letters"]) == 1
    following = {row["to"] for row in scene.call("status", "--json").json["next"]}
    assert following == set(mail)
    page = scene.call("preview", "ben", "--folder", str(scene.folder / "letters"))
    assert page.code == 0, page.err


def test_forgotten_people_are_gone(scene: Scene) -> None:
    """`forget` shows and erases the row, in any case of letters."""
    kept = scene.folder / "ben.json"
    called = scene.call("forget", "BEN@example.org", "--yes", "--export", str(kept))
    assert called.code == 0, called.err
    assert '"subscribers"' in kept.read_text()
    assert "ben@example.org" not in homes(scene)


def test_the_yaml_may_be_empty(scene: Scene) -> None:
    """Everybody may live in the database; `[]` says that there is no file."""
    (scene.folder / "subscribers.yaml").unlink()
    with scene.config.open("a", encoding="utf-8") as file:
        file.write("subscribers: []\n")
    assert homes(scene) == {"ben@example.org": "database", "cleo@example.org": "database"}
    assert bring_in(scene, TABLE.replace(",lab,", ",,attention")).out.startswith("added 1, 2 ")


def test_an_idle_run_needs_no_sqlalchemy(scene: Scene) -> None:
    """With people in the database and nobody due, the quick look is enough."""
    assert scene.call("run").code == 0
    for name in ("ada", "ben", "cleo"):
        assert subscribers(scene, "pause", name).code == 0
    command = [sys.executable, "-c", IDLE, str(scene.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0 False\n", "")


def test_a_broken_database_is_told_once(scene: Scene) -> None:
    """`run` says what is wrong; `check` and `doctor` still look at everything else."""
    database = scene.folder / "var" / "digest.db"
    for path in database.parent.glob("digest.db*"):
        path.unlink()
    database.write_text("not a database, by any means " * 100)
    called = scene.call("run")
    assert called.code != 0
    assert "no SQLite database" in called.err
    checked = scene.call("check")
    assert checked.code == 0
    assert "no SQLite database" in checked.out
    looked = scene.call("doctor", "--offline").out
    assert "no SQLite database" in looked
    assert "configuration" in looked


def test_a_database_of_another_user_is_no_case_for_a_backup(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one run by root it is whole but cannot be opened: `doctor` says whose it should be."""
    assert scene.call("run").code == 0

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    monkeypatch.setattr("digest.doctor.machine.may_write", lambda _path: False)
    looked = scene.call("doctor", "--offline").out
    assert "let the user who runs this write (chown, chmod)" in looked
    assert "restore" not in looked


def test_a_pause_holds_whatever_the_run_is_asked_for(scene: Scene) -> None:
    """`--now` overrides hour and days, never a pause; who was named is told of."""
    assert subscribers(scene, "pause", "ada").code == 0
    called = scene.call("run", "--now", "--only", "ada")
    assert "ada@example.org has paused" in called.err
    assert scene.call("run", "--now").code == 0
    assert "ada@example.org" not in scene.mail()
    shown = scene.folder / "shown"
    assert scene.call("preview", "ada", "--folder", str(shown)).code == 0  # a look is no letter
    assert list(shown.glob("*.eml"))


def test_the_next_letter_is_that_of_the_next_run(scene: Scene) -> None:
    """Before today's letter is made, be there a database or none, it is not said to be tomorrow."""
    assert subscribers(scene, "list").out.count("by the next run") == 3
    assert scene.call("run").code == 0
    assert "by the next run" not in subscribers(scene, "list").out


def test_who_is_added_and_suppressed_is_told_of(scene: Scene) -> None:
    """Nobody waits for letters that never come."""
    scene.call("suppress", "dan@example.org", "--reason", "asked by phone")
    called = subscribers(scene, "add", "Dan@example.org", "--keyword", "attention")
    assert called.code == 0
    assert "suppressed (asked by phone)" in called.err


def test_who_is_suppressed_is_told(scene: Scene) -> None:
    """`list` gives the reason in place of a next letter, whatever the spelling of the address."""
    assert scene.call("suppress", "Ben@Example.org", "--reason", "complaint").code == 0
    assert "ben@" not in scene.call("status").out
    found = people(scene)["ben@example.org"]
    assert (found["suppressed"], found["next"]) == ("complaint", None)
    assert people(scene)["ada@example.org"]["suppressed"] is None
    assert "suppressed: complaint" in subscribers(scene, "list").out


def test_a_run_under_way_goes_by_whom_it_found(scene: Scene) -> None:
    """Whoever pauses or removes somebody meanwhile is told what holds at once."""
    assert "under way" not in subscribers(scene, "pause", "ben@example.org").err
    url = load_config(scene.config, {}).state
    with closing(open_database(url)) as database, database.lock():
        told = subscribers(scene, "remove", "ben@example.org").err
    assert "a run is under way" in told
    assert "`digest suppress ben@example.org`" in told
