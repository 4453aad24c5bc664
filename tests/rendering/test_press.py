"""What a letter is made of, and that the fast way makes the same letter as the slow one."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.models import Edition, Pick, Plate, Section
from digest.rendering.filters import number, plural
from digest.rendering.identity import UNSUBSCRIBE, make_token
from digest.rendering.layout import HTML_BUDGET_BYTES, shortened
from digest.rendering.lint import lint_templates
from digest.rendering.press import Press
from digest.rendering.templates import LETTER_MJML, compile_mjml, read_mjml, render, render_blocks
from digest.rendering.views import SENTENCES, say_reasons
from digest.rendering.wording import facts_of, told_of

from .conftest import SECRET, TEMPLATES, read, site
from .editions import CHINESE_ONLY, DAILY, EDITIONS, EMPTY, FLASH, ONE, long_edition
from .slowly import html_values, laid_out, text_values

NAMES = {"nameless": replace(ONE, name=""), "two lines": replace(ONE, name="Ada\nB.")}
ALL = {**EDITIONS, **NAMES, "chinese": CHINESE_ONLY}


@pytest.mark.parametrize("name", ALL)
def test_fast_letters_are_the_slow_ones(press: Press, name: str) -> None:
    """Joining cards gives what filling the whole template gives."""
    edition = ALL[name]
    _, html, text = read(press.compose(edition).message)
    for layout in shortened(laid_out(edition)):
        slow = render(press.templates.html.template, html_values(press, edition, layout))
        if len(slow.encode()) <= HTML_BUDGET_BYTES:
            break
    assert html.rstrip("\n") == slow.rstrip("\n")
    slow_text = render(press.templates.text.template, text_values(press, edition, layout))
    assert text.rstrip("\n") == slow_text.rstrip("\n")


@pytest.mark.parametrize("name", ALL)
def test_sentences_filled_last_are_those_filled_at_once(press: Press, name: str) -> None:
    """Names and titles put into a sentence afterwards give what Jinja makes of them."""
    edition = ALL[name]
    facts = facts_of(edition, laid_out(edition), archive=True)
    values = {**press.templates.words.globals, "site": press.site, "facts": facts}
    slow = render_blocks(press.templates.words, SENTENCES, values)
    spoken = press.wording.say_all(SENTENCES, facts)
    told = told_of(facts)
    others = spoken.to_others(told)
    said = [" ".join(text.split()) for text in slow]
    assert list((spoken.whole | spoken.filled(told)).values()) == said
    assert list((others.whole | others.filled(told[:2])).values()) == said


def test_sentences_may_all_be_without_holes(press: Press) -> None:
    """An operator's words need not speak of the reader at all."""
    facts = facts_of(DAILY, laid_out(DAILY), archive=True)
    spoken = press.wording.say_all(("date", "welcome"), facts)
    assert spoken.whole == {"date": "Monday, 23 November 2026", "welcome": ""}
    assert spoken.filled(told_of(facts)) == {}


@pytest.mark.parametrize("name", ["daily", "empty", "catch-up", "welcome", "fifty"])
def test_compiling_first_is_compiling_last(press: Press, name: str) -> None:
    """jinja(mjml(template)) is mjml(jinja(template)), so that MJML may be compiled once.

    Not for right-to-left titles: compiled last, MJML spells their isolates as \\u{2068}.
    """
    source = press.templates.words.environment.from_string(read_mjml([TEMPLATES], LETTER_MJML))
    values = html_values(press, EDITIONS[name], laid_out(EDITIONS[name]))
    compiled_last = compile_mjml(render(source, values))
    assert render(press.templates.html.template, values) == compiled_last


def test_the_same_edition_gives_the_same_bytes(press: Press) -> None:
    """A retry sends what the first attempt sent, whatever was composed in between."""
    again = Press(site(), folders=[TEMPLATES], secret=SECRET)
    again.compose(long_edition(12))
    assert again.compose(DAILY).message == press.compose(DAILY).message


