"""Collects papers from arXiv, Hugging Face, bioRxiv, PubMed, journals, blogs, files. Ranks nothing.

Reading order: `collecting` (a run over all sources), `plans` (what to ask), `asking` (the one door
to the network), `recognition` (what a document is), `kinds` (one parser per wire format),
`reading` (hostile bytes made safe to look at), `building` and `text` (clean papers).

The three doors to this room are loaded when they are first used: a child process that parses a
suspicious document must not pay for the network.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.sources.collecting import collect_sources
    from digest.sources.trying import Trial, fetch_papers, try_source

__all__ = ["Trial", "collect_sources", "fetch_papers", "try_source"]


def __getattr__(name: str) -> Any:
    """Load a door on its first use (PEP 562)."""
    if name == "collect_sources":
        from digest.sources.collecting import collect_sources

        return collect_sources
    if name in __all__:
        from digest.sources import trying

        return getattr(trying, name)
    raise AttributeError(name)
