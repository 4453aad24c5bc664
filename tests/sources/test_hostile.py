"""Attacks on the reader of a document: bounded in time and memory, refused or survived."""

import contextlib
import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from _pytest.mark import ParameterSet

from digest.errors import SourceError
from digest.sources.document import Document, Origin
from digest.sources.recognition import parse_document

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ORIGIN = Origin("a source", "https://feeds.example.org/feed.xml", NOW)
ITEM = "<item><title>A paper on bounds</title><link>https://example.org/1</link></item>"


def rss(items: str, head: str = "") -> str:
    """Return an RSS document."""
    return f'{head}<rss version="2.0"><channel><title>C</title>{items}</channel></rss>'


def read(body: bytes | str) -> Document:
    """Return what a document holds."""
    return parse_document(body.encode() if isinstance(body, str) else body, ORIGIN)


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPE = f'<!DOCTYPE rss [<!ENTITY e0 "ha">{BOMB}]>'
SUBSET = "<!DOCTYPE rss [<!ELEMENT rss ANY>]>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_entity_bombs_are_refused_in_every_encoding(encoding: str) -> None:
    """An encoding does not hide a DOCTYPE that declares entities."""
    text = rss("<item><title>&e9;</title></item>", DOCTYPE)
    with pytest.raises(SourceError, match="DOCTYPE"):
        read(text.encode(encoding))


@pytest.mark.parametrize(
    "head",
    [
        SUBSET,
        f"<!-- <a> -->{DOCTYPE}",
        f"<?xml version='1.0'?>\n\n{DOCTYPE.replace('DOCTYPE', 'doctype')}",
        f"<?pi <a> ?>{DOCTYPE}",
        "<!DOCTYPE rss SYSTEM 'a>b' [<!ENTITY x 'y'>]>",
    ],
)
def test_internal_subset_is_refused_wherever_it_hides(head: str) -> None:
    """Comments, instructions and letter case do not hide an internal subset."""
    with pytest.raises(SourceError):
        read(rss(ITEM, head))


def test_external_doctype_is_read_over() -> None:
    """The DOCTYPE of RSS 0.91 is not fetched and costs nothing."""
    head = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">'
    assert read(rss(ITEM, head)).papers[0].title == "A paper on bounds"


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#x110000;", "&#99999999999;", "&#0;", "&#xFFFF;"]
)
def test_impossible_references_are_survived(reference: str) -> None:
    """A reference to no character costs the character alone."""
    document = read(rss(f"<item><title>Left {reference} right of it</title></item>"))
    assert document.papers[0].title.startswith("Left")
    assert document.papers[0].title.endswith("right of it")


@pytest.mark.parametrize("body", ["/etc/passwd", "http://127.0.0.1:9/feed.xml", "feed.xml", "x"])
def test_body_is_never_an_address(body: str) -> None:
    """A body that names a file or an address is no feed, and nothing is opened."""
    with pytest.raises(SourceError):
        read(body)


def test_gzip_bombs_are_refused() -> None:
    """Neither zeros nor nested compression swell beyond the cap."""
    with pytest.raises(SourceError, match="larger"):
        read(gzip.compress(b" " * 40_000_000))
    with pytest.raises(SourceError):
        read(gzip.compress(gzip.compress(b" " * 1_000_000)))


