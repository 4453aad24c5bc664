"""Real documents of real sources, from HTTP to a letter; skipped where they are not at hand."""

import gzip
import json
from html import unescape
from pathlib import Path

import pytest

from tests.scene import Scene, html_of, open_scene

FEEDS = Path(__file__).parents[3] / "shared" / "feeds"

# file -> content type
CAPTURED = {
    "arxiv_rss/cs_CL_2026-04-27_3items.xml": "application/rss+xml",
    "arxiv_rss/cs_CL_2026-08-01_weekend_empty.xml": "application/rss+xml",
    "arxiv_atom/cs_AI_2025-08-20_edited.xml": "application/atom+xml",
    "arxiv_api/cs_LG_or_cs_AI_20_2026-04-30.xml": "application/atom+xml",
    "hf_daily_papers/daily_papers_2026-06-12.json": "application/json",
    "nature/nature_2024-07-18.rdf": "application/rdf+xml",
    "pubmed/rss_2021-11-08.xml": "application/rss+xml",
    "biorxiv/api_details_biorxiv_2026-08.json": "application/json",
}
PEOPLE = """
subscribers:
  - email: ada@example.org
    interests:
      - keywords: [language models, reinforcement learning]
      - keywords: [brain, neurons, catalysis, fungal pathogen]
"""

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the captured documents are not here")


def expected(name: str) -> int:
    """Return how many entries the manifest says a document has."""
    manifest = json.loads((FEEDS / "manifest.json").read_text())
    found = next(entry for entry in manifest if entry["file"] == name)
    count = found["expected"]["entries"]
    assert isinstance(count, int)
    return count


def serve(scene: Scene, names: list[str]) -> None:
    """Serve captured documents as feeds named after their files."""
    for name in names:
        body = (FEEDS / name).read_bytes()
        body = gzip.decompress(body) if name.endswith(".gz") else body
        scene.add_feed(name.replace("/", " "), body, content_type=CAPTURED.get(name, "text/xml"))


def test_real_documents_become_a_letter(tmp_path: Path) -> None:
    """Each source gives as many papers as the manifest counts, and their best make a letter."""
    with open_scene(tmp_path) as scene:
        serve(scene, list(CAPTURED))
        scene.write(PEOPLE)
        called = scene.call("run", "--json")
        counts = {source["name"]: source["papers"] for source in called.json["sources"]}
        assert counts == {name.replace("/", " "): expected(name) for name in CAPTURED}
        assert {source["state"] for source in called.json["sources"]} <= {"fresh", "quiet"}
        assert called.code == 0
        papers = called.json["letters"][0]["papers"]
        assert len(papers) == 10
        html = unescape(html_of(scene.mail()["ada@example.org"]))
        assert all(paper["title"] in html for paper in papers)


def test_hostile_documents_do_not_stop_a_run(tmp_path: Path) -> None:
    """With every hostile document among the sources, a good one's papers still arrive."""
    hostile = sorted(path.name for path in (FEEDS / "hostile_constructed").iterdir())
    with open_scene(tmp_path) as scene:
        serve(scene, ["arxiv_rss/cs_CL_2026-04-27_3items.xml"])
        serve(scene, [f"hostile_constructed/{name}" for name in hostile])
        scene.write(PEOPLE)
        called = scene.call("run", "--json")
        states = {source["name"]: source["state"] for source in called.json["sources"]}
        assert len(states) == len(hostile) + 1
        assert states["arxiv_rss cs_CL_2026-04-27_3items.xml"] == "fresh"
        assert states["hostile_constructed whitespace_only.xml"] == "failed"
        assert states["hostile_constructed truncated_mid_item.xml"] == "partial"
        assert called.code == 3
        html = html_of(scene.mail()["ada@example.org"])
        assert "<script" not in html
        assert "javascript:" not in html
