"""Small configurations on disk for the tests of this room."""

from collections.abc import Mapping
from pathlib import Path

from digest.config import load_config
from digest.config.schema import Config
from digest.errors import ConfigError

DIGEST = "sources:\n  - arxiv: cs.CL\n"
SUBSCRIBERS = "subscribers:\n  - email: ada@example.org\n    interests: [KV cache]\n"


def write(folder: Path, digest: str = DIGEST, subscribers: str = SUBSCRIBERS) -> Path:
    """Write both files and return the path of digest.yaml."""
    (folder / "digest.yaml").write_text(digest)
    (folder / "subscribers.yaml").write_text(subscribers)
    return folder / "digest.yaml"


def load(
    folder: Path,
    digest: str = DIGEST,
    subscribers: str = SUBSCRIBERS,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Write both files and load them."""
    return load_config(write(folder, digest, subscribers), environ or {})


def complaint(
    folder: Path,
    digest: str = DIGEST,
    subscribers: str = SUBSCRIBERS,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Write both files and return what loading complains of, without the folder's name."""
    try:
        load(folder, digest, subscribers, environ)
    except ConfigError as error:
        return str(error).replace(f"{folder}/", "").replace(str(folder), "the folder")
    return ""
