"""Embeddings from an endpoint: asked once per paper, and never the price of a letter."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import pytest

from tests.loopback import Reply, Request, serve
from tests.scene import Scene, all_titles

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


@dataclass
class Endpoint:
    """Answers as OpenAI's /v1/embeddings does, and remembers what was asked for."""

    url: str = ""
    texts: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        """Answer a question."""
        question = json.loads(request.body)
        assert question["model"] == "counts"
        assert request.headers["authorization"] == "Bearer sesame"
        self.texts += question["input"]
        rows = [{"index": n, "embedding": vector(t)} for n, t in enumerate(question["input"])]
        return Reply(json.dumps({"data": rows[::-1]}).encode())


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint on the loopback interface."""
    found = Endpoint()
    with serve(found.answer) as server:
        found.url = server.url
        yield found


def ask_for_meaning(scene: Scene, url: str) -> None:
    """Name the endpoint in the configuration."""
    semantic = f"{{endpoint: '{url}/v1/embeddings', model: counts, key: sesame}}"
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"ranking:\n  semantic: {semantic}\n")


def test_each_paper_is_embedded_once(scene: Scene, endpoint: Endpoint) -> None:
    """The first run embeds every paper; the next day asks for the new ones alone."""
    ask_for_meaning(scene, endpoint.url)
    called = scene.call("run", "--date", "2026-11-23")
    assert (called.code, called.err) == (0, "")
    assert len(scene.smtp.messages) == 3
    papers = [text for text in endpoint.texts if "two sentences" in text]
    assert len(papers) == len(set(papers)) == len(all_titles(23))
    scene.call("run", "--date", "2026-11-24")
    assert [text for text in endpoint.texts if "two sentences" in text] == papers


def test_a_library_is_embedded_once(scene: Scene, endpoint: Endpoint) -> None:
    """Examples that no source has ever told of are embedded, and kept for the next day."""
    (scene.folder / "mine.bib").write_text(LIBRARY, encoding="utf-8")
    scene.write(READER_WITH_LIBRARY)
    ask_for_meaning(scene, endpoint.url)
    for day in ("2026-11-23", "2026-11-24"):
        assert scene.call("run", "--date", day).err == ""
    assert [text for text in endpoint.texts if "my library" in text] == [
        "Attention in my library. Long documents, read sparsely.",
        "Proteins in my library. ",
    ]
    assert [text for text in endpoint.texts if "spindly" in text] == ["spindly attention"]


def test_without_the_endpoint_words_must_do(scene: Scene) -> None:
    """Everybody gets a letter ranked by words, and the run says what was missing."""
    ask_for_meaning(scene, "http://127.0.0.1:1")
    called = scene.call("run", "--date", "2026-11-23")
    assert called.code == 3
    assert "ranked by their words alone" in called.err
    assert "sesame" not in called.err
    assert len(scene.smtp.messages) == 3