def test_broken_gzip_is_partial_or_refused() -> None:
    """A compressed document that breaks off is never taken for whole."""
    whole = gzip.compress(rss(ITEM * 500).encode(), mtime=0)
    with contextlib.suppress(SourceError):
        assert not read(whole[: len(whole) * 2 // 3]).whole


def test_many_attributes_are_refused_quickly() -> None:
    """An element with 20,000 attributes, which costs feedparser seconds, is refused."""
    many = " ".join(f'a{n}="1"' for n in range(20_000))
    with pytest.raises(SourceError, match="attributes"):
        read(rss(f"<item {many}><title>T</title></item>"))


@pytest.mark.parametrize("depth", [101, 5_000, 20_000])
def test_deep_nesting_is_survived(depth: int) -> None:
    """Depth ends in papers or in a SourceError."""
    deep = f"<item><description>{'<b>' * depth}x{'</b>' * depth}</description></item>"
    with contextlib.suppress(SourceError):
        read(rss(ITEM + deep))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" + "[]," * 2_000_000 + "[]]",
        '[{"paper": {"id": "2604.00001", "title": ' + "9" * 10_000 + "}}]",
        '{"version": "https://jsonfeed.org/version/1", "items": {"a": 1}}',
        '{"message": 7, "message-type": [], "status": "ok"}',
        '{"results": 1, "meta": null}',
        '{"collection": "x", "messages": "y"}',
        '{"resultList": []}',
        '{"data": {}, "total": "x"}',
        '{"esearchresult": []}',
        '{"error": "too many requests"}',
        "[1, 2]",
        '"text"',
        '{"paper": 1}',
        '[{"paper": {"id": "2604.00001", "title": "\\ud800 lone"}}]',
        "[NaN, Infinity]",
    ],
)
def test_wrong_json_is_an_error_or_nothing(text: str) -> None:
    """JSON of any shape gives papers or a SourceError."""
    try:
        for paper in read(text).papers:
            paper.title.encode()
    except SourceError:
        pass


def test_scripts_and_hostile_links_give_text() -> None:
    """Markup becomes words, and no link leads anywhere but the web."""
    item = (
        "<item><title>&lt;script&gt;alert(1)&lt;/script&gt;A safe title</title>"
        "<link>javascript:alert(1)</link><guid>x</guid>"
        "<description>&lt;form action='https://evil.example'&gt;Words&lt;/form&gt;"
        "&lt;svg onload=alert(1)&gt;y&lt;/svg&gt; here\r\nBcc: all@example.org</description></item>"
    )
    paper = read(rss(item)).papers[0]
    assert (paper.title, paper.url) == ("A safe title", "")
    assert paper.abstract == "Words here Bcc: all@example.org"


def test_unbound_prefixes_are_survived() -> None:
    """A prefix without a namespace makes no document unreadable, arXiv's included."""
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>http://rss.arxiv.org/atom/cs.CL</id><entry>'
        "<id>oai:arXiv.org:2611.00001v1</id><title>No prefix</title><dc:creator>A</dc:creator>"
        "</entry></feed>"
    )
    assert [paper.id for paper in read(body).papers] == ["arxiv:2611.00001"]


def test_huge_fields_are_cut() -> None:
    """Title, abstract and authors keep their bounds."""
    names = "".join(f"<author><name>Ada Number{n}</name></author>" for n in range(1_000))
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><id>urn:x:1</id>'
        f"<title>{'word ' * 20_000}</title><summary>{'word ' * 50_000}</summary>{names}"
        "</entry></feed>"
    )
    paper = read(body).papers[0]
    assert len(paper.title) <= 500
    assert len(paper.abstract) <= 20_000
    assert len(paper.authors) == 201
    assert paper.authors[-1] == "and 800 more"


