"""Reads digest.yaml and all subscribers files into one frozen Config, or tells every mistake."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from digest.config.fields import sqlite_below
from digest.config.finding import NAME
from digest.config.nodes import Node, key_at, node_at
from digest.config.paths import is_pattern, matching_files
from digest.config.problems import Problems, did_you_mean
from digest.config.reading import read_tree
from digest.config.schema import Config, DigestFile, Part, Settings, SubscribersFile
from digest.config.shaping import Shaper, shape_of_model
from digest.config.sources import named_sources, names_given_twice
from digest.config.subscribers import Common, People, Place, build_subscribers
from digest.config.wording import note_errors
from digest.errors import ConfigError
from digest.models import Subscriber

DEFAULT_FOLDER = "outbox"
DEFAULT_SPOOL = "var"
NO_TEXTS: Mapping[Path, str] = {}
ODD_NAME = "its path has a name in another encoding: rename that, or set LC_ALL=C.UTF-8"
YAML_SUFFIXES = (".yaml", ".yml")

AnyPart = TypeVar("AnyPart", bound=Part)


@dataclass(frozen=True, slots=True)
class Register:
    """Which files the subscribers stand in, and where."""

    files: tuple[Path, ...]
    places: Mapping[str, Place]  # by address, casefolded


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reading of every file of one configuration has in common."""

    folder: Path  # of digest.yaml, absolute
    environ: Mapping[str, str]
    texts: Mapping[Path, str]  # by resolved path: read instead of the file
    problems: Problems

    def read(self, path: Path, model: type[AnyPart]) -> tuple[Node | None, AnyPart | None, Any]:
        """Read one file; returns (tree, model, data), each None as far as it could not be had."""
        tree = read_tree(path, self.problems, self.texts.get(path.resolve()))
        return (None, None, None) if tree is None else (tree, *self.fit(path, tree, model))

    def fit(self, path: Path, tree: Node, model: type[AnyPart]) -> tuple[AnyPart | None, Any]:
        """Return a tree as (model, data); the model is None where a mistake was noted."""
        shaper = Shaper(path, self.folder, self.environ, self.problems)
        data = shaper.shape(tree, shape_of_model(model), ())
        try:
            return model.model_validate(data, context={"folder": self.folder}), data
        except ValidationError as error:
            note_errors(error, tree, shaper)
            return None, data


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Return everything the program was told.

    Args:
        path: digest.yaml; relative paths in it and in the subscribers files start from its folder.
        environ: Where `${VAR}` is looked up.

    Raises:
        ConfigError: With every mistake of every file, in the order of files and lines.
    """
    return load_register(path, environ)[0]


def load_register(
    path: Path, environ: Mapping[str, str], texts: Mapping[Path, str] = NO_TEXTS
) -> tuple[Config, Register]:
    """Return the configuration and where each subscriber stands.

    Args:
        path: As for `load_config`.
        environ: As for `load_config`.
        texts: What is to be read in the place of a file, by its resolved path; to try an edit.

    Raises:
        ConfigError: As for `load_config`.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError as error:  # bytes that are no characters
        raise ConfigError.of(path, ODD_NAME) from error
    reading = Reading(path.absolute().parent, environ, texts, Problems())
    with collector_paused():
        common, people = read_files(path, reading)
        found, places = build_subscribers(common, people, reading.problems)
        if common.file is None or reading.problems.found:
            raise reading.problems.error()
        register = Register(tuple(part.path for part in people), places)
        return build_config(path.absolute(), common.file, found, environ), register


def read_files(path: Path, reading: Reading) -> tuple[Common, list[People]]:
    """Read digest.yaml and the subscribers files, noting every mistake in their form.

    Raises:
        ConfigError: digest.yaml could not be read at all.
    """
    root, file, data = reading.read(path, DigestFile)
    if root is None:
        raise reading.problems.error()
    check_sources(path, root, data, reading.problems)
    return Common(path, root, file), list(read_people(path, root, data, reading))


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold the cyclic garbage collector: with 400,000 new nodes it takes most of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_people(path: Path, root: Node, data: Any, reading: Reading) -> Iterator[People]:
    """Yield every subscribers file that has no mistake in its form, each file once."""
    seen: set[Path] = set()
    for index, pattern in subscriber_patterns(data):
        files = matching_files(pattern, path.parent)
        if not files:
            loc = ("subscribers", index)
            node = node_at(root, loc)
            message = f"subscribers: {missing_file(pattern, reading.folder)}"
            reading.problems.add(path, node if node is not root else None, loc, message)
        for found in files:
            if (real := found.resolve()) not in seen:
                seen.add(real)
                tree, file, _ = reading.read(found, SubscribersFile)
                if tree is not None:
                    yield People(found, tree, file)


def subscriber_patterns(data: Any) -> list[tuple[int, str]]:
    """Return what digest.yaml says under `subscribers`, also where other parts of it are wrong."""
    default = DigestFile.model_fields["subscribers"].default
    patterns = data.get("subscribers", default) if isinstance(data, dict) else ()
    return [(index, text) for index, text in enumerate(patterns) if isinstance(text, str)]


def missing_file(pattern: str, folder: Path) -> str:
    """Say that nothing matches, and which file was probably meant."""
    if is_pattern(pattern):
        return f"no file matches {pattern!r} in {folder}"
    near = [p.name for p in folder.glob("*") if p.suffix in YAML_SUFFIXES and p.name != NAME]
    hint = did_you_mean(pattern, near)
    way = "; `digest init` writes one, `subscribers: []` says that all are in the database"
    return f"there is no file {pattern!r} in {folder}{hint or way}"


def check_sources(path: Path, root: Node, data: Any, problems: Problems) -> None:
    """Note what is wrong with the sources beyond the form of each entry."""
    entries = data.get("sources") if isinstance(data, dict) else None
    if entries == []:
        message = "sources: there is none; add for example `- arxiv: [cs.CL]`"
        problems.add(path, key_at(root, ("sources",)), ("sources",), message)
    for loc, message in names_given_twice(entries if isinstance(entries, list) else []):
        problems.add(path, node_at(root, loc), loc, message)


def build_config(
    path: Path,
    file: DigestFile,
    subscribers: tuple[Subscriber, ...],
    environ: Mapping[str, str],
) -> Config:
    """Put the parts together; `delivery` goes to a folder where it names no other way."""
    settings = {name: getattr(file, name) for name in Settings.model_fields}
    delivery, folder = file.delivery, path.parent
    if not (delivery.smtp or delivery.lmtp or delivery.sendmail or delivery.folder):
        settings["delivery"] = delivery.model_copy(update={"folder": folder / DEFAULT_FOLDER})
    if "state" not in file.model_fields_set:
        settings["state"] = sqlite_below(file.state, folder)
    sources = named_sources(file.sources, folder)
    spool = Path(environ.get("STATE_DIRECTORY") or folder / DEFAULT_SPOOL)  # systemd.exec(5)
    return Config(path=path, spool=spool, sources=sources, subscribers=subscribers, **settings)
