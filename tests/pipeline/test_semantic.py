"""Embeddings from an endpoint: asked once per paper, and never the price of a letter."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.scene import PEOPLE, Scene, all_titles, feed, open_scene

DIMENSIONS = 64
LIBRARY = """
@article{a, title = {Attention in my library}, abstract = {Long documents, read sparsely.}}
@article{b, title = {Proteins in my library}}
"""
READER_WITH_LIBRARY = """
defaults: {papers: 4, explore: 0, when_empty: send}
subscribers:
  - email: ada@example.org
    interests:
      - {name: Mine, library: mine.bib}
      - {name: Words, keywords: [spindly attention]}
"""


def vector(text: str) -> list[float]:
    """Return how often words fall into each of 64 places: alike for texts that share words."""
    counts = [0.0] * DIMENSIONS
    for word in text.lower().split():
        counts[blake2b(word.encode(), digest_size=1).digest()[0] % DIMENSIONS] += 1.0
    return counts


class Endpoint(ThreadingHTTPServer):
    """Answers as OpenAI's /v1/embeddings does."""

    daemon_threads = True

    def __init__(self) -> None:
        self.texts: list[str] = []
        super().__init__(("127.0.0.1", 0), EndpointHandler)


class EndpointHandler(BaseHTTPRequestHandler):
    """Takes a question, remembers its texts."""

    server: Endpoint

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert question["model"] == "counts"
        assert self.headers["Authorization"] == "Bearer sesame"
        self.server.texts += question["input"]
        rows = [{"index": n, "embedding": vector(t)} for n, t in enumerate(question["input"])]
        body = json.dumps({"data": rows[::-1]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Run an endpoint on the loopback interface."""
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask_for_meaning(scene: Scene, port: int) -> None:
    """Name the endpoint in the configuration."""
    address = f"http://127.0.0.1:{port}/v1/embeddings"
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"ranking:\n  semantic: {{endpoint: '{address}', model: counts, key: sesame}}\n")


def test_each_paper_is_embedded_once(tmp_path: Path) -> None:
    """The first run embeds every paper; the next day asks for the new ones alone."""
    with open_scene(tmp_path) as scene, endpoint() as server:
        scene.add_feed("Journal", feed(23, all_titles(23)))
        scene.write(PEOPLE)
        ask_for_meaning(scene, server.server_port)
        called = scene.call("run", "--date", "2026-11-23")
        assert (called.code, called.err) == (0, "")
        assert len(scene.smtp.messages) == 3
        papers = [text for text in server.texts if "two sentences" in text]
        assert len(papers) == len(set(papers)) == len(all_titles(23))
        scene.call("run", "--date", "2026-11-24")
        assert [text for text in server.texts if "two sentences" in text] == papers


def test_a_library_is_embedded_once(tmp_path: Path) -> None:
    """Examples that no source has ever told of are embedded, and kept for the next day."""
    with open_scene(tmp_path) as scene, endpoint() as server:
        scene.add_feed("Journal", feed(23, all_titles(23)))
        (tmp_path / "mine.bib").write_text(LIBRARY, encoding="utf-8")
        scene.write(READER_WITH_LIBRARY)
        ask_for_meaning(scene, server.server_port)
        for day in ("2026-11-23", "2026-11-24"):
            assert scene.call("run", "--date", day).err == ""
        assert [text for text in server.texts if "my library" in text] == [
            "Attention in my library. Long documents, read sparsely.",
            "Proteins in my library. ",
        ]
        assert [text for text in server.texts if "spindly" in text] == ["spindly attention"]


def test_without_the_endpoint_words_must_do(scene: Scene) -> None:
    """Everybody gets a letter ranked by words, and the run says what was missing."""
    ask_for_meaning(scene, 1)
    called = scene.call("run", "--date", "2026-11-23")
    assert called.code == 3
    assert "ranked by their words alone" in called.err
    assert "sesame" not in called.err
    assert len(scene.smtp.messages) == 3
