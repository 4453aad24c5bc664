"""Texts of others are made to fit: their length, and the way they run."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.models import Paper, Pick, Section, Signals
from digest.rendering.plain import (
    TEXT_COLUMNS,
    columns,
    cut,
    cut_at_sentence,
    direction,
    isolate,
    web_url,
    wrap,
)
from digest.rendering.press import Press, short_title
from digest.rendering.views import (
    TITLE_CHARACTERS,
    fit_title,
    links_of,
    pages_of,
    view_card,
    wrap_why,
)
from digest.rendering.wording import facts_of

from .conftest import read
from .editions import FLASH, HEBREW, ONE, reasons
from .slowly import laid_out


def test_words_from_right_to_left_keep_to_themselves() -> None:
    """A heading that ends in Arabic does not swap with the count behind it (UAX 9)."""
    assert isolate("Soil") == "Soil"
    for text in ("\u062a\u0631\u0628\u0629", "Soil \u062a\u0631\u0628\u0629"):
        assert isolate(text) == f"\u2068{text}\u2069"


def test_what_is_cut_still_keeps_to_itself() -> None:
    """Else a long Hebrew title would have the English one behind it stand before it."""
    words = "\u05e9\u05e4\u05d4 " * 30
    assert (
        cut(isolate(words.strip()), 12) == "\u2068\u05e9\u05e4\u05d4 \u05e9\u05e4\u05d4\u2026\u2069"
    )
    assert cut(isolate("\u05e9\u05e4\u05d4"), 3) == "\u2068\u05e9\u05e4\u05d4\u2069"
    assert (
        cut("\u2068\u05e9\u05e4\u05d4\u2069 and others", 12)
        == "\u2068\u05e9\u05e4\u05d4\u2069 and\u2026"
    )
    assert cut("abc \u2068\u05e9\u05e4\u05d4\u2069", 4) == "abc\u2026"
    card = view_card(Paper(("arxiv:1",), "T", (words, "Ada")), 100)
    assert card.authors.endswith("\u2069, Ada")


def test_a_title_of_control_characters_is_none() -> None:
    """What stands between spaces and is left out leaves one of them, or nothing."""
    assert fit_title("\r\x08\r\x08") == "Untitled"
    assert fit_title("a \u202a\u202c b \x08") == "a b"


def test_a_long_title_ends_at_a_word() -> None:
    """Not behind a comma, and says that it goes on."""
    assert cut("soil, roots and fungi", 8) == "soil…"
    told = fit_title("paper " * 100)
    assert told.endswith(" paper…")
    assert len(told) <= TITLE_CHARACTERS


def test_a_cut_parts_no_sign() -> None:
    """A family stays together, and a letter keeps its marks."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    for limit in range(4, 12):
        assert set(cut(f"ab{family * 2}", limit).removeprefix("ab").split(family)) <= {"", "…"}
    signs = "\u0938\u094d\u0924\u0947" * 3
    for limit in range(3, 8):
        head = cut(signs, limit).removesuffix("…")
        assert signs[len(head)] not in "\u094d\u0947"
    assert cut("\u0301" * 20, 10) == "\u0301…"


def test_authors_that_a_source_has_counted() -> None:
    """ "and 100 more" is no name: 300 authors are three and 297 more."""
    names = [f"Author {number}" for number in range(200)]
    card = view_card(Paper(("arxiv:1",), "T", (*names, "and 100 more")), 100)
    assert card.authors.endswith("Author 2 and 297 more")
    assert card.authors_full.endswith("Author 99 and 200 more")
    card = view_card(Paper(("arxiv:1",), "T", ("Ada", "Bo", "Cy", "and 1 more")), 100)
    assert card.authors == "Ada, Bo, Cy and 1 more"
    assert view_card(Paper(("arxiv:1",), "T", ("\u202e", "Ada", "Bo")), 100).authors == "Ada, Bo"


def test_a_long_name_of_an_author_says_that_it_goes_on() -> None:
    """Groups of authors have whole sentences as their names."""
    group = "Collaborative Group on Hormonal Factors in Breast Cancer and the Million Women Study"
    card = view_card(Paper(("arxiv:1",), "T", (group, "Ada")), 100)
    assert card.authors == f"{group.removesuffix(' Study')}…, Ada"


def test_han_is_as_long_as_latin_on_the_screen() -> None:
    """An abstract of wide characters has half as many of them, and so has a line."""
    assert columns("e\u0301\u571f") == 3
    assert wrap("\u571f" * 50).split("\n") == ["\u571f" * 36, "\u571f" * 14]
    assert wrap("a" * 80 + " \u571f").split("\n") == ["a" * 80, "\u571f"]
    card = view_card(Paper(("arxiv:1",), "T", abstract="\u571f\u58e4\u3002" * 400), 100)
    assert 30 < len(card.abstract) <= 52


