"""Reads the sample documents as a run does."""

from datetime import UTC, date, datetime, time

from digest.demo.samples import DOCUMENTS, read_document
from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.recognition import parse_document


def samples(today: date) -> dict[str, tuple[Paper, ...]]:
    """Return the papers of each document by its route, as they are read at noon of that day."""
    origin = Origin("demo", "http://127.0.0.1", datetime.combine(today, time(12), UTC))
    documents = ((each.route, read_document(each, today)) for each in DOCUMENTS)
    return {route: parse_document(body, origin).papers for route, body in documents}
