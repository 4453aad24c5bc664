"""Random damage to every wire format: papers or SourceError, nothing else."""

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Paper
from digest.papers import merge_papers
from digest.sources.document import Origin
from digest.sources.recognition import parse_document
from digest.sources.text.characters import clean_line
from digest.sources.text.latex import readable
from digest.sources.text.markup import plain_text
from digest.sources.text.names import clean_authors, split_names
from digest.state.codec import dump_paper, load_paper
from tests.sources.world import api_entry, batch, entry, feed

SOAK_SECONDS = 600  # over all parsers
NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = date(2026, 11, 18)
ORIGIN = Origin("a source", "https://feeds.example.org/feed", NOW)
ROW = "<item><title>A &amp; B</title><link>https://e.org/1</link><guid>g1</guid></item>"
SEEDS = [
    feed([entry(paper) for paper in batch(DAY)[:3]], DAY),
    feed([api_entry(paper.id, paper.submitted) for paper in batch(DAY)[:3]], DAY, total=3),
    f"<rss version='2.0'><channel><title>C</title>{ROW}</channel></rss>".encode(),
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
    b"xmlns='http://purl.org/rss/1.0/'><item rdf:about='x'><title>T</title></item></rdf:RDF>",
    b"<OAI-PMH><ListRecords><record><header><identifier>oai:arXiv.org:2604.00001</identifier>"
    b"</header><metadata><arXiv><id>2604.00001</id><title>T of T</title><created>2026-04-01"
    b"</created></arXiv></metadata></record></ListRecords></OAI-PMH>",
    b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>T"
    b"</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
]
SPLINTERS = [
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"<!DOCTYPE x [", b"&#xD800;", b"\x00",
    b"\xff\xfe", b"</item>", b"</entry>", b"<entry>", b"'", b'"', b"xmlns:a='b' a:c='d'", b"\xed",
]  # fmt: skip
KEY_NAMES = (
    "paper id title summary authors name upvotes publishedAt collection messages status total doi "
    "version published server message message-type items DOI author given family date-parts "
    "relation has-preprint results meta abstract_inverted_index authorships ids locations data "
    "token paperId externalIds ArXiv resultList result authorList authorString esearchresult "
    "idlist uids articleids papers arxiv_id categories items content_html date_published tags"
)
KEYS = KEY_NAMES.split()
leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2604.00001", "10.1000/182", "ok", "NA", "2026-11-01", "x\ud800"])
)
values = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=30,
)
FRAMES: list[Callable[[Any], Any]] = [
    lambda value: value,
    lambda value: [{"paper": value}],
    lambda value: {"version": "https://jsonfeed.org/version/1.1", "items": [value]},
    lambda value: {"messages": [value], "collection": [value, {"doi": "10.1/x", "title": value}]},
    lambda value: {"status": "ok", "message-type": "work", "message": value},
    lambda value: {"results": [value, {"title": "T", "authorships": value}], "meta": value},
    lambda value: {"resultList": {"result": [value, {"title": "T", "authorList": value}]}},
    lambda value: {"data": [value, {"title": "T", "externalIds": value}], "total": 1},
    lambda value: {"esearchresult": value},
    lambda value: {"result": {"uids": ["1"], "1": value}},
    lambda value: {"papers": [{"arxiv_id": "2604.00001", "title": value, "authors": value}]},
]


def check(body: bytes) -> None:
    """Parse, and hold every paper to the promises of its type."""
    try:
        document = parse_document(body, ORIGIN)
    except SourceError as error:
        str(error).encode()
        return
    for paper in merge_papers(document.papers):
        check_paper(paper)


def check_paper(paper: Paper) -> None:
    """Assert what every paper promises."""
    assert paper.ids
    assert paper.title == clean_line(paper.title)
    assert len(paper.title) <= 500
    assert len(paper.abstract) <= 20_000
    assert paper.url == "" or paper.url.startswith(("http://", "https://"))
    assert load_paper(dump_paper(paper)) == paper


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a document with a few splinters in it, a part missing or a part twice."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        piece = draw(
            st.sampled_from([*SPLINTERS, b"", body[start:end] * 2]) | st.binary(max_size=6)
        )
        body = body[:start] + piece + body[end:]
    return body


def check_json(frame: Callable[[Any], Any], value: Any) -> None:
    """Parse a framed JSON value."""
    check(json.dumps(frame(value)).encode("utf-8", "surrogatepass"))


def check_text(text: str) -> None:
    """Clean a text in every way; nothing raises and nothing harmful is left."""
    for clean in (clean_line(readable(text)), clean_line(plain_text(text))):
        assert all(letter.isprintable() for letter in clean if ord(letter) < 0x250)
    for name in clean_authors(split_names(text)):
        assert name == clean_line(name)


texts = st.text(
    st.characters() | st.sampled_from(list("$\\{}<>&;,'\"()^_%")), max_size=200
) | st.lists(
    st.sampled_from([r"\emph{", "}", "$", r"\alpha", "<b>", "&lt;", r"\'e", "Ada B,", " and "]),
    max_size=20,
).map("".join)

QUICK = settings(max_examples=60)
SLOW = settings(max_examples=300, database=None, suppress_health_check=list(HealthCheck))


@settings(max_examples=12)
@given(damaged())
def test_damaged_documents(body: bytes) -> None:
    """A damaged document gives papers or a SourceError."""
    check(body)


@QUICK
@given(st.sampled_from(FRAMES), values)
def test_shapeless_json(frame: Callable[[Any], Any], value: Any) -> None:
    """JSON of any shape gives papers or a SourceError."""
    check_json(frame, value)


@QUICK
@given(texts)
def test_any_text(text: str) -> None:
    """No text is too odd to be cleaned."""
    check_text(text)


@pytest.mark.soak
@pytest.mark.parametrize(
    "test",
    [
        SLOW(given(damaged())(check)),
        SLOW(given(st.sampled_from(FRAMES), values)(check_json)),
        SLOW(given(texts)(check_text)),
        SLOW(given(st.binary(max_size=200))(check)),
    ],
    ids=["documents", "json", "texts", "bytes"],
)
def test_ten_minutes(test: Callable[[], None]) -> None:
    """For minutes on end, nothing but papers and SourceErrors."""
    end = time.monotonic() + SOAK_SECONDS / 4
    while time.monotonic() < end:
        test()