def test_sentences_of_wide_characters_are_whole() -> None:
    """Many Japanese papers end them by ．, which also parts a number; quotes close behind them."""
    for sentence in (
        "手法を提案する．精度は３．５倍である．",
        "他们说：“这一方法很好。”",
        "「速い。」",
    ):
        told = cut_at_sentence(sentence * 9, len(sentence * 4) + 3)
        assert told == f"{sentence * 4}\u00a0…"
    assert cut_at_sentence("提案する．" * 2 + "精度３．５倍", 14) == "提案する．" * 2 + "\u00a0…"


def test_a_short_sentence_alone_is_no_abstract() -> None:
    """Where the next one is too long, words of it are shown."""
    for text in ("Soil. " + "many words " * 30, "many words " * 30):
        told = cut_at_sentence(text, 100)
        assert 90 < len(told) <= 100
        assert told.endswith((" many…", " words…"))


def test_no_abstract_ends_at_an_abbreviation() -> None:
    """Or at an initial: what a large letter or a number follows is not always a sentence."""
    whole = "Soil is deep and old."
    names = ("as J. Smith", "as Smith et al. In", "Rana sp. nov. (♂)")
    for short in (*names, "as Fig. 3", "e.g. Rain", "by No. 4"):
        assert (
            cut_at_sentence(f"{whole} It is seen, {short} {'does ' * 9}", 50) == f"{whole}\u00a0…"
        )


def test_where_a_paper_can_be_read() -> None:
    """The link says where it leads; arXiv's has the PDF beside it."""
    paper = Paper(("arxiv:2205.14135", "doi:10.1/x"), "T", url="https://arxiv.org/abs/2205.14135")
    assert [(page.text, page.url) for page in pages_of(paper)] == [
        ("arXiv:2205.14135", "https://arxiv.org/abs/2205.14135"),
        ("PDF", "https://arxiv.org/pdf/2205.14135"),
    ]
    mirror = Paper(paper.ids, "T", url="https://papers.example.org/2205.14135")
    assert [(page.text, page.url) for page in pages_of(mirror)] == [
        ("arXiv:2205.14135", "https://arxiv.org/abs/2205.14135"),
        ("PDF", "https://arxiv.org/pdf/2205.14135"),
        ("papers.example.org", "https://papers.example.org/2205.14135"),
    ]
    [page] = pages_of(Paper(("doi:10.1/x",), "T", url="https://www.nature.com/articles/x"))
    assert (page.text, page.url) == ("nature.com", "https://www.nature.com/articles/x")
    [page] = pages_of(Paper(("guid:1",), "T", url="https://arxiv.org/login"))
    assert (page.text, page.url) == ("arxiv.org", "https://arxiv.org/login")
    [*_, page] = pages_of(Paper(paper.ids, "T", url="https://arxiv.org.example.org/1"))
    assert (page.text, page.url) == ("arxiv.org.example.org", "https://arxiv.org.example.org/1")
    assert not list(pages_of(Paper(("hash:1",), "T")))


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("http://example.org/1?a=1&b=2#c", "http://example.org/1?a=1&b=2#c"),
        (" https://example.org/\x00a\u202eb\n", "https://example.org/ab"),
        (
            "https://example.org/ \"'<>\\^`{|}",
            "https://example.org/" + "%20%22%27%3C%3E%5C%5E%60%7B%7C%7D",
        ),
        ("ftp://example.org/1", ""),
        ("https:///1", ""),
        ("http://[", ""),
    ],
)
def test_what_becomes_a_link(url: str, link: str) -> None:
    """Of the web alone, and nothing in it ends an attribute of HTML."""
    assert web_url(url) == link


def test_where_a_paper_appeared() -> None:
    """Else where it was read; a replaced one says what it is, not which version the day is of."""
    first = datetime(2026, 11, 20, tzinfo=UTC)
    paper = Paper(("guid:1",), "T", published=first, sources=("A feed", "Other"))
    assert view_card(paper, 100).place == "A feed · 20 November 2026"
    paper = replace(paper, venue="Nature", announced="replace-cross", categories=tuple("abcd"))
    assert view_card(paper, 100).place == "Nature · 20 November 2026, updated · a, b, c"
    assert view_card(replace(paper, published=None), 100).place == "Nature · updated · a, b, c"
    assert view_card(Paper(("guid:1",), "T"), 100).place == ""
    assert view_card(Paper(("guid:1",), "\u05e9\u05e4\u05d4"), 100).place == ""


def test_one_is_not_several() -> None:
    """A young repository has one star, not "1 stars"."""
    code, project = "https://example.org/code", "https://example.org/project"
    young = Signals(1, github_stars=1, citations=1, code_url=code, project_url=project)
    assert [(link.text, link.url) for link in links_of(young)] == [
        ("1 upvote on Hugging Face", ""),
        ("1 citation", ""),
        ("Code, 1 star", code),
        ("Project page", project),
    ]


def test_the_first_letter_says_which_way_a_text_runs() -> None:
    """No digit or quote before it does (UAX 9), nor a word of the other direction behind it."""
    word = "\u05e9\u05e4\u05d4"
    texts = (word, f"3 {word}", f"\u201c{word}\u201d", f"On {word}", f"\u00e9 {word}", "\u00b1 3")
    assert list(map(direction, texts)) == ["rtl"] * 3 + ["ltr"] * 3


