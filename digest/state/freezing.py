"""Keeps editions as JSON; their papers lie once in the snapshots, named by their content."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b

from digest.models import Edition, Paper, Pick
from digest.state.codec import EDITION, dump_paper, load_paper

STUB = "frozen:"  # the only id of the paper that stands for a snapshot


class Freezer:
    """Turns editions into JSON; remembers the papers it has seen while it lives."""

    def __init__(self) -> None:
        self._snapshots: dict[str, str] = {}  # hash -> body
        self._stubs: dict[int, tuple[Paper, Paper]] = {}  # by identity; holds the paper alive

    def freeze(self, edition: Edition) -> str:
        """Return the edition's JSON with a stub in the place of each paper."""
        return EDITION.dump_json(
            replace_papers(edition, self._stub), exclude_defaults=True
        ).decode()

    def take_snapshots(self) -> dict[str, str]:
        """Return hash -> body of every paper met since the last call, and start afresh."""
        taken, self._snapshots, self._stubs = self._snapshots, {}, {}
        return taken

    def _stub(self, paper: Paper) -> Paper:
        known = self._stubs.get(id(paper))
        if known is not None:
            return known[1]
        body = dump_paper(paper)
        name = blake2b(body.encode(), digest_size=16).hexdigest()
        stub = Paper((STUB + name,), "")
        self._snapshots[name] = body
        self._stubs[id(paper)] = (paper, stub)
        return stub


def thaw(edition: Edition, papers: dict[str, Paper]) -> Edition:
    """Return the edition with every stub replaced by its paper, found by hash.

    Raises:
        KeyError: a snapshot is not among the papers.
    """
    return replace_papers(edition, lambda stub: papers[snapshot_name(stub)])


def snapshot_names(edition: Edition) -> Iterator[str]:
    """Yield the hashes of the snapshots that a frozen edition is made of."""
    return (snapshot_name(pick.paper) for pick in edition.picks)


def snapshot_name(stub: Paper) -> str:
    """Return the hash that a stub stands for."""
    return stub.id.removeprefix(STUB)


def load_snapshots(rows: Iterable[tuple[str, str]]) -> dict[str, Paper]:
    """Return the papers of rows of (hash, body)."""
    return {name: load_paper(body) for name, body in rows}


def replace_papers(edition: Edition, change: Callable[[Paper], Paper]) -> Edition:
    """Return the edition with `change` applied to each paper."""
    return replace(
        edition,
        sections=tuple(
            replace(section, picks=_changed(section.picks, change)) for section in edition.sections
        ),
        trending=_changed(edition.trending, change),
    )


def _changed(picks: tuple[Pick, ...], change: Callable[[Paper], Paper]) -> tuple[Pick, ...]:
    return tuple(replace(pick, paper=change(pick.paper)) for pick in picks)
