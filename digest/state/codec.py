"""Turns the travelling types into JSON and back; strict, so that a damaged row is noticed."""

from pydantic import TypeAdapter

from digest.models import Paper, SourceReport

PAPER: TypeAdapter[Paper] = TypeAdapter(Paper)
REPORTS: TypeAdapter[tuple[SourceReport, ...]] = TypeAdapter(tuple[SourceReport, ...])


def dump_paper(paper: Paper) -> str:
    """Return the paper as compact JSON; equal papers give equal text."""
    return PAPER.dump_json(paper, exclude_defaults=True).decode()


def load_paper(body: str) -> Paper:
    """Return the paper that `dump_paper` wrote."""
    return PAPER.validate_json(body)