def test_papers_set_for_one_reader_serve_others_under_their_own_headings(press: Press) -> None:
    """The same picks, called otherwise or as what is trending, whose abstracts are shorter."""
    picks = DAILY.sections[0].picks
    others = (
        replace(DAILY, sections=(Section("Called otherwise", picks),), trending=()),
        replace(DAILY, sections=(), trending=picks),
        replace(DAILY, sections=(Section("Fewer", picks[:1]),), trending=()),
    )
    press.compose(DAILY)
    for edition in others:
        alone = Press(site(), folders=[TEMPLATES], secret=SECRET).compose(edition)
        assert press.compose(edition) == alone


def test_readers_who_are_told_the_same_get_what_each_would_alone(press: Press) -> None:
    """Whoever is first, with a name or without, on another day, in a letter that is too long."""
    for about in (DAILY, long_edition(60)):
        readers = [
            replace(about, email=email, name=name, id=f"k{number}", considered=considered)
            for number, (email, name, considered) in enumerate(
                [
                    ("ada@example.org", "Ada", 512),
                    ("b@example.org", "", 512),
                    ("c&d@example.org", "C < D", 512),
                    ("ada@example.org", "Ada", 511),
                ]
            )
        ]
        for edition in readers * 3:
            alone = Press(site(), folders=[TEMPLATES], secret=SECRET).compose(edition)
            assert press.compose(edition).message == alone.message


def test_pieces_of_readers_who_ask_alike_are_the_same_objects() -> None:
    """From the third letter on: what is kept for others is made with the second."""
    press = Press(site(), folders=[TEMPLATES], secret=SECRET)
    letters = [press.compose(replace(DAILY, email=f"u{n}@example.org")) for n in range(4)]
    plates = [[piece for piece in one.pieces if type(piece) is Plate] for one in letters]
    assert not plates[0]
    assert sum(map(len, plates[3])) > len(letters[3].message) / 2
    assert list(map(id, plates[2])) == list(map(id, plates[3]))


def test_layouts_that_are_too_long_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long letter, only what goes out is set for others, and kept: whoever they are."""
    press = Press(site(), folders=[TEMPLATES], secret=SECRET)
    about = long_edition(60)
    letters = [press.compose(replace(about, email=f"u{n}@example.org")) for n in range(3)]
    matter = press._matter(about.sections, about.trending, about.reports)
    [skipped] = matter.too_long.values()
    assert skipped > 0
    assert [number for number, _kind in matter.settings] == [skipped]
    monkeypatch.setattr(press, "_set", None)
    again = press.compose(replace(about, email="u2@example.org"))
    assert again.message == letters[2].message
    other = replace(about, id="k1", email="b@example.org", name="Bo", timezone="UTC")
    assert press.compose(replace(other, made_at=other.made_at + timedelta(1))).subject


@pytest.mark.parametrize("printed", [False, True])
def test_a_long_name_shortens_nobody_elses_letter(tmp_path: Path, printed: bool) -> None:
    """What fits is found for each, whether a text that speaks of its reader is filled in last or,
    by an operator's words, printed with what others share."""
    words = (TEMPLATES / "words.txt").read_text("utf-8")
    if printed:
        words = words.replace("{% block date %}", "{% block date %}" + "{{ facts.name }} " * 40)
    (tmp_path / "words.txt").write_text(words)
    about = long_edition(12)
    readers = [
        replace(about, name=name, email=f"{name.lower()}@example.org")
        for name in ("L" * 60, "Al", "Bo", "L" * 60, "Cy")
    ]

    def new(budget: int) -> Press:
        return Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET, html_budget=budget)

    room = len(read(new(HTML_BUDGET_BYTES).compose(readers[1]).message)[1].encode())
    for budget in (room, room - 1, room - 2_000):  # of the last two nobody's is whole
        press = new(budget)
        letters = {reader.name: new(budget).compose(reader).message for reader in readers}
        sizes = {name: len(read(message)[1].encode()) for name, message in letters.items()}
        assert (sizes["Al"] == room > sizes["L" * 60]) is (budget == room)
        assert [press.compose(one).message for one in readers] == [
            letters[one.name] for one in readers
        ]


