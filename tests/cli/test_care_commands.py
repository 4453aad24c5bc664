"""Status, backup, restore, suppress, forget, dkim and completion at the prompt."""

import json
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from digest.cli import group
from digest.cli.history import told
from digest.cli.output import with_mark
from digest.config import load_config
from digest.demo.inbox import free_port
from digest.state.database import open_database
from digest.state.erasing import erase
from digest.state.glance import HEAD
from digest.state.suppression import Suppression, Suppressions
from tests.scene import PEOPLE, Answer, Scene, all_titles, feed, open_scene


def test_a_run_that_an_error_ended_was_not_killed(scene: Scene) -> None:
    """The diary has its exit code and why; nobody is told to look for a lack of memory."""
    (scene.folder / "templates").mkdir()
    (scene.folder / "templates" / "letter.mjml").write_text("{% if %}")
    scene.add_feed("Another", feed(24, all_titles(24)))
    scene.write(PEOPLE.replace("ada@", "adele@"))
    with scene.config.open("a") as file:
        file.write("templates: templates\n")
    for _ in range(2):
        called = scene.call("run", "--now")
        assert called.code == 2
        assert "letter.mjml" in called.err
    runs = scene.call("history", "--json").json["runs"]
    assert [run["exit_code"] for run in runs] == [2, 2, 0]
    assert all(run["ended"] for run in runs)
    assert all("letter.mjml" in run["reason"] for run in runs[:2])
    assert scene.call("history").out.count("letter.mjml") == 2
    status = scene.call("status").out
    assert "before it was done: template" in status
    assert "mend that, then `digest run`" in " ".join(status.split())
    assert "killed" not in status


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A journal and three readers, served today."""
    scene.call("run", "--date", "2026-11-23")
    return scene


def test_states_are_words() -> None:
    """Tables print no name of the program's own: a state of two words has a space."""
    assert with_mark("not_modified") == "✓ not modified"
    assert with_mark("a_file.xml") == "a_file.xml"
    assert told(2, "source not_modified") == "2 sources not modified"


def test_history_takes_the_beginning_of_an_address(scene: Scene) -> None:
    """`ada@` means Ada, as for every other command; a whole address may be of somebody gone."""
    assert scene.call("history", "ada@").out == scene.call("history", "ada@example.org").out
    assert "no letters of gone@example.org" in scene.call("history", "gone@example.org").out
    assert scene.call("history", "nobody@").code == 2


@pytest.mark.parametrize("written", ["", "ada", "Ada <ada@example.org>"])
def test_doctor_wants_an_address_for_its_letter(scene: Scene, written: str) -> None:
    """Without one no letter goes out, which is neither success nor the relay's fault."""
    called = scene.call("doctor", "--offline", "--send-to", written)
    assert called.code == 2
    assert f"{written!r} is no e-mail address" in called.err


def test_doctor_tells_of_the_database_once(scene: Scene) -> None:
    """A server that is away is one finding."""
    with scene.config.open("a", encoding="utf-8") as file:
        file.write("state: postgresql://nobody@127.0.0.1:1/none\n")
    found = scene.call("doctor", "--offline", "--json").json
    assert [one["health"] for one in found if one["subject"] == "database"] == ["bad"]


@pytest.mark.parametrize("version", [HEAD, "9999"])
def test_who_left_since_the_backup_stays_away(scene: Scene, version: str) -> None:
    """A restore gives nobody letters again who has unsubscribed meanwhile, or for whom an operator
    has done it, be it that a newer version wrote the database from which it is the way back."""
    target = scene.folder / "copy.db"
    scene.call("run")
    scene.call("suppress", "ben@example.org")
    scene.call("suppress", "eve@example.org", "--reason", "paused", "--until", "2999-01-01")
    scene.call("suppress", "kim@example.org", "--reason", "hard bounce")
    assert scene.call("backup", str(target)).code == 0
    gone = ("ada@example.org", "eve@example.org", "kim@example.org")
    scene.call("suppress", *gone, "--reason", "unsubscribed")
    scene.call("suppress", "dan@example.org", "--reason", "asked by mail")
    scene.call("suppress", "pat@example.org", "--reason", "soft bounces")
    url = load_config(scene.config, {}).state
    with closing(open_database(url)) as database, database.begin() as connection:
        connection.execute(text(f"update alembic_version set version_num = '{version}'"))
    called = scene.call("restore", str(target), "--yes")
    assert "suppressed since then, and still so: 4\n" in called.out
    listed = {row["email"]: row["reason"] for row in scene.call("suppress", "--json").json}
    assert listed.pop("dan@example.org") == "asked by mail"
    assert listed == {"ben@example.org": "operator", **dict.fromkeys(gone, "unsubscribed")}


def test_backup_and_restore(scene: Scene) -> None:
    """After a restore the letters are those of the backup, and a run sends none twice."""
    target = scene.folder / "copy.db"
    called = scene.call("backup", str(target))
    assert called.code == 0
    assert str(target) in called.out
    scene.call("suppress", "ada@example.org", "--reason", "hard bounce")
    assert scene.call("restore", str(target), "--yes").code == 0
    assert scene.call("suppress", "--json").json == []
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert len(scene.smtp.messages) == 3


