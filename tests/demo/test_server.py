"""The feed server on a real socket."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from digest.demo.samples import DOCUMENTS, Document, read_document
from digest.demo.server import feed_server

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a running server."""
    with feed_server(TODAY) as address:
        yield address


def ask(url: str, target: str) -> tuple[HTTPResponse, bytes]:
    """Make one request."""
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer, answer.read()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.file)
def test_every_document_is_served(url: str, document: Document) -> None:
    """A feed arrives whole, with its media type, whatever follows the route."""
    answer, body = ask(url, f"/{document.route}/anything?and=more")
    assert answer.status == 200
    assert body == read_document(document, TODAY)
    assert answer.headers["Content-Type"] == document.content_type


@pytest.mark.parametrize("target", ["/", "/nothing", "/../digest.yaml", "//"])
def test_anything_else_is_not_found(url: str, target: str) -> None:
    """The server knows its documents and no file of the machine."""
    assert ask(url, target)[0].status == 404


def test_the_server_stops() -> None:
    """After the block nobody listens any more."""
    with feed_server(TODAY) as address:
        assert address.startswith("http://127.0.0.1:")
    with pytest.raises(ConnectionError):
        ask(address, "/nature.rss")
