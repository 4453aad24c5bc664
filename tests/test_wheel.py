"""The built wheel holds what it should and works from another folder in a fresh environment."""

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, with a secret lying about where a careless build would pick it up."""
    secret = ROOT / "config" / "digest.yaml"
    planted = not secret.exists()
    if planted:
        secret.write_text("# password: hunter2\n")
    try:
        folder = tmp_path_factory.mktemp("wheel")
        command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
    finally:
        if planted:
            secret.unlink()
    return next(folder.glob("*.whl"))


def tracked(folder: str) -> set[str]:
    """Return the files git tracks beneath a folder; all that are not ignored outside a checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {name for name in listing.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_what_is_tracked_and_nothing_else(wheel: Path) -> None:
    """Code, templates and examples are in it; the operator's own files are not."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    templates = {f"digest/_data/{name}" for name in tracked("templates")}
    examples = {
        f"digest/_data/config/{kind}.{ending}"
        for kind in ("digest", "subscribers")
        for ending in ("example.yaml", "schema.json")
    }
    assert names == tracked("digest") | templates | examples


def test_it_works_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """Installed beside the libraries of this environment, `digest demo` delivers three letters."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True
    )
    site = next((tmp_path / "venv" / "lib").glob("python3*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    zipfile.ZipFile(wheel).extractall(site)
    python = tmp_path / "venv" / "bin" / "python"
    where = [str(python), "-c", "import digest; print(digest.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(tmp_path)
    demo = [str(python), "-m", "digest", "demo", "--json", "--folder", str(tmp_path / "letters")]
    done = subprocess.run(demo, cwd=tmp_path, check=True, capture_output=True, text=True)
    letters = json.loads(done.stdout)["letters"]
    assert [letter["outcome"] for letter in letters] == ["sent"] * 3
    assert all(Path(letter["eml"]).exists() for letter in letters)