def test_a_backup_in_a_folder_is_named_by_the_day(scene: Scene) -> None:
    """Daily backups do not replace each other."""
    (scene.folder / "backups").mkdir()
    assert scene.call("backup", str(scene.folder / "backups")).code == 0
    [path] = (scene.folder / "backups").iterdir()
    assert path.name.startswith("digest-20")


def test_restoring_over_what_is_no_database(scene: Scene) -> None:
    """A file that was overwritten is moved aside, and the copy takes its place."""
    target = scene.folder / "copy.db"
    scene.call("backup", str(target))
    [path] = (scene.folder / "var").glob("*.db")
    path.write_bytes(b"no database at all" * 1_000)
    assert scene.call("status").code == 2
    called = scene.call("restore", str(target), "--yes")
    assert called.code == 0, called.err
    assert path.with_name(f"{path.name}.before-restore").read_bytes().startswith(b"no database")
    assert scene.call("status", "--json").json["letters"] == {"sent": 3}


def test_a_rehearsal_says_who_is_suppressed(scene: Scene) -> None:
    """And shows no letter for them; a preview shows it, and says so."""
    scene.call("suppress", "ada@example.org", "--reason", "asked by phone")
    called = scene.call("run", "--dry-run", "--date", "2026-11-24", "--json")
    assert "ada@example.org gets no letter: suppressed (asked by phone)" in called.err
    assert {letter["to"] for letter in called.json["letters"]} <= {
        "ben@example.org",
        "kim@example.org",
    }
    called = scene.call(
        "preview", "ada", "--date", "2026-11-24", "--folder", str(scene.folder / "p")
    )
    assert "suppressed (asked by phone)" in called.err


def test_suppressed_addresses_get_nothing(scene: Scene) -> None:
    """The list beats the YAML until the address is let go again."""
    assert scene.call("suppress", "Ada@example.org", "--reason", "asked by phone").code == 0
    [entry] = scene.call("suppress", "--json").json
    assert (entry["email"], entry["reason"]) == ("ada@example.org", "asked by phone")
    scene.web.documents["/Journal"] = Answer(feed(24, all_titles(24)))
    scene.call("run", "--date", "2026-11-24")
    assert len(scene.smtp.messages) == 5
    assert "may have letters again" in scene.call("unsuppress", "ada@example.org").out
    assert scene.call("suppress", "--json").json == []


def test_the_list_as_csv(scene: Scene) -> None:
    """What is exported can be imported."""
    scene.call("suppress", "ada@example.org", "ben@example.org", "--until", "2030-01-31")
    exported = scene.call("suppress", "--export").out
    path = scene.folder / "list.csv"
    path.write_text(exported, "utf-8")
    scene.call("unsuppress", "ada@example.org", "ben@example.org")
    assert "added 2 addresses" in scene.call("suppress", "--import", str(path)).out
    entries = scene.call("suppress", "--json").json
    assert [entry["until"][:10] for entry in entries] == ["2030-01-31"] * 2


def test_what_was_listed_before_it_was_refused_can_be_taken_off(scene: Scene) -> None:
    """A name suppresses nobody, also beside an address; older lists may hold one."""
    odd = "Ada <ada@example.org>"
    for refused in (odd, "ada", "<ada@example.org>", "mailto:ada@example.org", "ada@example.org,"):
        assert scene.call("suppress", refused).code == 2
    url = load_config(scene.config, {}).state
    with closing(open_database(url)) as database:
        Suppressions(database).add([Suppression(odd.casefold(), "operator")], datetime.now(UTC))
    assert "may have letters again" in scene.call("unsuppress", odd).out
    assert scene.call("suppress", "--json").json == []


def test_a_list_that_is_no_text(scene: Scene) -> None:
    """As Excel saves it: the sentence says where, and what to do."""
    path = scene.folder / "list.csv"
    path.write_bytes("email,detail\na@example.org,Größe\n".encode("latin-1"))
    called = scene.call("suppress", "--import", str(path))
    assert called.code == 2
    assert "list.csv:2" in called.err
    assert "UTF-8" in called.err


def test_one_relay_of_two(scene: Scene) -> None:
    """That one is away is said; that letters cannot be handed over would be untrue."""
    dead = free_port()
    relays = ", ".join(
        f"{{host: 127.0.0.1, port: {port}, tls: none}}" for port in (dead, scene.smtp.port)
    )
    scene.delivery = f"delivery:\n  smtp: [{relays}]"
    scene.write(PEOPLE)
    scene.web.documents["/Journal"] = Answer(feed(24, all_titles(24)))
    called = scene.call("run", "--date", "2026-11-24")
    assert (called.code, f"127.0.0.1:{dead}" in called.err) == (3, True)
    assert len(scene.smtp.messages) == 6
    assert "handed over" not in scene.call("status").out


