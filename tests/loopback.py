"""Real HTTP servers on the loopback interface whose answers a test scripts."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


@dataclass(slots=True)
class Reply:
    """One scripted answer."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0  # bytes of the body that are promised and never sent


@dataclass(slots=True)
class Request:
    """One request as the server saw it."""

    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class Server:
    """Where the server listens and what it was asked."""

    url: str
    seen: list[Request] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.seen]


@contextmanager
def serve(answer: Callable[[Request], Reply]) -> Iterator[Server]:
    """Serve what `answer` says until the end of the block."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {k.lower(): v for k, v in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            request = Request(self.path, headers, body)
            server.seen.append(request)
            reply = answer(request)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + reply.cut))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


@contextmanager
def speaking(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve whoever comes by a call that is given the connection; yield the address."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(4_096)
            with suppress(OSError):
                speak(self.request)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}/"
        finally:
            listener.shutdown()
            thread.join()
