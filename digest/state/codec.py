"""Turns the travelling types into what the tables hold and back; a damaged row is noticed."""

from datetime import UTC, datetime

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


def moment_of(stamp: float | None) -> datetime | None:
    """Return the moment (UTC) of Unix seconds; None: of none."""
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
