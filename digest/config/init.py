"""Writes a first digest.yaml and subscribers.yaml for one person, from the shipped examples."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.config.addresses import check_sender
from digest.config.finding import NAME
from digest.config.loading import load_config
from digest.config.round_trip import plainly, round_trip, yaml_text
from digest.config.topics import DEFAULT_CLASSES, classes_for
from digest.errors import ConfigError, Problem, os_reason
from digest.files import write_whole
from digest.resources import resource_dir

SUBSCRIBERS = "subscribers.yaml"
SCHEMAS = ("digest.schema.json", "subscribers.schema.json")


@dataclass(frozen=True, slots=True)
class Answers:
    """What `digest init` asks for; the defaults make files that work."""

    email: str = "you@example.org"
    name: str = ""
    topics: Sequence[str] = ("large language models",)  # never empty; each becomes an interest
    timezone: str = "UTC"  # a key of the tz database


def write_starting_files(folder: Path, answers: Answers) -> tuple[Path, ...]:
    """Write digest.yaml, subscribers.yaml and their JSON Schemas; returns the first two.

    Raises:
        ConfigError: One of the two exists already, an answer is wrong, or the disk is full; neither
            was written.
    """
    paths = starting_paths(folder)
    try:
        check_sender(answers.email)
    except ValueError as error:
        message = f"email: {answers.email!r} {error}"
        raise ConfigError.of(paths[1], message, "email") from error
    texts = digest_text(answers), subscribers_text(answers)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for path, text in zip(paths, texts, strict=True):
            write_whole(path, text.encode())
        for name in SCHEMAS:
            shutil.copyfile(resource_dir("config") / name, folder / name)
        load_config(paths[0], {})
    except (OSError, ConfigError) as error:
        for path in paths:  # what is there would keep a second try from writing anything
            path.unlink(missing_ok=True)
        if isinstance(error, ConfigError):
            raise
        message = f"nothing can be written there: {os_reason(error)}"
        raise ConfigError.of(folder, message) from error
    return paths


def starting_paths(folder: Path) -> tuple[Path, Path]:
    """Return where digest.yaml and subscribers.yaml will be.

    Raises:
        ConfigError: one of them is there already.
    """
    paths = folder / NAME, folder / SUBSCRIBERS
    message = "exists already and was left as it is; edit it, or choose another folder"
    if problems := [Problem(path, 0, 0, "", message) for path in paths if path.exists()]:
        raise ConfigError(tuple(problems))
    return paths


def split_topics(text: str) -> tuple[str, ...]:
    """Read topics from one line, separated by commas or semicolons, each once."""
    words = (" ".join(part.split()) for part in text.replace(";", ",").split(","))
    found: dict[str, str] = {}
    for word in filter(None, words):
        found.setdefault(word.casefold(), word)
    return tuple(found.values())


def digest_text(answers: Answers) -> str:
    """Return digest.yaml for one person."""
    document = example("digest.example.yaml")
    site = document["site"]
    site["from"] = plainly(f"{site['name']} <{answers.email}>")
    document["sources"][0]["arxiv"][:] = classes_for(answers.topics) or DEFAULT_CLASSES
    document["subscribers"] = SUBSCRIBERS
    return yaml_text(document)


def subscribers_text(answers: Answers) -> str:
    """Return subscribers.yaml for one person."""
    document = example("subscribers.example.yaml")
    document["defaults"]["timezone"] = answers.timezone
    person = document["subscribers"][0]
    person["email"] = plainly(answers.email)
    if answers.name:
        person["name"] = plainly(answers.name)
    else:
        del person["name"]
    first, *others = [plainly(topic) for topic in answers.topics]
    interests = person["interests"]
    interests[0]["name"] = first
    interests[0]["keywords"][:] = [first]
    interests[1:] = others
    return yaml_text(document)


def example(name: str) -> Any:
    """Return a shipped example, comments included."""
    return round_trip().load((resource_dir("config") / name).read_text(encoding="utf-8"))
