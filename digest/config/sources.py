"""Turns the entries of `sources` into sources with one kind, a query and a unique name."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digest.config.nodes import Loc
from digest.config.paths import below
from digest.config.schema import KINDS, Source, SourceEntry, SourceOptions

TITLES = {
    "arxiv": "arXiv",
    "huggingface": "Hugging Face",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "pubmed": "PubMed",
    "crossref": "Crossref",
    "openalex": "OpenAlex",
    "semanticscholar": "Semantic Scholar",
}


def names_given_twice(entries: list[Any]) -> Iterator[tuple[Loc, str]]:
    """Yield where entries, as written, take the name of an earlier one."""
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str):
            if name.casefold() in seen:
                yield ("sources", index, "name"), f"name: another source is called {name!r} too"
            seen.add(name.casefold())


def named_sources(entries: Sequence[SourceEntry], folder: Path) -> tuple[Source, ...]:
    """Return the sources in their order; those without a name get one nobody else has."""
    taken = {entry.name.casefold() for entry in entries if entry.name}
    return tuple(_source(entry, folder, taken) for entry in entries)


def _source(entry: SourceEntry, folder: Path, taken: set[str]) -> Source:
    kind = next(kind for kind in KINDS if kind in entry.model_fields_set)  # there is just one
    value = getattr(entry, kind)
    query = (value,) if isinstance(value, str) else value
    if kind == "file":
        query = (str(below(folder, value)),)
    name = entry.name or _free_name(_default_names(kind, query), taken)
    options = {key: getattr(entry, key) for key in SourceOptions.model_fields}
    return Source(kind=kind, query=query, name=name, **options)


def _default_names(kind: str, query: tuple[str, ...]) -> list[str]:
    """Return good names, the shortest first."""
    if kind == "feed":
        parts = urlsplit(query[0])
        host = (parts.hostname or "").removeprefix("www.")
        return [host, host + parts.path.rstrip("/")]
    if kind == "file":
        return [Path(query[0]).name]
    return [f"{TITLES[kind]} {' + '.join(query)}"]


def _free_name(names: list[str], taken: set[str]) -> str:
    """Take the first name that is free, else number the last one; remembers it as taken."""
    numbered = (f"{names[-1]} ({number})" for number in range(2, 10_000))
    name = next(name for name in (*names, *numbered) if name.casefold() not in taken)
    taken.add(name.casefold())
    return name
