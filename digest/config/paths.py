"""Where the paths of a configuration lead."""

from pathlib import Path


def below(folder: Path, path: str | Path) -> Path:
    """Return a path that starts from a folder unless it is absolute; `~` is the home folder.

    Where there is no such home, `~name` is a name like others.
    """
    try:
        return folder / Path(path).expanduser()
    except RuntimeError:
        return folder / path


def is_pattern(text: str) -> bool:
    """Say whether a path is a pattern for several files."""
    return any(sign in text for sign in "*?[")


def matching_files(pattern: str, folder: Path) -> list[Path]:
    """Return the files a path or pattern stands for, in the order of their names."""
    wanted = below(Path(), pattern)
    base = Path(wanted.anchor) if wanted.anchor else folder
    try:
        found = [below(folder, pattern)]
        if is_pattern(pattern):
            found = list(base.glob(str(wanted.relative_to(wanted.anchor))))
        return sorted(path for path in found if path.is_file())
    except (ValueError, OSError):  # `**x` is not a pattern; a folder may not be entered
        return []