@contextmanager
def delivered_scene(folder: Path) -> Iterator[Scene]:
    """Set a scene whose letters lie in a folder."""
    with open_scene(folder) as scene:
        scene.add_feed("Journal", feed(23, all_titles(23)))
        scene.delivery = "delivery: {folder: outbox}"
        scene.write(PEOPLE)
        assert scene.call("run").code == 0
        yield scene


def test_forgetting_somebody_whose_letters_lie_in_a_folder(tmp_path: Path) -> None:
    """Their letters, their feed and their lines in the list go; those of others stay."""
    with delivered_scene(tmp_path) as scene:
        called = scene.call("forget", "Ada@example.org", "--yes")
        assert "erased 1 letter from" in called.out
        files = list((tmp_path / "outbox").iterdir())
        assert not [file for file in files if "ada@" in file.name.lower()]
        assert not [file for file in files if "ada@example.org" in file.read_text("utf-8")]
        assert [file for file in files if "ben@" in file.name]


def test_forgetting_touches_nothing_outside_the_folder(tmp_path: Path) -> None:
    """Damaged lines of the list stay, but for what is left of the address's own; none is obeyed."""
    with delivered_scene(tmp_path) as scene:
        letters, secret = tmp_path / "outbox" / "letters.jsonl", tmp_path / "secret.txt"
        secret.write_text("stays")
        [line] = [one for one in letters.read_text().splitlines() if "ada@" in one]
        strange = line.replace('"eml": "', '"eml": "../secret.txt", "was": "').encode()
        odd = [
            b'{"eml": 5}',
            b"\xff\xfe",
            strange,
            b'{"id": "x", "email": "ben@ex',
            b'{"email": "ada@example.org"',
            b'{"email": "canada@example.org"',
        ]
        letters.write_bytes(letters.read_bytes() + b"\n".join(odd) + b"\n")
        scene.call("forget", "ada@example.org", "--yes")
        assert secret.read_text() == "stays"
        left = letters.read_bytes()
        assert b'"ada@' not in left
        assert left.count(b"\n") == 2 + 4
        assert scene.call("forget", "ada@example.org", "--yes").err.startswith("Nothing is known")


def test_what_could_not_be_forgotten_is_known_the_next_time(tmp_path: Path) -> None:
    """Letters in the folder are known, whatever the database knows; during a run nothing goes."""
    with delivered_scene(tmp_path) as scene:
        database = open_database(f"sqlite:///{tmp_path}/var/digest.db")
        with database.lock():
            assert scene.call("forget", "ada@example.org", "--yes").code == 75
        assert "ada@" in (tmp_path / "subscribers.yaml").read_text()
        erase(database, "ada@example.org")
        database.close()
        scene.write(PEOPLE.replace("ada@", "kim@"))
        assert "erased 1 letter" in scene.call("forget", "ada@example.org", "--yes").out
        kept = tmp_path / "keep.yaml"
        kept.write_text("site: {}")
        called = scene.call("forget", "ben@example.org", "--export", str(kept), "--yes")
        assert "is no export" in called.err
        assert kept.read_text() == "site: {}"


def test_forgetting_somebody(scene: Scene) -> None:
    """They are shown, erased from file and database, and nobody else is; a name is no all-clear."""
    assert "no address" in scene.call("forget", "ada", "--yes").err
    export = scene.folder / "ada.json"
    called = scene.call("forget", "ada@example.org", "--export", str(export), "--yes")
    assert called.code == 0
    known = json.loads(export.read_text("utf-8"))
    assert set(known) == {"subscriber", "letters", "bodies", "told"}
    assert known["subscriber"]["email"] == "ada@example.org"
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    assert "ada@" not in (scene.folder / "subscribers.yaml").read_text("utf-8")
    assert scene.call("history", "ada@example.org", "--json").json["letters"] == []
    assert len(scene.call("history", "ben@example.org", "--json").json["letters"]) == 1
    again = scene.call("forget", "ada@example.org", "--yes")
    assert (again.code, again.err) == (0, "Nothing is known of ada@example.org.\n")


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_new_key(scene: Scene, kind: str) -> None:
    """The key is for its owner alone, is not made twice, and its record can be printed again."""
    path = scene.folder / "dkim.pem"
    called = scene.call("dkim", "--new", str(path), "--kind", kind)
    assert called.code == 0
    assert "digest._domainkey.example.org. IN TXT" in called.out
    assert f"v=DKIM1; k={kind}; p=" in called.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert scene.call("dkim", "--new", str(path)).code == 2
    line = next(line for line in called.out.splitlines() if line.startswith("  dkim:"))
    scene.delivery = (
        f"delivery:\n  smtp: {{host: 127.0.0.1, port: {scene.smtp.port}, tls: none}}\n{line}"
    )
    scene.write(PEOPLE)
    again = scene.call("dkim")
    assert again.out.strip() == called.out.strip().splitlines()[-1]


def test_no_key(scene: Scene) -> None:
    """Without a key the command says how to make one."""
    called = scene.call("dkim")
    assert called.code == 2
    assert "--new" in called.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    """Each script names the program; bash can read its own."""
    script = CliRunner().invoke(group, ["completion", shell]).output
    assert "_DIGEST_COMPLETE" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
