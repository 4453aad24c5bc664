"""What a newcomer does in the first hour, mistakes included."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import group, main
from tests.scene import KEEP_DAYS, PEOPLE, Answer, Scene

DAY = ("--date", "2026-11-23")


def test_a_preview_reads_what_failed_before(scene: Scene, tmp_path: Path) -> None:
    """While a source is away the preview says which, and asks it again."""
    good = scene.web.documents["/Journal"]
    scene.web.documents["/Journal"] = Answer(b"gone", 404, "text/plain")
    assert scene.call("run", *DAY).code == 3
    preview = ("preview", "ada@example.org", *DAY, "--folder", str(tmp_path / "out"))
    assert "digest: source Journal failed" in scene.call(*preview).err
    scene.web.documents["/Journal"] = good
    called = scene.call(*preview)
    assert called.code == 0
    pages = "".join(page.read_text("utf-8") for page in (tmp_path / "out").rglob("*.txt"))
    assert "Sparse attention for long documents (23)" in pages


def test_a_source_that_is_gone_is_not_complained_of(scene: Scene) -> None:
    """What was taken out of digest.yaml is neither shown nor wrong."""
    scene.add_feed("Away", b"gone", status=404)
    scene.write(PEOPLE)
    scene.call("run", *DAY)
    assert "Away" in scene.call("status").out
    del scene.sources[-2:]
    scene.write(PEOPLE)
    assert "Away" not in scene.call("status").out


def test_check_names_what_is_not_there(scene: Scene) -> None:
    """A feed's file and a folder of templates that do not exist are named with their full path."""
    scene.sources += ["  - file: absent.xml", "  - file: digest.yaml"]
    scene.write(PEOPLE)
    called = scene.call("check")
    assert called.code == 0
    [note] = [line for line in called.out.splitlines() if "there is no" in line]
    assert str(scene.folder / "absent.xml") in note
    called = scene.call("run", *DAY)
    assert f"there is no file or folder {scene.folder / 'absent.xml'}" in called.err
    scene.config.write_text(scene.config.read_text("utf-8") + "templates: nothere\n", "utf-8")
    called = scene.call("check")
    assert called.code == 0
    assert f"templates: there is no folder {scene.folder / 'nothere'}" in called.out
    scene.write("subscribers: []\n")
    assert "nobody gets a letter" in scene.call("check").out


def test_check_names_examples_that_nobody_knows(scene: Scene) -> None:
    """An id with a slip in it is one; a title stands for itself."""
    scene.call("run", *DAY)
    likes = 'like: ["arxiv:2205.1413X", "Some title of mine"]'
    scene.write(f"subscribers: [{{email: ada@example.org, interests: [{{{likes}}}]}}]")
    called = scene.call("check")
    assert "no paper is known yet for the example “arxiv:2205.1413X”" in called.out
    assert "Some title" not in called.out


@pytest.mark.parametrize(
    ("name", "words"),
    [("my.enl", "is not .bib, .json"), ("my.json", "is not JSON"), ("my.bib", "holds no paper")],
)
def test_check_notes_a_library_that_says_nothing(name: str, words: str, scene: Scene) -> None:
    """Of another kind, damaged or empty; its path is named."""
    (scene.folder / name).write_text("x")
    scene.write(f"subscribers: {{email: a@example.org, interests: {{library: {name}}}}}\n")
    called = scene.call("check")
    assert called.code == 0
    assert f"{scene.folder / name}: " in called.out
    assert words in called.out


def test_check_notes_links_that_nobody_answers(scene: Scene) -> None:
    """Letters link to `base_url`, whether pages are served there or not."""
    scene.write(PEOPLE, base_url="https://papers.example.org")
    assert "`pages: {port: 8300}`" in scene.call("check").out
    with scene.config.open("a") as file:
        file.write("pages: {port: 8300}\n")
    assert "pages:" not in scene.call("check").out
    scene.write(PEOPLE)
    with scene.config.open("a") as file:
        file.write("pages: {port: 8300}\n")
    assert "no letter links to them" in scene.call("check").err


