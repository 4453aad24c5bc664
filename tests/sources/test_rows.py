"""The quick reader of arXiv's feeds and feedparser say the same."""

from datetime import date
from pathlib import Path

import pytest

from digest.sources.reading.arxiv_rows import read_arxiv_feed
from digest.sources.reading.decoding import decode
from digest.sources.reading.scanning import tidy
from digest.sources.reading.syndication import read_feed
from tests.sources.world import api_entry, batch, entry, feed

FEEDS = Path(__file__).parents[3] / "shared" / "feeds"
DAY = date(2026, 11, 18)
OWN = {
    "daily": feed([entry(paper) for paper in batch(DAY)], DAY),
    "api": feed([api_entry(paper.id, paper.submitted) for paper in batch(DAY)], DAY, total=7),
    "empty": feed([], DAY),
}
CAPTURED = sorted(
    path
    for folder in ("arxiv_rss", "arxiv_atom", "arxiv_api")
    for path in (FEEDS / folder).glob("*.xml")
    if "trimmed" not in path.name
)
LEFT_OUT = {"title_type", "link"}  # of which arXiv's parser makes no use


def compare(body: bytes) -> None:
    """Assert that both readers give equal rows."""
    text = tidy(decode(body))
    quick, slow = read_arxiv_feed(text), read_feed(text)
    assert quick is not None
    assert {k: quick[k] for k in ("version", "title", "built", "total", "self")} == {
        k: slow[k] for k in ("version", "title", "built", "total", "self")
    }
    assert len(quick["entries"]) == len(slow["entries"])
    for ours, theirs in zip(quick["entries"], slow["entries"], strict=True):
        assert {k: ours[k] for k in ours if k not in LEFT_OUT} == {
            k: theirs[k] for k in theirs if k not in LEFT_OUT
        }


@pytest.mark.parametrize("name", OWN)
def test_own_feeds_are_read_alike(name: str) -> None:
    """Every field that is used comes out the same."""
    compare(OWN[name])


@pytest.mark.skipif(not CAPTURED, reason="the captured documents are not at hand")
@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.name)
def test_captured_feeds_are_read_alike(path: Path) -> None:
    """Every field that is used comes out the same."""
    compare(path.read_bytes())


def test_strangers_are_left_to_feedparser() -> None:
    """Another house's feed, or HTML in a text, is not read quickly."""
    assert read_arxiv_feed("<rss version='2.0'><channel><title>C</title></channel></rss>") is None
    odd = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>http://rss.arxiv.org/atom/cs.CL</id><entry>'
        '<title type="html">&lt;b&gt;x&lt;/b&gt;</title></entry></feed>'
    )
    assert read_arxiv_feed(odd) is None
