"""What the machine is short of changes no letter and no exit code, and leaves no half files."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scene import Scene

ROOT = Path(__file__).parents[2]
# Python would leave half a compiled module on a full disk, and fall over it from then on.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def shell(scene: Scene, line: str) -> int:
    """Run `line`, in which `digest` is the program, and return its exit code."""
    digest = f'"{sys.executable}" -m digest'
    command = f'digest() {{ {digest} "$@" -c "{scene.config}"; }}; {line}'
    return subprocess.run(["sh", "-c", command], env=ENVIRONMENT, timeout=60).returncode


@pytest.mark.parametrize("closed", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams(scene: Scene, closed: str) -> None:
    """Every letter goes out, and what is asked for afterwards is answered to nobody."""
    assert shell(scene, f"digest run {closed}") == 0
    assert len(scene.mail()) == 3
    assert shell(scene, f"digest status --json {closed}") == 0


@pytest.mark.parametrize("nobody", ["2>/dev/full", "2>&1 | true"])
def test_complaints_that_nobody_takes(scene: Scene, nobody: str) -> None:
    """A log on a full disk and a logger that is gone hide no failure, and are none themselves."""
    scene.sources += ["  - file: nowhere.xml"]
    scene.write((scene.folder / "subscribers.yaml").read_text())
    code = scene.folder / "code"
    assert shell(scene, f'{{ digest run; echo $? > "{code}"; }} {nobody}') == 0
    assert code.read_text() == "3\n"
    assert len(scene.mail()) == 3


def test_a_warning_that_nobody_takes(scene: Scene) -> None:
    """It stands before the letters, which go out all the same."""
    assert shell(scene, "digest run --date 2098-11-23 2>&1 >/dev/null | true") == 0
    assert len(scene.mail()) == 3


def test_first_files_on_a_full_disk(tmp_path: Path) -> None:
    """None is left half written: the same command works when there is room."""
    init, key = "-m digest init --yes", "-m digest dkim --new dkim.pem --domain example.org"

    def call(arguments: str, limit: str = "unlimited") -> int:
        command = f'ulimit -f {limit}; exec "{sys.executable}" {arguments}'
        return subprocess.run(["sh", "-c", command], env=ENVIRONMENT, cwd=tmp_path).returncode

    for largest in ("1", "8", "40"):  # in half kilobytes: too few for one file after the other
        assert call(init, largest) == 2
        assert not list((tmp_path / "config").glob("*.yaml"))
    assert call(init) == 0
    assert call(key, "1") == 2
    assert not (tmp_path / "dkim.pem").exists()
    assert call(key) == 0


def test_a_folder_with_signs_of_a_url(scene: Scene) -> None:
    """Its database lies in it, and neither where they mean something nor in a neighbour's."""
    odd = scene.folder / "which papers? 100%25 #1"
    odd.mkdir()
    for name in ("digest.yaml", "subscribers.yaml"):
        (scene.folder / name).rename(odd / name)
    there = replace(scene, folder=odd)
    assert there.call("run").code == 0
    assert there.call("backup", str(odd / "copy.db")).code == 0
    assert there.call("restore", str(odd / "copy.db"), "--yes").code == 0
    assert there.call("run", "--now", "--dry-run").code == 0
    assert (there.call("run").code, len(scene.smtp.messages)) == (0, 3)
    assert {"digest.db", "digest.db.before-restore"} <= {
        one.name for one in (odd / "var").iterdir()
    }
    assert [path.name for path in scene.folder.iterdir()] == [odd.name]
