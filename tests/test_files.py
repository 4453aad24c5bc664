"""A file is replaced whole, or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from digest.files import write_whole


def test_the_mode_and_the_link_stay(tmp_path: Path) -> None:
    """A password file stays closed to others; what a link points to is replaced."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    write_whole(target, b"newer", mode=0o644)
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


def test_the_owner_stays(tmp_path: Path) -> None:
    """A file that root edits is still the daemon's, who could not read it else."""
    target = tmp_path / "subscribers.yaml"
    target.write_text("old")
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(target, 12_345, 23_456)
    write_whole(target, b"new")
    assert (target.stat().st_uid, target.stat().st_gid) == (12_345, 23_456)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_where_no_file_has_an_owner_it_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Network drives know no owners, nor does a container know those of outside."""
    target = tmp_path / "subscribers.yaml"
    target.write_text("old")

    def refuse(*_given: object) -> None:
        raise OSError(number, "cannot")

    monkeypatch.setattr("os.chown", refuse)
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"


def test_nothing_is_left_of_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the old file stays, and nothing beside it."""
    target = tmp_path / ("long" * 60)
    write_whole(target, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_secret_is_open_to_nobody_else_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who opened it before its mode was set could read what is written afterwards."""
    made = []
    chmod = Path.chmod

    def look(path: Path, mode: int) -> None:
        made.append(path.stat().st_mode & 0o777)
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", look)
    before = os.umask(0)
    try:
        write_whole(tmp_path / "key.pem", b"secret", mode=0o600)
    finally:
        os.umask(before)
    assert made == [0o600]