def test_an_abstract_runs_its_own_way() -> None:
    """An English one below a Hebrew title keeps its full stop at its end, and the other way."""
    hebrew, english = "\u05e9\u05e4\u05d4 (2).", "Language (2)."
    card = view_card(Paper(("guid:1",), hebrew, (), english), 100)
    assert (card.dir, card.side) == ("rtl", "right")
    assert (card.abstract_dir, card.abstract_side) == ("ltr", "left")
    card = view_card(Paper(("guid:1",), english, (), hebrew), 100)
    assert (card.abstract_dir, card.abstract_side) == ("rtl", "right")


def test_latin_names_in_lines_from_right_to_left_keep_their_stops() -> None:
    """Else "Smith J." and "J. Phys." have their full stops before them."""
    paper = Paper(("guid:1",), "\u05e9\u05e4\u05d4", ("Smith J.",), venue="J. Phys.")
    card = view_card(paper, 100)
    assert card.authors == "\u2068Smith J.\u2069"
    assert card.place == "\u2068J. Phys.\u2069"


def test_dates_keep_their_order_in_lines_from_right_to_left() -> None:
    """A day's number stays before its month in a Hebrew paper's line (UAX 9)."""
    assert view_card(HEBREW, 100).place.endswith(" · \u206620 November 2026\u2069")
    assert view_card(FLASH, 100).place == "arXiv · 20 November 2026 · cs.LG"


def test_no_line_ends_with_an_opening_bracket() -> None:
    """What is written without spaces may part before a bracket or quote, not behind it."""
    for text in (
        "激酶（kinase）是重要的酶。",
        "キナーゼです。「阻害剤」を発見した。",
        "我们“模型”",
    ):
        for width in range(8, 30):
            lines = wrap(text * 9, width).split("\n")
            assert "".join(lines) == text * 9
            assert not any(line.endswith(("（", "「", "“")) for line in lines)
            assert max(map(columns, lines)) <= max(width, columns("（kinase）"))


def test_a_long_heading_is_wrapped_in_the_text_part(press: Press) -> None:
    """An interest that has a description alone is called by its first 80 characters."""
    title = "How soils keep their carbon when the roots of trees are cut and fungi starve…"
    [section] = ONE.sections
    text = read(press.compose(replace(ONE, sections=(replace(section, title=title),))).message)[2]
    assert "and fungi\nstarve… (1 paper)\n---" in text


def test_a_long_reason_is_wrapped_in_the_text_part(press: Press) -> None:
    """Its further lines begin below the first one's words, behind "Why: "."""
    [section] = ONE.sections
    pick = section.picks[0]._replace(
        reasons=reasons("matches “protein folding”", "by " + "Ada " * 16)
    )
    text = read(press.compose(replace(ONE, sections=(replace(section, picks=(pick,)),))).message)[2]
    told = text[text.index("Why: ") :].partition("\n\n")[0].split("\n")
    assert told == [
        "Why: matches “protein folding”; by Ada Ada Ada Ada Ada Ada Ada Ada Ada",
        "     Ada Ada Ada Ada Ada Ada Ada.",
    ]
    assert max(map(len, told)) <= TEXT_COLUMNS
    assert wrap_why("why " * 16 + "not") == "why " * 16 + "not"
    assert wrap_why("why " * 16 + "then") == "why " * 15 + "why\n     then"


def test_what_a_reader_asked_for_is_told_in_short() -> None:
    """Of thirty topics eight are named, and of a long one, or of a name, the first words."""
    asked = (Pick(FLASH, "asked", 1.0),)
    sections = tuple(Section(f"Topic {n}: " + "many words " * 9, asked) for n in range(30))
    edition = replace(ONE, name="Ada " * 30, sections=sections)
    facts = facts_of(edition, laid_out(edition), archive=True)
    assert [topic.partition(":")[0] for topic in facts.topics] == [f"Topic {n}" for n in range(8)]
    for told in (facts.name, *facts.topics):
        assert 50 < len(told) <= 60
        assert told.endswith("…")
    heading = short_title(sections[0].title * 2)
    assert 110 < len(heading) <= 120
    assert heading.endswith("…")


def test_an_abstract_without_room_is_left_out() -> None:
    """As in the longest letters, whose papers are more than fit with their abstracts."""
    assert view_card(FLASH, 0).abstract == ""


def test_what_a_paper_lacks_leaves_no_gap(press: Press) -> None:
    """No empty paragraph nor line stands for authors, abstract, reason or links."""
    bare = Pick(Paper(("guid:1",), "A title alone", venue="Nature"), "", 1.0)
    edition = replace(ONE, sections=(Section("Soil", (bare,)),))
    _, html, text = read(press.compose(edition).message)
    assert not re.search(r"<p[^>]*>(<br>|</p>)", html)
    assert "A title alone</h3>" in html
    assert f"(1 paper)\n{'-' * 72}\n\n\nA title alone\n    Nature\n\n\n{'-' * 72}" in text
