"""The commands' manners: exit codes, silence for cron, sentences for people."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import group, main
from digest.cli.passing import TerminatedError, braking
from tests.delivery.faults import Rule, Say
from tests.scene import PEOPLE, Answer, Scene

ROOT = Path(__file__).parents[2]


def digest(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own, as cron would."""
    return subprocess.run(
        [sys.executable, "-m", "digest", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("called", [("status",), ("status", "--json"), ("run", "--dry-run")])
def test_a_reader_who_has_seen_enough(scene: Scene, called: tuple[str, ...]) -> None:
    """A command before `| head` ends well and without a word when the pipe is closed."""
    assert scene.call("run").code == 0
    command = [sys.executable, "-m", "digest", *called, "-c", str(scene.config)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert (run.stderr.read(), run.wait(60)) == (b"", 0)


def test_a_terminal_that_is_not_utf_8(scene: Scene, tmp_path: Path) -> None:
    """A sign that its encoding lacks is written as its number and ends nothing."""
    assert scene.call("run").code == 0
    path = str(scene.config)
    told = digest("status", "-c", path, cwd=tmp_path, PYTHONIOENCODING="latin-1")
    assert (told.stderr, told.returncode) == ("", 0)
    assert told.stdout.startswith(r"\u2713 nothing is wrong")


def test_the_first_five_minutes(scene: Scene, tmp_path: Path) -> None:
    """init, check, preview, run and history work one after the other, as the README says."""
    made = digest("init", "--yes", "--email", "ada@example.org", "--topics", "attention",
                  cwd=tmp_path)  # fmt: skip
    assert made.returncode == 0
    assert "config/digest.yaml" in made.stdout
    config = tmp_path / "config" / "digest.yaml"
    lines = config.read_text().split("sources:")[1].split("delivery:")[0]
    journal = "\n".join(["", *scene.sources, "", ""])
    config.write_text(config.read_text().replace(lines, journal, 1))
    assert digest("check", cwd=tmp_path).returncode == 0
    shown = digest("preview", "ada", "--date", "2026-11-23", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "Sparse attention" in "".join(
        path.read_text() for path in Path(shown.stdout.strip()).parent.glob("*.txt")
    )
    run = digest("run", "--date", "2026-11-23", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "config" / "outbox" / "index.html").exists()
    told = digest("history", cwd=tmp_path)
    assert "ada@example.org" in told.stdout
    assert "sent" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], "Did you mean 'run'?"),
        (["run", "--dry-ran"], "--dry-run"),
        (["retry"], "Say which: --failed, --deferred or --uncertain."),
        (["run", "-c", "nowhere.yaml"], "nowhere.yaml"),
        (["run"], "digest init"),
        (["history"], "digest init"),
    ],
)
def test_usage_errors(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    """A mistake on the command line ends with 2 and says what was probably meant."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert words in told
    assert "Traceback" not in told


def test_a_wrong_configuration_reaches_no_network(scene: Scene) -> None:
    """All mistakes come at once with file, line and column, before any source is asked."""
    scene.write(PEOPLE.replace("papers: 4", "paper: 4").replace("ben@example.org", "ben"))
    called = scene.call("run")
    assert called.code == 2
    assert called.err.count("subscribers.yaml:") == 2
    assert "did you mean 'papers'?" in called.err
    assert scene.web.requests == []


def test_the_lock_answers_75(scene: Scene, tmp_path: Path) -> None:
    """While a run is under way a second one leaves at once, with a sentence."""
    from digest.state.database import open_database

    database = open_database(f"sqlite:///{tmp_path}/var/digest.db")
    with database.lock():
        called = scene.call("run", "--date", "2026-11-23")
    database.close()
    assert called.code == 75
    assert "another run is under way" in called.err
    assert scene.smtp.messages == []


def test_json_is_json_alone(scene: Scene) -> None:
    """With --json stdout is one document, also where something failed."""
    scene.web.documents["/Journal"] = Answer(b"oops", 404)
    called = scene.call("run", "--json")
    assert called.code == 3
    assert called.json["sources"][0]["state"] == "failed"


def test_no_secret_is_ever_printed(scene: Scene) -> None:
    """A password stands in no message, however much is logged."""
    scene.delivery = (
        "delivery:\n  smtp: {host: 127.0.0.1, port: 1, tls: none, username: me, "
        "password: hunter2-secret}"
    )
    scene.write(PEOPLE)
    for arguments in (["run", "-vv"], ["check", "-vv"], ["history", "-vv"]):
        called = scene.call(*arguments)
        assert "hunter2" not in called.out + called.err


def test_subscribers_come_and_go(scene: Scene) -> None:
    """add, pause, resume and remove change the YAML, and the next run follows."""
    assert scene.call("subscribers", "add", "dan@example.org", "--keyword", "attention").code == 0
    assert scene.call("subscribers", "pause", "ada").code == 0
    assert scene.call("subscribers", "remove", "ben").code == 0
    scene.call("run", "--date", "2026-11-23")
    assert set(scene.mail()) == {"cleo@example.org", "dan@example.org"}
    assert scene.call("subscribers", "resume", "ada").code == 0
    scene.call("run", "--date", "2026-11-23")
    assert "ada@example.org" in scene.mail()


def test_the_configuration_may_be_named_before_the_command(scene: Scene) -> None:
    """`digest -c FILE run` is `digest run -c FILE`, also where commands lie in commands."""
    for words in (["check"], ["subscribers", "list"]):
        found = CliRunner().invoke(group, ["-c", str(scene.config), *words])
        assert found.exit_code == 0, found.output
    wrong = CliRunner().invoke(group, ["-c", "nowhere.yaml", "check"])
    assert "nowhere.yaml" in str(wrong.exception)


def test_saying_no(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not confirm is told that nothing was changed."""
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert scene.call("run", "--date", "2026-11-23").code == 0
    called = scene.call("forget", "ada@example.org")
    assert (called.code, called.err) == (130, "Nothing was changed.\n")


def test_what_is_empty_says_so(scene: Scene) -> None:
    """Nobody has to make sense of a table without rows."""
    scene.call("run", "--date", "2026-11-23", "--only", "ben")
    assert scene.call("suppress").out == "Nobody is suppressed.\n"
    assert scene.call("history", "ada").out == "There are no letters of ada.\n"


@pytest.mark.parametrize(
    "options",
    [[], ["--export"], ["--import", "gone.csv"], ["ada@example.org", "--until", "2020-01-31"]],
)
def test_who_only_looks_makes_no_database(scene: Scene, options: list[str]) -> None:
    """Else a mistyped `state:` would be listed, and backed up, as an empty one."""
    assert scene.call("suppress", *options).code == 2
    assert not list(scene.folder.rglob("*.db"))


def test_people_who_cannot_be_added(scene: Scene) -> None:
    """The message names who was not added, and what is missing."""
    called = scene.call("subscribers", "add", "dora@example.org")
    assert called.code == 2
    assert "dora@example.org was not added: --keyword, --like or --group" in called.err
    assert "subscribers.yaml" not in called.err, "nothing stands there"
    called = scene.call("subscribers", "add", "ada@example.org")
    assert "ada@example.org was not added:" in called.err
    assert "is a subscriber already" in called.err
    assert scene.call("unsuppress", "ada").code == 2
    assert "was not paused" in scene.call("subscribers", "resume", "ada").out
    assert scene.call("subscribers", "pause", "ada", "--until", "2020-01-31").code == 2
    called = scene.call("suppress", "ada@example.org", "--until", "2020-01-31")
    assert (called.code, "is over; name a day to come" in called.err) == (2, True)


def test_a_domain_beyond_ascii_is_the_one_that_letters_go_to(scene: Scene) -> None:
    """Whoever writes an address as the YAML does means its owner, not somebody unknown."""
    people = [f"  - {{email: {name}@bücher.de, interests: [attention]}}\n" for name in "abc"]
    scene.write("".join(["subscribers:\n", *people]))
    (scene.folder / "gone.csv").write_text("E-Mail;Reason\nb@bücher.de;asked\n", "utf-8")
    assert scene.call("suppress", "a@bücher.de").code == 0
    assert scene.call("suppress", "--import", str(scene.folder / "gone.csv")).code == 0
    scene.call("run", "--date", "2026-11-23")
    assert list(scene.mail()) == ["c@xn--bcher-kva.de"]
    assert "sent" in scene.call("history", "c@bücher.de").out
    assert "may have letters again" in scene.call("unsuppress", "b@bücher.de").out
    assert "the subscribers file" in scene.call("forget", "c@bücher.de", "--yes").out
    assert "c@" not in (scene.folder / "subscribers.yaml").read_text("utf-8")


def test_an_export_says_what_it_leaves_out(scene: Scene) -> None:
    """Likes do not fit into a table; that is no secret."""
    scene.write(
        PEOPLE + "  - email: eve@example.org\n    interests: [{like: [arxiv:2205.14135]}]\n"
    )
    called = scene.call("subscribers", "export")
    assert called.out.count("\n") == 5
    assert "note: of 1 subscribers only keywords were written" in called.err


def test_a_table_in_a_pipe(scene: Scene) -> None:
    """Each row is one line, however long, in columns, without a blank at its end."""
    many = ", ".join(f"a rather long interest {n}" for n in range(30))
    scene.write(PEOPLE + f"  - {{email: ålön@例え.jp, name: 山田, interests: [{many}]}}\n")
    lines = scene.call("subscribers", "list").out.splitlines()
    assert len(lines) == 5
    assert all(line == line.rstrip() for line in lines)
    assert many in lines[4]
    at = lines[0].index("Days")
    assert [line[at : at + 5] for line in lines[1:4]] == ["daily"] * 3


@pytest.mark.parametrize(
    "command",
    [["run", "--date"], ["preview", "ada", "--date"], ["history"], ["suppress", "--until"]],
)
def test_a_day_that_is_none(scene: Scene, command: list[str]) -> None:
    """The message shows how a day is written."""
    called = scene.call(*command, "2026-13-01")
    assert called.code == 2
    assert "'2026-13-01' is no day; write it like 20" in called.err


def test_a_day_without_an_address(scene: Scene) -> None:
    """An option that would do nothing is refused."""
    assert "--until goes with an address" in scene.call("suppress", "--until", "2030-01-31").err


def test_the_runs_of_a_day(scene: Scene) -> None:
    """A day's history has its runs."""
    scene.call("run")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert scene.call("history", today, "--json").json["runs"]
    assert scene.call("history", "2001-01-01", "--json").json["runs"] == []


def test_a_signal_that_python_swallows_is_remembered() -> None:
    """What is raised in some callbacks is lost; the brake stays pulled all the same."""
    with braking() as brake:
        with pytest.raises(TerminatedError):
            signal.raise_signal(signal.SIGTERM)
        assert brake.asked
        with pytest.raises(TerminatedError):
            signal.raise_signal(signal.SIGINT)


def test_a_signal_while_the_brake_is_given_back_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run has ended then: to raise anything would make a bug of it, exit code 1."""
    set_handler = signal.signal

    def interrupted(number: int, handler: object) -> object:
        if number == signal.SIGTERM:
            signal.raise_signal(number)
        return set_handler(number, handler)  # type: ignore[arg-type]

    with monkeypatch.context() as patched, braking() as brake:
        patched.setattr(signal, "signal", interrupted)
    assert brake.asked


def test_asyncio_is_not_broken_off_as_it_ends(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal there is noted: raised at a bad moment it came out as another exception."""
    close, noted = asyncio.Runner.close, list[bool]()

    def interrupted(runner: asyncio.Runner) -> None:
        signal.raise_signal(signal.SIGTERM)
        noted.append(True)
        close(runner)

    monkeypatch.setattr(asyncio.Runner, "close", interrupted)
    assert scene.call("run", "--now").code == 143
    assert noted == [True]


def test_letters_of_one_fate_fill_no_mail_of_cron(scene: Scene) -> None:
    """The first few are named and the others counted; `--json` has them all."""
    person = "  - {{email: reader{}@example.org, interests: attention}}\n"
    scene.write("subscribers:\n" + "".join(map(person.format, range(12))))
    scene.smtp.rules[:] = [Rule("rcpt", Say(451, "4.7.1 greylisted"))]
    lines = scene.call("run", "--json").err.splitlines()
    assert len(lines) == 6
    assert lines[-1] == "digest: 7 more deferred: 451 4.7.1 greylisted; `digest history` shows each"


def test_the_help_of_a_preview_waits_for_no_templates() -> None:
    """Nor does its completion, or a slip in its options."""
    looked = "import sys, digest.cli.preview; print('jinja2' in sys.modules)"
    command = [sys.executable, "-c", looked]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, env=env, capture_output=True, check=True).stdout == b"False\n"
