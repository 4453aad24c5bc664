"""Documents that a long fuzz run found: each once broke a promise."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.sources.document import Origin
from digest.sources.recognition import parse_document

ORIGIN = Origin("a source", "https://feeds.example.org/feed", datetime(2026, 11, 18, tzinfo=UTC))


def test_an_error_message_with_half_a_character() -> None:
    """What a server says in its error can be printed, whatever it holds."""
    with pytest.raises(SourceError, match="the server answers") as caught:
        parse_document(b'{"paper": null, "message": "x\\ud800"}', ORIGIN)
    assert str(caught.value).encode()


def test_a_namespace_that_closes_a_brace() -> None:
    """A namespace which ElementTree cannot name is left to the reader of everything."""
    body = (
        b'<?xml version="1.0"?><feed xmlns="}http://www.w3.org/2005/Atom">'
        b"<id>http://rss.arxiv.org/atom/cs.CL</id><title>cs.CL updates on arXiv.org</title>"
        b"<entry><id>oai:arXiv.org:2611.09380v1</id><title>On a matter</title></entry></feed>"
    )
    with suppress(SourceError):
        parse_document(body, ORIGIN)