def test_check_doubts_a_class_that_arxiv_did_not_have(scene: Scene) -> None:
    """It may be new, so it is asked for; but a letter too many is more likely."""
    scene.sources += ["  - arxiv: [cs.LG, cs.QL]"]
    scene.write(PEOPLE)
    called = scene.call("check")
    assert called.code == 0
    [note] = [line for line in called.out.splitlines() if "cs.QL" in line]
    assert "none of the arXiv classes known here; did you mean 'cs." in note
    scene.sources += ["  - biorxiv: neurosciences"]
    scene.write(PEOPLE)
    assert "did you mean 'neuroscience'?" in scene.call("check").out


@pytest.mark.parametrize("target", ["www.example.org/feed", "ftp://example.org/feed"])
def test_an_address_without_its_beginning(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It was taken for a path, which is said where there is no such file."""
    with pytest.raises(SystemExit) as leaving:
        main(["sources", "try", target])
    assert leaving.value.code == 3
    assert "begin with http:// or https://" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_no_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is there: what is wrong with it is said, and nothing of web addresses."""
    (tmp_path / "feed.xml").write_text("no feed")
    with pytest.raises(SystemExit) as leaving:
        main(["sources", "try", str(tmp_path / "feed.xml")])
    assert leaving.value.code == 3
    assert "begin with" not in capsys.readouterr().out


@pytest.mark.parametrize("page", [[], ["sources"], ["subscribers"]])
def test_a_list_of_commands_cuts_no_sentence(page: list[str]) -> None:
    """Each says what it does in the half line that it has."""
    listed = CliRunner().invoke(group, [*page, "--help"]).output.partition("Commands:")[2]
    assert listed
    assert "..." not in listed


def test_check_names_what_is_asked_for_twice(scene: Scene) -> None:
    """Under two names, or in two lists of classes; not where other announcements are asked for."""
    scene.sources += ["  - arxiv: [cs.CL, cs.LG]", "  - {arxiv: [cs.LG, cs.CL], name: B}"]
    scene.sources += ["  - {arxiv: [q-bio.NC, q-bio.NC], announce: [replace], name: C}"]
    scene.sources += ["  - {arxiv: cs.LG, announce: [replace], name: Revised}"]
    scene.sources += ["  - file: papers.xml", "  - {file: ./papers.xml, name: Again}"]
    scene.write(PEOPLE)
    notes = [line for line in scene.call("check").out.splitlines() if "also asked" in line]
    assert notes == [
        "note: source B: cs.LG is also asked for by source arXiv cs.CL + cs.LG; take one out",
        "note: source B: cs.CL is also asked for by source arXiv cs.CL + cs.LG; take one out",
        f"note: source Again: {scene.folder}/papers.xml is also asked for by source papers.xml; "
        "take one out",
    ]


def test_the_next_steps_can_be_called_as_they_are_printed(tmp_path: Path) -> None:
    """Where no command would look for the configuration, they name it."""
    program = [sys.executable, "-m", "digest"]
    given = ["init", "--yes", "--email", "ada@example.org", "--folder", "my own"]
    made = subprocess.run([*program, *given], cwd=tmp_path, capture_output=True, text=True)
    steps = [line for line in made.stdout.splitlines() if line.startswith("  digest ")]
    assert [line.split("digest -c 'my own/digest.yaml' ")[1].split()[0] for line in steps] == [
        "preview",
        "run",
    ]


def test_init_asks_again_for_an_address_that_is_none(tmp_path: Path) -> None:
    """Nothing else that was typed is lost; where the files are there already, nothing is asked."""
    arguments = [sys.executable, "-m", "digest", "init", "--folder", str(tmp_path / "new")]
    typed = "ada\nAda@Example.org\nAda\nharpsichords\n"
    done = subprocess.run(arguments, capture_output=True, text=True, input=typed)
    assert done.returncode == 0
    assert "'ada' is not an e-mail address" in done.stdout + done.stderr
    assert "Ada@example.org" in (tmp_path / "new" / "subscribers.yaml").read_text("utf-8")
    assert "No arXiv class known here fits, so cs.LG stands there" in done.stdout
    again = subprocess.run(arguments, capture_output=True, text=True, input=typed)
    assert again.returncode == 2
    assert "?" not in again.stdout
    assert "exists already" in again.stderr


@pytest.mark.parametrize("command", [["init", "--yes", "--email", "a@example.org"], ["demo"]])
def test_a_folder_that_is_a_file(tmp_path: Path, command: list[str]) -> None:
    """It is named in a sentence, without a traceback."""
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "x")
    arguments = [sys.executable, "-m", "digest", *command, "--folder", folder]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == f"digest: {folder}: Not a directory\n"