def test_without_pages_each_reader_has_a_way_out_of_their_own() -> None:
    """What is kept for others holds nobody's token."""
    press = Press(site(base_url=""), folders=[TEMPLATES], secret=SECRET)
    for edition in [replace(DAILY, email=f"u{n}@example.org") for n in range(4)]:
        token = make_token(UNSUBSCRIBE, edition.email, secret=SECRET)
        for part in read(press.compose(edition).message)[1:]:
            assert re.findall(r"subject=unsubscribe%20([^\s\"]+)", part) == [token]


def test_what_is_kept_for_others_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past so many bytes all of it is forgotten, and letters stay what they are."""
    monkeypatch.setattr("digest.rendering.press.KEPT_BYTES", 1)
    monkeypatch.setattr("digest.rendering.typesetting.PLATES_BYTES", 1)
    monkeypatch.setattr("digest.rendering.wording.SPOKEN_KEPT", 1)
    press = Press(site(), folders=[TEMPLATES], secret=SECRET)
    matter = press._matter
    letters = {press.compose(DAILY).message for _ in range(6)}
    assert len(letters) == 1
    press.compose(EMPTY)
    assert press._matter is not matter
    assert press._kept_bytes == 0
    assert sum(row.on_plates for row in press._typesetter._rows.values()) < 3  # all of DAILY's
    assert len(press.wording._spoken) == 1


def test_what_is_kept_of_papers_is_bounded(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past so many rows, reasons or cards all are forgotten, and letters stay what they are."""
    for name in ("ROWS_KEPT", "WHYS_KEPT", "CARDS_KEPT"):
        monkeypatch.setattr(f"digest.rendering.typesetting.{name}", 1)
    small = Press(site(), folders=[TEMPLATES], secret=SECRET)
    assert small.compose(DAILY).message == press.compose(DAILY).message
    kept = small._typesetter
    assert len(kept._rows) == len(kept._whys) == len(kept._met) == 1


def test_any_sentence_may_speak_of_its_reader(tmp_path: Path) -> None:
    """Also one that most installations print for all readers alike."""
    words = (TEMPLATES / "words.txt").read_text("utf-8")
    own = words.replace("{% block date %}", "{% block date %}{{ facts.email|cut(12) }}, ")
    (tmp_path / "words.txt").write_text(own)
    press = Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET)
    for name in ("ann", "bartholomew") * 3:
        text = read(press.compose(replace(DAILY, email=f"{name}@example.org")).message)[2]
        assert f"{'ann@example…' if name == 'ann' else 'bartholomew…'}, Monday, 23" in text


@pytest.mark.parametrize("papers", [1, 10, 50, 120])
def test_the_foot_of_a_letter_always_fits(press: Press, papers: int) -> None:
    """Under 90,000 bytes of HTML with any number of papers, the unsubscribe link within."""
    _, html, text = read(press.compose(long_edition(papers)).message)
    assert len(html.encode()) < 90_000
    assert "Unsubscribe</a>" in html
    assert html.rstrip().endswith("</html>")
    shown = html.count("<h3")
    assert 1 <= shown <= papers
    assert text.count("https://arxiv.org/abs/") + text.count("https://doi.org/") == shown
    assert ("did not fit" in html) == ("did not fit" in text) == (shown < papers)
    assert f"{number(shown)} {plural('paper', shown)} for you" in html


