"""A whole installation in a temporary folder: sources over HTTP, letters over SMTP, real files.

The HTTP server answers what a test puts into `documents`; the SMTP server is the one of
`tests/delivery/fault_server.py`. Both listen on the loopback interface alone. Most scenes begin as
the fixture `scene` does: with a journal of 23 November and three readers.
"""

import contextlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from digest.cli import main
from tests.delivery.fault_server import FaultServer
from tests.loopback import Reply, Request, serve

HOST = "127.0.0.1"
KEEP_DAYS = 36_500  # runs on days long ago are not forgotten by the daily sweep, which sees today


TOPICS = {
    "attention": ["Sparse attention for long documents", "Attention that forgets"],
    "proteins": ["Designing proteins backwards", "A protein folds twice"],
}


def feed(day: int, titles: list[str]) -> bytes:
    """Return an Atom feed of a day in November 2026 with these titles, two sentences each."""
    entries = "".join(
        f"<entry><id>https://journal.example.org/{day}/{number}</id><title>{title}</title>"
        f"<link href='https://journal.example.org/{day}/{number}'/>"
        f"<updated>2026-11-{day:02}T06:00:00Z</updated><author><name>Ana Silva</name></author>"
        f"<summary>{title}, in two sentences. The second one says why it matters.</summary></entry>"
        for number, title in enumerate(titles)
    )
    return (
        "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><id>urn:journal</id>"
        f"<title>Journal</title><updated>2026-11-{day:02}T06:00:00Z</updated>{entries}</feed>"
    ).encode()


def all_titles(day: int) -> list[str]:
    """Return every topic's titles, told apart by day, and some on nothing in particular."""
    wanted = [f"{title} ({day})" for titles in TOPICS.values() for title in titles]
    return wanted + [f"Notes on weather station {n} ({day})" for n in range(12)]


PEOPLE = """
defaults: {papers: 4, explore: 0}
subscribers:
  - email: ada@example.org
    interests: [attention]
  - email: ben@example.org
    interests: [proteins]
  - email: cleo@example.org
    interests:
      - name: Attention
        keywords: [attention]
      - name: Proteins
        keywords: [proteins]
"""


@dataclass
class Answer:
    """What the server says at one path."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/xml"


@dataclass
class Documents:
    """What a server has, by path, and what it was asked for."""

    url: str = ""  # its address, without a final slash
    documents: dict[str, Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        """Answer a request with the document of its path."""
        self.requests.append(request.path)
        path = request.path.split("?")[0]
        found = self.documents.get(path, Answer(b"not here", 404, "text/plain"))
        return Reply(found.body, found.status, {"Content-Type": found.content_type})


@dataclass
class Called:
    """What one command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, as JSON."""
        return json.loads(self.out)


@dataclass
class Scene:
    """One installation."""

    folder: Path
    web: Documents
    smtp: FaultServer
    sources: list[str] = field(default_factory=list)  # YAML lines beneath `sources:`
    delivery: str = ""
    state: str = ""  # the URL of its database; "": SQLite beside digest.yaml

    @property
    def config(self) -> Path:
        """The path of digest.yaml."""
        return self.folder / "digest.yaml"

    def add_feed(self, name: str, body: bytes, **answer: Any) -> None:
        """Serve a document and name it as a source."""
        path = f"/{name.replace(' ', '-')}"
        self.web.documents[path] = Answer(body, **answer)
        self.sources += [f"  - feed: {self.web.url}{path}", f"    name: {name}"]

    def write(self, subscribers: str, **site: str) -> None:
        """Write the two files."""
        delivery = self.delivery or (
            f"delivery:\n  smtp: {{host: {HOST}, port: {self.smtp.port}, tls: none}}"
        )
        lines = ["site:", "  from: Morning Papers <digest@example.org>"]
        lines += [f"  {key}: {value}" for key, value in site.items()]
        lines += [f"state: {self.state}"] if self.state else []
        lines += [f"keep_days: {KEEP_DAYS}"]
        lines += ["sources:", *self.sources, delivery, ""]
        self.config.write_text("\n".join(lines), encoding="utf-8")
        (self.folder / "subscribers.yaml").write_text(subscribers, encoding="utf-8")

    def call(self, *arguments: str) -> Called:
        """Run one command in this process, with this configuration."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main([*arguments, "-c", str(self.config)])
            except SystemExit as leaving:
                code = leaving.code
        assert isinstance(code, int)
        return Called(code, out.getvalue(), err.getvalue())

    def mail(self) -> dict[str, EmailMessage]:
        """Return the newest accepted message of each recipient."""
        parsed = {}
        for message in self.smtp.messages:
            found = message_from_bytes(message.content, policy=policy.default)
            assert isinstance(found, EmailMessage)
            parsed[message.recipient] = found
        return parsed


@contextmanager
def open_scene(folder: Path, rules: list[Any] | None = None) -> Iterator[Scene]:
    """Set a scene with both servers running."""
    web = Documents()
    with serve(web.answer) as server, FaultServer(rules or []) as smtp:
        web.url = server.url
        yield Scene(folder, web, smtp)


def html_of(message: EmailMessage) -> str:
    """Return the HTML part of a message."""
    part = message.get_body(("html",))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content