def test_a_day_to_come_is_warned_of(scene: Scene) -> None:
    """Its letters go out now, which only a rehearsal is free of."""
    called = scene.call("run", "--date", "2098-11-23", "--dry-run")
    assert "go out now" not in called.err
    assert "letters of 2098-11-23 go out now" in scene.call("run", "--date", "2098-11-23").err


def test_retry_says_where_planned_letters_go(scene: Scene) -> None:
    """With the relay away letters stay planned, which is nothing to retry."""
    port = scene.smtp.port
    text = scene.config.read_text("utf-8")
    scene.config.write_text(text.replace(f"port: {port}", "port: 1"), "utf-8")
    assert scene.call("run", *DAY).code == 3
    called = scene.call("retry", "--failed")
    assert called.code == 0
    assert "3 planned: `digest run` sends them" in called.err


def test_who_waits_for_a_missing_source_is_named(scene: Scene) -> None:
    """A rehearsal says why somebody would get no letter."""
    scene.sources += ["  - file: absent.xml"]
    scene.write("subscribers: [{email: ada@example.org, interests: xylophones}]\n")
    called = scene.call("run", "--dry-run", *DAY)
    assert "a source is missing or incomplete: ada@example.org" in called.out
    assert scene.call("run", "--dry-run", "--json", *DAY).json["waiting"] == ["ada@example.org"]


def test_status_of_a_sound_installation(scene: Scene) -> None:
    """Nothing is wrong, and who is next stands there."""
    assert scene.call("status").code == 2  # no database yet
    assert scene.call("run").code == 0
    called = scene.call("status")
    assert called.code == 0, called.out
    assert "nothing is wrong" in called.out
    assert "Journal" in called.out
    told = scene.call("status", "--json").json
    assert told["wrong"] == []
    assert [run["exit_code"] for run in told["runs"]] == [0]
    assert len(told["next"]) == 3
    assert "by the next run" not in called.out


def test_status_names_what_is_wrong(scene: Scene) -> None:
    """A broken source is named, with what to do, and the exit code says so."""
    scene.web.documents["/Journal"] = Answer(b"oops", 404)
    assert scene.call("run").code == 3
    called = scene.call("status")
    assert called.code == 3
    assert "source Journal failed in the last run" in called.out
    assert "by the next run" in called.out  # today's letter waits for the source
    [wrong] = scene.call("status", "--json").json["wrong"]
    assert "never read" in wrong["what"]
    assert "digest sources" in wrong["mend"]


def test_a_day_too_long_ago_to_be_kept(scene: Scene) -> None:
    """Who pretends a day from before `keep_days` hears that its letters are forgotten."""
    written = scene.config.read_text("utf-8")
    scene.config.write_text(written.replace(f"keep_days: {KEEP_DAYS}\n", ""), "utf-8")
    called = scene.call("run", "--date", "2020-02-29")
    assert "letters of 2020-02-29 go out now, and are forgotten (keep_days: 365)" in called.err


def test_an_index_that_cannot_be_written(scene: Scene) -> None:
    """The letters are there, the diary says 3, and nobody was killed."""
    scene.delivery = "delivery: {folder: outbox}"
    scene.write(PEOPLE)
    (scene.folder / "outbox" / "index.html").mkdir(parents=True)
    called = scene.call("run")
    assert called.code == 3
    assert "cannot be written" in called.err
    told = scene.call("history", "--json").json
    assert [run["exit_code"] for run in told["runs"]] == [3]
    assert {letter["outcome"] for letter in told["letters"]} == {"sent"}
    assert not list((scene.folder / "outbox").glob(".*.new"))