def test_abstracts_are_shortened_before_papers_are_dropped() -> None:
    """The first thing that a long letter gives up is the length of its abstracts."""
    layouts = list(shortened(laid_out(long_edition(3))))
    assert [(layout.step, len(layout.picks)) for layout in layouts] == [
        (0, 3), (1, 3), (2, 3), (3, 3), (4, 3), (4, 2), (4, 1),
    ]  # fmt: skip


def test_html_and_text_have_the_same_papers_in_the_same_order(press: Press) -> None:
    """Whoever reads the text part misses nothing."""
    _, html, text = read(press.compose(DAILY).message)
    for part in (html, " ".join(text.split())):
        part = part[part.index("Long context") :] if part is not html else part
        places = [part.rindex(pick.paper.title) for pick in DAILY.picks]
        assert places == sorted(places)


def test_the_text_part_has_all_authors_and_urls_alone_on_their_lines(press: Press) -> None:
    """The HTML names three authors, the text all of them."""
    _, html, text = read(press.compose(DAILY).message)
    assert "and 9 more" in html
    assert "Douwe Kiela" not in html
    assert "Douwe Kiela" in text
    assert f"\n{FLASH.url}\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_operators_templates_are_looked_in_first(tmp_path: Path) -> None:
    """One changed file in the operator's folder changes the letter, the others stay shipped."""
    (tmp_path / "section.mjml").write_text("<mj-text><h2>§ {{ section.title }}</h2></mj-text>")
    (tmp_path / "theme.toml").write_text('[light]\naccent = "#123456"\n')
    own = Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET)
    html = read(own.compose(DAILY).message)[1]
    assert "§ Long context" in html
    assert "#123456" in html
    assert "#fffdf8" in html


def words_with(expression: str) -> str:
    """Return the shipped sentences with another greeting."""
    shipped = (TEMPLATES / "words.txt").read_text("utf-8")
    before, _, after = shipped.partition("{% block greeting %}")
    return f"{before}{{% block greeting %}}{expression}{after}"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("card.mjml", "<mj-text>{{ card.titel }}</mj-text>", "titel"),
        ("card.mjml", "<mj-text>{% if %}</mj-text>", "Expected an expression"),
        ("card.mjml", "<mj-txet>{{ card.title }}</mj-txet>", "no element of MJML"),
        ("card.mjml", "<mj-text>{{ 1 / 0 }}</mj-text>", "ZeroDivisionError"),
        ("card.mjml", "<mj-text>{{ card.why|upper }}</mj-text>", "filter"),
        ("card.mjml", '<mj-include path="nowhere.mjml" />', "'nowhere.mjml' is in none"),
        ("masthead.mjml", '<mj-include path="masthead.mjml" />', "includes itself"),
        ("letter.txt", '{{ "%q"|format(1) }}', "ValueError"),
        ("letter.txt", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "RecursionError"),
        ("letter.mjml", "<mjml><mj-body></mjml>", "no MJML"),
        ("theme.toml", '[light]\nacent = "#123456"\n', "acent"),
        ("theme.toml", '[light]\naccent = "bluish"\n', "no colour"),
        ("theme.toml", "[type]\nbody = 16\n", "no size"),
        ("words.txt", "{% block subject %}{{ facts.datum }}{% endblock %}", "no block"),
        ("words.txt", words_with("{{ facts.name|upper }}"), "filter"),
        ("words.txt", words_with("{{ facts.topics[0]|title }}"), "filter"),
        ("words.txt", words_with("{{ facts.email|length }}"), "printed"),
        ("masthead.mjml", "<mj-text>{{ letter.greeting|upper }}</mj-text>", "filter"),
        ("masthead.mjml", "<mj-text>{{ letter.greeting|lower }}</mj-text>", "filter"),
        ("masthead.mjml", "<mj-text>{{ letter.greeting|cut(9) }}</mj-text>", "filter"),
        (
            "masthead.mjml",
            "<mj-text>{% if letter.greeting == 'x' %}{% endif %}</mj-text>",
            "printed",
        ),
    ],
)
def test_a_broken_template_is_a_template_error(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    """What an operator spelt wrong is said by name, never sent."""
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(TemplateError, match=said) as raised:
        Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET).compose(DAILY)
    # Where a part was joined into the letter before the fault showed, that is said instead.
    assert raised.value.name in (str(path), "letter.mjml as HTML")
    assert raised.value.name == str(path) or path.suffix == ".mjml"


