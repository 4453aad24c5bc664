"""The configuration is found where people put it, and a missing one says what to do."""

from pathlib import Path

import pytest

from digest.config import find_config
from digest.errors import ConfigError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: Path) -> Path:
    """Make a file with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_nearest_one_wins(here: Path) -> None:
    """-c, then $DIGEST_CONFIG, then config/, then the folder itself, then XDG."""
    environ = {"XDG_CONFIG_HOME": str(here / "xdg"), "HOME": str(here)}
    expected = put(here / "xdg" / "digest" / "digest.yaml")
    assert find_config(None, environ) == expected
    put(here / "digest.yaml")
    assert find_config(None, environ) == Path("digest.yaml")
    put(here / "config" / "digest.yaml")
    assert find_config(None, environ) == Path("config/digest.yaml")
    named = put(here / "named.yaml")
    assert find_config(None, {**environ, "DIGEST_CONFIG": str(named)}) == named
    other = put(here / "other.yaml")
    assert find_config(other, {**environ, "DIGEST_CONFIG": str(named)}) == other


def test_a_folder_stands_for_the_file_in_it(here: Path) -> None:
    """`-c config` is what people type."""
    put(here / "config" / "digest.yaml")
    assert find_config(Path("config"), {}) == Path("config/digest.yaml")


def test_a_missing_one_says_where_it_was_looked_for(here: Path) -> None:
    """The message names every place and the command that writes one."""
    with pytest.raises(ConfigError) as caught:
        find_config(None, {"HOME": "/home/ada"})
    assert str(caught.value) == (
        "config/digest.yaml: no configuration found; looked for config/digest.yaml, digest.yaml, "
        "/home/ada/.config/digest/digest.yaml; run `digest init` to write one"
    )


def test_a_named_one_is_not_replaced_by_another(here: Path) -> None:
    """A slip in -c or $DIGEST_CONFIG must not send other people's letters."""
    put(here / "digest.yaml")
    with pytest.raises(ConfigError, match=r"typo\.yaml: no configuration found; looked for"):
        find_config(Path("typo.yaml"), {})
    with pytest.raises(ConfigError, match=r"\(from \$DIGEST_CONFIG\)"):
        find_config(None, {"DIGEST_CONFIG": "typo.yaml"})
