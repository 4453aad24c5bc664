"""Answers /metrics on the loopback interface, for a Prometheus that scrapes this machine."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from digest.errors import DigestError, StateError

HOST = "127.0.0.1"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # as Prometheus has it
POLL_SECONDS = 0.1
IDLE_SECONDS = 10.0  # a connection that asks nothing is closed after this

log = logging.getLogger(__name__)


class MetricsServer(ThreadingHTTPServer):
    """A server of one page."""

    daemon_threads = True

    def __init__(self, port: int, metrics: Callable[[], str]) -> None:
        self.metrics = metrics
        super().__init__((HOST, port), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers GET /metrics."""

    timeout = IDLE_SECONDS
    server: MetricsServer

    def do_GET(self) -> None:
        """Send the metrics, 404 for another path, 503 where the database cannot be read."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            body = self.server.metrics().encode()
        except DigestError as error:
            log.warning("metrics event=unavailable reason=%s", error)
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a scrape a minute is no news."""


@contextmanager
def metrics_page(port: int | None, metrics: Callable[[], str]) -> Iterator[None]:
    """Serve the page until the block ends.

    Args:
        port: None: serve nothing.
        metrics: makes the page's text; called in a thread of its own.

    Raises:
        StateError: somebody else has the port.
    """
    if port is None:
        yield
        return
    try:
        server = MetricsServer(port, metrics)
    except OSError as error:
        reason = f"cannot be listened on: {error.strerror}; choose another `metrics_port`"
        raise StateError(f"{HOST}:{port}", reason) from error
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
