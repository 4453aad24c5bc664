"""Serves the sample feeds over HTTP on the loopback interface, at the paths of their services."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from digest.demo.samples import DOCUMENTS, Document, page_of, read_document

HOST = "127.0.0.1"
POLL_SECONDS = 0.02  # how long closing the server may wait for its loop
IDLE_SECONDS = 10.0  # a connection kept open without a request is closed after this


class FeedServer(ThreadingHTTPServer):
    """A server on a free port that knows the documents of one day."""

    daemon_threads = True

    def __init__(self, today: date) -> None:
        self.today = today
        self.documents = {each.route: (each, read_document(each, today)) for each in DOCUMENTS}
        super().__init__((HOST, 0), FeedHandler)

    @property
    def url(self) -> str:
        """The address of the server, without a final slash."""
        return f"http://{HOST}:{self.server_port}"

    def find(self, target: str) -> tuple[Document, bytes] | None:
        """Return the document and the page that a request asks for, or None."""
        found = self.documents.get(urlsplit(target).path.split("/")[1])
        if found is None:
            return None
        document, body = found
        return document, page_of(document, body, target, self.today)


class FeedHandler(BaseHTTPRequestHandler):
    """Answers GET."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: FeedServer

    def do_GET(self) -> None:
        """Send the document, or 404."""
        found = self.server.find(self.path)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        document, body = found
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", document.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the collector reports what it fetched."""


@contextmanager
def feed_server(today: date) -> Iterator[str]:
    """Serve the sample feeds, dated `today`, and yield the server's URL without a final slash."""
    server = FeedServer(today)
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
