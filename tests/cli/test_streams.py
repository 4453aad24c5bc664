"""What a caller did to the standard streams changes no letter and no exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scene import Scene

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


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
