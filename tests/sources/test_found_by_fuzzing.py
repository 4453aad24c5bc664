"""Documents that a long fuzz run found: each once broke a promise."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources.document import Origin
from digest.sources.recognition import parse_document
from digest.sources.trying import try_source

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


GOOD = "<item><title>Paper {0}</title><link>https://example.org/{0}</link></item>"
STUMBLES = {
    "contributors": "<item><title>Odd</title><contributors>x</contributors>"
    "<contributor><name>x</name></contributor></item>",
    "an empty list": "<item><title>Odd</title><link><links/>https://example.org/odd</link></item>",
    "an early end": "<item><title>Odd</title><link>https:/</item>/example.org/odd</link></item>",
    "a tag in a tag": "<item><title>Odd</title><category</item>>a</category></item>",
}


def channel(items: str, head: str = "") -> bytes:
    """Return an RSS document."""
    return f"<rss version='2.0'><channel><title>C</title>{head}{items}</channel></rss>".encode()


@pytest.mark.parametrize("name", STUMBLES)
@pytest.mark.parametrize("place", [0, 3, 5])
def test_one_odd_entry_costs_no_other(name: str, place: int) -> None:
    """What feedparser stumbles over even alone is left out, and that is said."""
    items = [GOOD.format(n) for n in range(5)]
    document = parse_document(
        channel("".join((*items[:place], STUMBLES[name], *items[place:]))), ORIGIN
    )
    titles = [paper.title for paper in document.papers if paper.title != "Odd"]
    assert titles == [f"Paper {n}" for n in range(5)]
    left_out = "" if "end" in name or "tag" in name else "1 of its entries cannot be read"
    assert (document.whole, document.reason) == (not left_out, left_out)


def test_an_odd_entry_in_a_feed_that_breaks_off() -> None:
    """The entries that were whole are kept, once each."""
    items = "".join(map(GOOD.format, range(5)))
    broken = channel(items + STUMBLES["contributors"] + items.replace("Paper", "Later"))
    document = parse_document(broken[: broken.index(b"Later 3") + 4], ORIGIN)
    words = [f"{word} {n}" for word, count in (("Paper", 5), ("Later", 3)) for n in range(count)]
    assert [paper.title for paper in document.papers] == words
    assert not document.whole


def test_an_odd_channel_is_named(tmp_path: Path) -> None:
    """Where feedparser stumbles over the feed itself, that is the reason; on trial as well."""
    body = channel(
        GOOD.format(1), "<contributors>x</contributors><contributor><name>y</name></contributor>"
    )
    with pytest.raises(SourceError, match="feedparser cannot read it: TypeError"):
        parse_document(body, ORIGIN)
    (tmp_path / "feed.xml").write_bytes(body)
    report = try_source(str(tmp_path / "feed.xml"), now=ORIGIN.now).collected.report
    assert "feedparser cannot read it" in report.reason
