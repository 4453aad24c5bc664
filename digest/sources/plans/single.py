"""One document at one address, or the files of one folder, recognised by content."""

from dataclasses import replace
from pathlib import Path

from digest.errors import SourceError
from digest.models import SourceState
from digest.sources.document import Document, Origin
from digest.sources.plans.task import Basket, Harvest, Task
from digest.sources.reading.decoding import MAX_BODY_BYTES
from digest.sources.recognition import parse_document

MAX_FILES = 1_000


def harvest_url(task: Task) -> Harvest:
    """Read the document at the configured address, where it changed since the last run.

    Raises:
        SourceError: it cannot be fetched or read.
    """
    url = task.source.url or task.source.query[0]
    answer = task.ask_again(url)
    if answer.status == 304 and task.memory.url == url:
        return Harvest(task.memory, state=SourceState.NOT_MODIFIED)
    document = task.read(answer)
    refuse_useless(document, Origin(task.source.name, url, task.now))
    basket = Basket()
    basket.add(document)
    memory = replace(task.memory, url=url)
    if document.whole:
        memory = replace(memory, etag=answer.etag, last_modified=answer.last_modified)
    return basket.harvest(memory)


def harvest_files(task: Task) -> Harvest:
    """Read the configured file, or every file of the configured folder.

    Raises:
        SourceError: nothing there can be read.
    """
    basket = Basket()
    errors: list[SourceError] = []
    paths = files_at(task.base_dir / task.source.query[0], task.source.name)
    for path in paths:
        origin = Origin(task.source.name, path.as_uri(), task.now)
        try:
            document = read_file(path, origin)
            refuse_useless(document, origin)
            basket.add(document)
        except SourceError as error:
            errors.append(error)
    if errors and len(errors) == len(paths):
        raise errors[0]
    basket.reasons += [f"{Path(error.url).name}: {error.reason}" for error in errors]
    return basket.harvest(task.memory)


def files_at(path: Path, source: str) -> list[Path]:
    """Return the file, or the folder's files by name.

    Raises:
        SourceError: there is nothing, or it cannot be looked into.
    """
    try:
        path = path.expanduser().resolve()
        if path.is_dir():
            found = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
            return found[:MAX_FILES]
        there = path.exists()
    except (OSError, RuntimeError) as error:  # too long, not to be entered, a loop; no such home
        reason = getattr(error, "strerror", None) or error
        raise SourceError(source, str(path), f"{path} cannot be read: {reason}") from error
    if not there:
        raise SourceError(source, str(path), f"there is no file or folder {path}")
    return [path]


def read_file(path: Path, origin: Origin) -> Document:
    """Return the document of a file.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        raise origin.error(f"it cannot be opened: {error.strerror}") from error
    return parse_document(body, origin)


def refuse_useless(document: Document, origin: Origin) -> None:
    """Raise for a document that has entries of which none says what it is."""
    if document.ids and not document.papers:
        raise origin.error("it is a list of ids; use `pubmed:` with the search words")
    if document.entries and document.whole and not document.papers:
        raise origin.error(f"none of its entries ({document.entries}) has a title")