def test_what_letters_share_may_go_through_filters(tmp_path: Path) -> None:
    """The date and other texts of the day are ordinary texts to a template."""
    (tmp_path / "masthead.mjml").write_text("<mj-text>{{ letter.date|upper }}</mj-text>")
    press = Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET)
    assert "MONDAY, 23 NOVEMBER 2026" in read(press.compose(DAILY).message)[1]


def test_missing_sources_are_told(press: Press) -> None:
    """A letter says when a source was missing."""
    _, html, text = read(press.compose(DAILY).message)
    assert "bioRxiv could not be read" in html
    assert "bioRxiv could not be read" in text


def test_subjects_tell_the_best_two_titles_and_differ(press: Press) -> None:
    """A subject names what is inside or the day."""
    subjects = {name: press.compose(edition).subject for name, edition in EDITIONS.items()}
    assert subjects["daily"].startswith("FlashAttention: Fast")
    assert "Longformer" in subjects["daily"]
    assert subjects["empty"] == "Nothing new for you on Monday, 23 November 2026"
    assert subjects["one"] == ONE.sections[0].picks[0].paper.title
    assert len({subjects[name] for name in ("daily", "empty", "welcome", "catch-up", "one")}) == 5


def test_reasons_that_begin_alike_become_one() -> None:
    """Two keywords are one sentence, in the place of the first."""
    texts = ("by Ada, whom you follow", "matches “a”", "matches “b”", "in gr-qc")
    assert say_reasons(texts) == "by Ada, whom you follow; matches “a” and “b”; in gr-qc."
    assert say_reasons(texts[:2]) == "by Ada, whom you follow; matches “a”."
    assert say_reasons(()) == ""


def test_a_paper_without_url_or_authors_or_date_is_still_a_card(press: Press) -> None:
    """Missing facts leave no empty line, no dead link, no None."""
    bare = replace(FLASH, url="", authors=(), published=None, venue="", sources=(), categories=())
    edition: Edition = replace(ONE, sections=(Section("", (Pick(bare, "", 1.0),)),))
    _, html, text = read(press.compose(edition).message)
    assert "None" not in html + text
    assert 'href=""' not in html
    assert "More for you" in html


def test_scripts_in_links_are_not_links(press: Press) -> None:
    """Only http and https become links, whatever a feed says."""
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "http://[",
        "ftp://a/b",
    ):
        edition = replace(ONE, sections=(Section("", (Pick(replace(FLASH, url=url), "", 1.0),)),))
        assert url not in read(press.compose(edition).message)[1]


@pytest.mark.parametrize(
    "name", ["masthead.mjml", "letter.mjml", "letter.txt", "words.txt", "theme.toml"]
)
def test_a_template_that_is_no_text(tmp_path: Path, name: str) -> None:
    """An editor's old encoding is said with the file, whichever it is."""
    (tmp_path / name).write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(TemplateError) as raised:
        Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET).compose(DAILY)
    assert raised.value.name == str(tmp_path / name)
    assert [str(found.path) for found in lint_templates([tmp_path, TEMPLATES])] == [
        str(tmp_path / name)
    ]


def test_what_a_template_includes_is_blamed_itself(tmp_path: Path) -> None:
    """Jinja's includes have lines of their own."""
    (tmp_path / "letter.txt").write_text('one\n\n{% include "sig.txt" %}')
    (tmp_path / "sig.txt").write_text("{% if %}")
    with pytest.raises(TemplateError, match=r"sig\.txt:1: Expected an expression"):
        Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET).compose(DAILY)
