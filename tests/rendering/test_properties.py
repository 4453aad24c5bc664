"""Whatever stands in a title, a name or an interest, the letter stays a letter."""

import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from digest.models import Edition, Paper, Pick, Reason, Section, Signals
from digest.rendering.checks import check_letter
from digest.rendering.encoding import base64_lines, quote
from digest.rendering.plain import clean, columns, cut, cut_at_sentence, web_url, wrap
from digest.rendering.press import Press
from digest.rendering.stencil import Hole, escaped, fill_in, make_piece, make_stencil
from digest.rendering.views import fit_title

from .conftest import read
from .editions import DAILY

MARKUP = st.sampled_from(
    [
        "<b>", "</td>", "&amp;", "{{ x }}", "{% if %}", "\r\n", "\x00why\x00", "=?utf-8?q?a?=",
        "$x_{<t}$", '"', "'", "<!--", "-->", ".", "\u202e", "\x0b",
    ]
)  # fmt: skip
ANY = st.lists(st.one_of(st.text(max_size=30), MARKUP), max_size=6).map("".join)
LONG = st.one_of(ANY, ANY.map(lambda text: text * 40))
URLS = st.one_of(ANY, ANY.map("https://example.org/".__add__), ANY.map("javascript:".__add__))

papers = st.builds(
    Paper,
    ids=st.just(("guid:1",)),
    title=LONG,
    authors=st.lists(ANY, max_size=5).map(tuple),
    abstract=LONG,
    url=URLS,
    venue=ANY,
    categories=st.lists(ANY, max_size=4).map(tuple),
    signals=st.builds(Signals, upvotes=st.none() | st.integers(0, 10**6), code_url=URLS),
)
picks = st.builds(
    Pick,
    paper=papers,
    interest=st.just(""),
    score=st.just(1.0),
    reasons=st.lists(st.builds(Reason, kind=st.just("phrase"), text=ANY), max_size=2).map(tuple),
)
sections = st.builds(Section, title=LONG, picks=st.lists(picks, max_size=3).map(tuple))
editions = st.builds(
    lambda name, sections, trending: replace(
        DAILY, name=name, sections=sections, trending=trending
    ),
    name=LONG,
    sections=st.lists(sections, max_size=2).map(tuple),
    trending=st.lists(picks, max_size=1).map(tuple),
)


class Reader(HTMLParser):
    """Collects what a browser would make of a letter."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [], set[str]()

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect elements and links."""
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(edition=editions)
def test_any_text_makes_a_letter(press: Press, edition: Edition) -> None:
    """It parses, its markup is ours alone, every link is http(s) or mailto, one of each header."""
    letter = press.compose(edition)
    parsed, html, text = read(letter.message)
    reader = Reader()
    reader.feed(html)
    assert reader.tags <= {
        "html", "head", "title", "meta", "style", "body", "div", "table", "tbody", "tr", "td",
        "h1", "h2", "h3", "p", "a", "span", "br",
    }  # fmt: skip
    assert all(re.match(r"(https?|mailto):", link or "") for link in reader.links)
    for pick in edition.picks:
        title = fit_title(pick.paper.title)
        assert title in reader.text
        assert "".join(title.split()) in "".join(text.split())
    assert parsed["Subject"] == letter.subject
    assert len(parsed.get_all("Message-ID")) == 1
    assert parsed["To"].addresses[0].addr_spec == edition.email
    lines = letter.message.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert letter.dot_safe
    assert not any(line.startswith(b".") for line in lines)
    assert "\x00" not in html + text
    assert check_letter(letter) == []


@settings(max_examples=300)
@example(["=" * 3 + "a" * 9 + "é" * 2 + "面" * 5 + "a", "b"])
@example(["=" * 25 + ".", "c"])
@example(["==" + "a" * 11 + "é" * 2 + "面" * 5 + " \nb", "a" * 75 + "\t\n"])
@example(["From ", "From a.\n.From b\n", "a" * 75 + "From c", "..From d " + "é" * 30])
@given(st.lists(st.text(alphabet=st.sampled_from("a. =\n\té面.."), max_size=200), max_size=4))
def test_quoted_pieces_may_be_joined(pieces: list[str]) -> None:
    """Decoding the joined pieces gives the joined texts; no long line, no leading dot or From."""
    import quopri

    quoted = b"".join(quote(piece.encode()) for piece in pieces)
    assert quopri.decodestring(quoted).replace(b"\r\n", b"\n").decode() == "".join(pieces)
    assert max(map(len, quoted.split(b"\r\n"))) <= 76
    assert not re.search(rb"(^|\n)(\.|From )|[ \t]\r\n", quoted)
    assert quoted == b"".join(quote(piece.replace("\n", "\r\n").encode()) for piece in pieces)


@given(st.binary(max_size=500))
def test_base64_lines_decode(data: bytes) -> None:
    """Lines of at most 76 characters that decode to the data."""
    import base64

    lines = base64_lines(data)
    assert base64.b64decode(lines) == data
    assert max(map(len, lines.split(b"\r\n"))) <= 76


@example("a  b")
@given(st.one_of(ANY, st.text(alphabet=st.sampled_from("a  \xa0\u2003\x1c\x85é"))))
def test_cleaning_folds_white_space(text: str) -> None:
    """White space is folded to single spaces, whatever it was; other printable text stays."""
    folded = " ".join(text.split())
    assert clean(text) == clean(folded)
    assert not folded.isprintable() or clean(text) == folded


@given(LONG, st.integers(20, 90), st.integers(0, 8))
def test_wrapping_loses_nothing(text: str, width: int, indent: int) -> None:
    """Wrapped lines hold the same words; a line too wide is a single word."""
    text = clean(text)
    lines = wrap(text, width, indent).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert columns(line) <= width or len(line.split()) <= 1 + line.count(" ") // width


@given(LONG, st.integers(10, 300))
def test_cutting_keeps_the_beginning(text: str, limit: int) -> None:
    """A cut text begins as the whole one and says that it was cut."""
    text = clean(text)
    for shorter in (cut(text, limit), cut_at_sentence(text, limit)):
        assert len(shorter) <= limit + 2
        if shorter != text:
            assert shorter.endswith("…")
            assert text.startswith(shorter.removesuffix("…").rstrip())


@given(URLS)
def test_web_urls_are_safe_or_empty(url: str) -> None:
    """What is kept needs no escaping beyond the ampersand."""
    kept = web_url(url)
    assert not kept or re.fullmatch(r"https?://[^\s<>\"'`\\]+", kept)


def test_each_mark_of_markup_is_escaped() -> None:
    """Also where a text has one kind alone."""
    for mark in "&<>\"'":
        assert escaped(f"a {mark} b") == str(escape(f"a {mark} b")) != f"a {mark} b"


def test_what_was_filled_for_good_counts() -> None:
    """The bytes of UTF-8 in it are part of what a letter may have."""
    stencil = make_stencil(f"ä{Hole('a')}b{Hole('c')}", "card.mjml")
    once = fill_in(stencil, {"a": make_piece("ü")})
    assert (once.holes, once.size) == (("c",), len("äüb".encode()))
