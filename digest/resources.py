"""Finds the files that ship with the program, in a checkout and in an installed wheel alike."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource_dir(name: str) -> Path:
    """Return the folder `templates` or `config` that was shipped with this program.

    An installed wheel carries them in `digest/_data/`; a checkout has them at its top.
    """
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name
