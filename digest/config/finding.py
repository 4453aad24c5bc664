"""Finds digest.yaml; reads nothing."""

from collections.abc import Mapping
from pathlib import Path

from digest.errors import ConfigError

NAME = "digest.yaml"


def find_config(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the config file: the one named, else $DIGEST_CONFIG, else the first that exists.

    Searched are config/digest.yaml and digest.yaml in the current folder, then
    $XDG_CONFIG_HOME/digest/digest.yaml (XDG Base Directory Specification; ~/.config by default).

    Raises:
        ConfigError: There is none; says where it was looked for.
    """
    named = explicit or (Path(environ["DIGEST_CONFIG"]) if environ.get("DIGEST_CONFIG") else None)
    places = [named] if named else _usual_places(environ)
    for place in places:
        path = place / NAME if place.is_dir() else place
        if path.is_file():
            return path
    looked = named if named else ", ".join(map(str, places))
    origin = "" if explicit or not named else " (from $DIGEST_CONFIG)"
    message = f"no configuration found{origin}; looked for {looked}; run `digest init` to write one"
    raise ConfigError.of(places[0], message)


def _usual_places(environ: Mapping[str, str]) -> list[Path]:
    places = [Path("config") / NAME, Path(NAME)]
    home = environ.get("HOME")
    base = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    return [*places, Path(base) / "digest" / NAME] if base else places