ATTACKS = {
    "angle brackets": "<" * 3_000_000,
    "open tags": "<item>" * 400_000,
    "attributes": "<a " + "b='c' " * 400_000,
    "half entities": rss("&a" * 700_000),
    "comments": rss("<!--" * 500_000),
    "quotes": rss("<item><title>" + '<b "' * 300_000 + "</title></item>"),
    "cdata": rss("<![CDATA[" * 300_000),
    "dollars": rss(
        "<item><title>t</title><description>" + "$a " * 600_000 + "</description></item>"
    ),
    "backslashes": rss("<item><title>" + "\\a{" * 90_000 + "</title></item>"),
    "mail": rss("<item><author>" + "a@" * 140_000 + "</author><title>t</title></item>"),
    "dates": rss("<item><pubDate>" + "1" * 290_000 + "</pubDate><title>t</title></item>"),
    "doctype": "<!DOCTYPE " * 300_000,
    "declaration": "<?xml " * 500_000,
    "oai": "<OAI-PMH>" + "<record>" * 400_000,
    "names": rss("<item><title>t</title>" + "<x:y>" * 200_000 + "</item>"),
    "spaces": rss("<item><title>t</title><link>" + " " * 2_000_000 + "x</link></item>"),
    "parentheses": rss(
        "<item><guid>oai:arXiv.org:2604.00001v1</guid><title>t</title><author>"
        + "(" * 280_000
        + "</author></item>"
    ),
    "title spaces": rss(
        "<item><guid>oai:arXiv.org:2604.00001v1</guid><title>t" + " " * 280_000 + "x</title></item>"
    ),
    "author commas": rss("<item><title>t</title><author>a" + ", " * 140_000 + "</author></item>"),
    "name like": rss(
        "<item><title>t</title><description>DOI: 10.1/x&lt;p&gt;"
        + "a" * 250_000
        + "!</description></item>"
    ),
    "scripts": rss(
        "<item><title>t</title><description>" + "&lt;script&gt;" * 20_000 + "</description></item>"
    ),
    "comment": rss(
        "<item><title>t</title><description>" + "&lt;!--" * 40_000 + "</description></item>"
    ),
    "address": rss("<item><author>" + "a." * 70_000 + "@x (N)</author><title>t</title></item>"),
    "categories": rss(
        "<item><title>t</title>"
        + "".join(f"<category>{n}</category>" for n in range(20_000))
        + "</item>"
    ),
    "tiny items": rss("<item><title>t</title></item>" * 99_000),
    "tiny works": '{"meta": {}, "results": [' + '{"title":"abcd"},' * 690_000 + "0]}",
    "tiny papers": "[" + '{"paper":{"id":"2611.00001","title":"t"}},' * 300_000 + "0]",
    "tiny elements": "<PubmedArticleSet>" + "<a/>" * 3_900_000 + "</PubmedArticleSet>",
    "tiny attributes": "<PubmedArticleSet>" + "<a b=''/>" * 590_000 + "</PubmedArticleSet>",
    "long ids": rss("<item><title>t</title><guid>10.1234/" + ")" * 280_000 + "</guid></item>"),
}

MANY = {
    "rss": rss(ITEM * 30_001),
    "broken rss": rss(ITEM * 30_001 + "<br>"),
    "json": '{"message-type": "", "message": {"items": [' + "0," * 30_000 + "0]}}",
    "xml": "<OAI-PMH><ListRecords>" + "<record/>" * 30_001 + "</ListRecords></OAI-PMH>",
}


@pytest.mark.parametrize("name", MANY)
def test_more_entries_than_any_day_has_are_refused(name: str) -> None:
    """Entries cost time and memory each, however small they are: their number has a bound."""
    with pytest.raises(SourceError, match="more than 30000 entries"):
        read(MANY[name])


CHILD = """
import resource, sys
from datetime import UTC, datetime
from digest.errors import SourceError
from digest.sources.document import Origin
from digest.sources.recognition import parse_document
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
try:
    parse_document(sys.stdin.buffer.read(), Origin("s", "https://x.example/", datetime.now(UTC)))
except SourceError:
    pass
usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# ru_maxrss of our own would count the process that started us as well
with open("/proc/self/status") as status:
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(max(own, usage[1].ru_maxrss), sum(one.ru_utime + one.ru_stime for one in usage))
"""


SLOW_NAMES = "address,categories,names,quotes,half entities,oai,cdata,comments,declaration"
SLOW = {*SLOW_NAMES.split(","), "open tags"}


def attacks() -> list[ParameterSet]:
    """Return the names of the attacks, the slow ones left to the soak test."""
    return [
        pytest.param(name, marks=[pytest.mark.soak] if name in SLOW else []) for name in ATTACKS
    ]


@pytest.mark.parametrize("name", attacks())
def test_attacks_keep_the_bounds(name: str) -> None:
    """No document takes more than 10 s of CPU or 300 MB, in whatever process it is parsed."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=ATTACKS[name].encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        timeout=30,
    )
    kilobytes, seconds = done.stdout.split()
    assert int(kilobytes) < 300_000
    assert float(seconds) < 10
