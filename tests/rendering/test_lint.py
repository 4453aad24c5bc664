"""What the template lint finds, and where."""

from pathlib import Path

import pytest

from digest.rendering.checks import opened
from digest.rendering.lint import lint_templates
from digest.rendering.lint_theme import contrast
from digest.rendering.press import Press
from digest.rendering.stencil import CHANGED, MISUSED
from digest.rendering.templates import LETTER_MJML, read_mjml
from digest.rendering.views import SENTENCES

from .conftest import SECRET, TEMPLATES, site
from .editions import DAILY

CARD = (TEMPLATES / "card.mjml").read_text("utf-8")


def lint(folder: Path, name: str, content: str) -> list[str]:
    """Lint with one file of the operator's own."""
    (folder / name).write_text(content)
    problems = lint_templates([folder, TEMPLATES])
    return [str(problem).removeprefix(f"{folder}/") for problem in problems]


def test_the_shipped_templates_are_clean() -> None:
    """Nothing to say about what we ship."""
    assert lint_templates([TEMPLATES]) == []


def test_every_sentence_is_read_in_both_parts(press: Press) -> None:
    """A sentence of words.txt that LetterView does not name, or a part forgets, is never said."""
    headings = {"untitled", "trending_title", "trending_note"}
    blocks = set(press.templates.words.blocks)
    assert blocks == {*SENTENCES, *headings}, "words.txt and LetterView (views.py) name the same"
    html, text = read_mjml([TEMPLATES], LETTER_MJML), (TEMPLATES / "letter.txt").read_text("utf-8")
    for name in set(SENTENCES) - {"subject", "preheader"}:  # which stand above the letter
        parts = {"letter.mjml": html, "letter.txt": text}
        unsaid = [file for file, part in parts.items() if f"letter.{name} " not in part]
        assert not unsaid, f"{name} is not read in {unsaid}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "<mj-text>\n  {{ card.titel }}</mj-text>",
            "card.mjml:2:1: 'card.titel' does not exist; did you mean 'title'?",
        ),
        (
            "<mj-text>{{ crad.title }}</mj-text>",
            "card.mjml:1:1: 'crad' does not exist; did you mean 'card'?",
        ),
        (
            "<mj-text>{{ theme.light.inc }}</mj-text>",
            "card.mjml:1:1: 'theme.light.inc' does not exist; did you mean 'ink'?",
        ),
        (
            "<mj-text>{{ card.title|uper }}</mj-text>",
            "card.mjml:1:1: 'uper' does not exist; did you mean 'upper'?",
        ),
        (
            "<mj-txt>{{ card.title }}</mj-txt>",
            "card.mjml:1:1: <mj-txt> is no element of MJML; did you mean 'mj-text'?",
        ),
        (
            '<mj-text>\n</mj-text>\n  <mj-text colour="red">x</mj-text>',
            "card.mjml:3:3: <mj-text> has no attribute 'colour'; did you mean 'color'?",
        ),
        (
            '<mj-text><img src="cid:1" width="1" height="1"></mj-text>',
            'card.mjml:1:10: <img> has no alt; say what the picture shows, or alt=""',
        ),
        (
            '<mj-image alt="" src="https://tracker.example/pixel.gif" />',
            "card.mjml:1:1: https://tracker.example/pixel.gif is on another host; letters load "
            "nothing",
        ),
        (
            '<mj-font name="X" href="https://fonts.example/x" />',
            "card.mjml:1:1: <mj-font>: nothing remote belongs into a letter; name fonts that "
            "readers have in theme.toml",
        ),
        (
            "<mj-raw><!--[if mso]><p>x</p></mj-raw>",
            "card.mjml:1:9: a comment for Outlook does not end",
        ),
        (
            "<mj-raw><!-- {% if card.url %} --></mj-raw><mj-raw>{% endif %}</mj-raw>",
            "card.mjml:1:9: Jinja inside a comment is compiled as if the comment were not there",
        ),
        (
            '<mj-image alt="" src="cid:1" width="{{ theme.logo.width }}" />',
            "card.mjml:1:1: width of <mj-image> must be a number; a template value is ignored",
        ),
        (
            "<mj-text>\n\n{% if card.url %}</mj-text>",
            "card.mjml:3:1: Unexpected end of template. Jinja was looking for the following tags: "
            "'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
        ),
    ],
)
def test_mistakes_are_found_with_file_and_line(tmp_path: Path, content: str, said: str) -> None:
    """Each mistake is one sentence with its place."""
    assert said in lint(tmp_path, "card.mjml", content)


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("card.mjml", "{{ card.why }}", "{{ card.why|upper }}", CHANGED),
        ("masthead.mjml", "{{ letter.greeting }}", "{{ letter.greeting|cut(9) }}", CHANGED),
        ("words.txt", "{{ facts.email }}", "{{ facts.email|upper }}", CHANGED),
        ("words.txt", "{{ facts.email }}", "{{ facts.email|length }}", CHANGED),
        ("words.txt", "{{ facts.email }}", "{{ facts.email == 'x' }}", MISUSED),
    ],
)
def test_what_differs_from_letter_to_letter_is_only_printed(
    tmp_path: Path, name: str, before: str, after: str, said: str
) -> None:
    """Where more is asked of it, the line is named; what asks nothing of it is no mistake."""
    shipped = (TEMPLATES / name).read_text("utf-8")
    start, found, _ = shipped.partition(before)
    assert found
    line = start.count("\n") + 1
    harmless = shipped.replace(before, before.replace(" }}", "|trim }}"), 1)
    assert lint(tmp_path, name, harmless) == []
    both = shipped.replace(before, after, 1) + "{# {{ facts.name|trim }} #}"
    assert lint(tmp_path, name, both) == [f"{name}:{line}:1: {said}"]


@pytest.mark.parametrize(
    ("before", "after", "place", "said"),
    [
        (">{{ card.title }}</a>", ">{{ card.title }}", "2:", "<a> does not end before </h3>"),
        ("</mj-text>", "", "1:1", "<mj-text> does not end"),
        ("</mj-text>", "</mj-text></div>", "7:1", "</div> ends nothing"),
        ("if card.pages", "if card.pages|length < 3", "6:", "a `<` within Jinja begins a tag"),
    ],
)
def test_what_mjml_cannot_part_is_found(
    tmp_path: Path, before: str, after: str, place: str, said: str
) -> None:
    """It tells neither file nor line, and the shipped letter.mjml was named instead."""
    [problem] = lint(tmp_path, "card.mjml", CARD.replace(before, after, 1))
    assert problem.startswith(f"card.mjml:{place}")
    assert said in problem


def test_what_mjml_finds_out_of_place_is_named(tmp_path: Path) -> None:
    """Not by its position in all files together, which nobody has before them."""
    head = (TEMPLATES / "head.mjml").read_text("utf-8")
    [problem] = lint(tmp_path, "head.mjml", f"{head}<mj-text>·</mj-text>")
    assert problem.endswith("letter.mjml: is no MJML: unexpected element: 'mj-text'")


@pytest.mark.parametrize("end", ["'/>", "'></mj-include>"])
def test_an_include_may_be_written_otherwise(tmp_path: Path, end: str) -> None:
    """XML has several ways of saying the same."""
    letter = (TEMPLATES / "letter.mjml").read_text("utf-8")
    other = letter.replace('path="card.mjml" />', f"path='./card.mjml{end}")
    assert lint(tmp_path, "letter.mjml", other) == []


@pytest.mark.parametrize(
    ("name", "before", "more"),
    [
        ("letter.txt", "{% block card scoped %}", "* * *"),
        ("letter.txt", "{% block card scoped %}", "{{ loop.index }}"),
        ("letter.mjml", "{% endfor %}{% endfor %}", "</mj-raw><mj-divider /><mj-raw>"),
        ("letter.mjml", "{% endfor %}{% endfor %}", "{% if not loop.last %}<hr>{% endif %}"),
    ],
)
def test_what_stands_between_papers_and_in_no_letter_is_found(
    tmp_path: Path, name: str, before: str, more: str
) -> None:
    """Letters are joined of the blocks of their papers; what is between those was lost silently."""
    start, found, end = (TEMPLATES / name).read_text("utf-8").partition(before)
    line = start.count("\n") + 1
    [problem] = lint(tmp_path, name, start + more + found + end)
    assert problem.startswith(f"{name}:{line}:1: never stands in a letter")


def test_a_block_that_stands_twice_is_found(tmp_path: Path) -> None:
    """Jinja parses it, and refuses it later; it was a crash of `digest check`."""
    shipped = (TEMPLATES / "words.txt").read_text("utf-8")
    line = shipped.count("\n") + 1
    said = lint(tmp_path, "words.txt", shipped + "{% block date %}{% endblock %}")
    assert said == [f"words.txt:{line}:1: block 'date' defined twice"]


def test_a_misspelt_file_name_is_found(tmp_path: Path) -> None:
    """A template that nothing includes would change nothing."""
    assert lint(tmp_path, "cards.mjml", CARD) == [
        "cards.mjml: no template includes this file; did you mean 'card.mjml'?"
    ]


def test_the_mark_that_some_editors_begin_a_file_with_is_no_text(tmp_path: Path) -> None:
    """Windows' own writes it; it ended in letters, or in errors of MJML and TOML."""
    for path in TEMPLATES.iterdir():
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8-sig")
    assert lint_templates([tmp_path, TEMPLATES]) == []
    letter = opened(Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET).compose(DAILY))
    assert "\ufeff" not in letter.html + letter.text


def test_pale_text_is_found(tmp_path: Path) -> None:
    """Text needs a contrast of 4.5 in light and in dark."""
    said = lint(tmp_path, "theme.toml", '[light]\nsoft = "#cccccc"\n')
    assert said == ["theme.toml:2:1: [light] soft on paper has a contrast of 1.6; 4.5 is needed"]
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    said = lint(tmp_path, "theme.toml", '[dark]\nink = "white"\n')
    assert said == ["theme.toml:2:1: [dark] ink: 'white' is no colour like #a33a1c"]


@pytest.mark.parametrize(
    ("theme", "said"),
    [
        ("[type]\nbody = 16", "2:1: [type] body: '16' is no size like 16px"),
        ("[type]\nbody = '1em'", "2:1: [type] body: '1em' is no size like 16px"),
        ("[type]\nbody = '100%'", "2:1: [type] body: '100%' is no size like 16px"),
        ("[space]\ngap = '2em'", "2:1: [space] gap: '2em' is no size like 16px"),
        ("[space]\n\nmargin = 'wide'", "3:1: [space] margin: 'wide' is no size like 16px"),
        (
            "[logo]\nurl = 'logo.png'",
            "2:1: [logo] url: 'logo.png' is no address like https://example.org/logo.png",
        ),
        ("[logo]\nwidth = '48px'", "2:1: [logo] width: '48px' is no whole number of pixels"),
    ],
)
def test_what_programs_would_leave_out_is_found(tmp_path: Path, theme: str, said: str) -> None:
    """No unit or a share of nothing makes no size, and a letter has no file beside it."""
    assert lint(tmp_path, "theme.toml", theme) == [f"theme.toml:{said}"]


def test_sizes_that_are_seen_are_taken(tmp_path: Path) -> None:
    """A share of the body's size is one, and so is one of the reader's own."""
    theme = "[type]\nbody = '1rem'\ntitle = '1.3em'\nsmall = '80%'\n[space]\nmargin = '5%'\n"
    assert lint(tmp_path, "theme.toml", theme) == []


def test_a_dark_paper_under_dark_text_is_found(tmp_path: Path) -> None:
    """Where only the paper is the operator's own, its line is named."""
    said = lint(tmp_path, "theme.toml", '# mine\n [ light ]\npaper = "#444444"\n')
    assert said[0] == "theme.toml:3:1: [light] ink on paper has a contrast of 1.7; 4.5 is needed"


def test_a_letter_that_cannot_lose_its_weight_is_found(tmp_path: Path) -> None:
    """What stands around the papers must leave room for them."""
    said = lint(tmp_path, "section.mjml", f"<mj-text><h2>{'heavy ' * 20_000}</h2></mj-text>")
    assert any("Gmail clips it" in line for line in said)
    assert len(said) == len(set(said))
    said = lint(tmp_path, "section.mjml", "<mj-text><h4>{{ section.title }}</h4></mj-text>")
    assert any("<h4> follows <h1>" in line for line in said)


@pytest.mark.parametrize(
    "content",
    [
        "{% if card.why %}{% set w = card.title %}<mj-text>{{ w }}</mj-text>{% endif %}",
        "{% for link in [{'u': 'x'}] %}<mj-text>{{ link.u }}</mj-text>{% endfor %}",
        "{% macro f(card) %}{{ card.x }}{% endmacro %}<mj-text>{{ f({'x': 1}) }}</mj-text>",
    ],
)
def test_names_that_a_template_gives_itself_exist(tmp_path: Path, content: str) -> None:
    """What works in a letter is no mistake."""
    assert lint(tmp_path, "card.mjml", content) == []


def test_a_loop_of_ones_own_beside_that_of_the_links(tmp_path: Path) -> None:
    """Its variable may have the same name; alone, the links are looked at."""
    shipped = (TEMPLATES / "letter.txt").read_text("utf-8")
    own = "{% for link in [{'u': 'x'}] %}{{ link.u }}{% endfor %}"
    assert lint(tmp_path, "letter.txt", f"{shipped}{own}\n") == []
    [said] = lint(tmp_path, "letter.txt", shipped.replace("{{ link.", "{{ link.x", 1))
    assert "'link.x" in said


def test_files_that_jinja_includes_are_not_stray(tmp_path: Path) -> None:
    """Nor is one that a link leads to."""
    (tmp_path / "sig.txt").write_text("{% include 'more.txt' %}")
    (tmp_path / "more.txt").write_text("Yours")
    shipped = (TEMPLATES / "letter.txt").read_text("utf-8")
    assert lint(tmp_path, "letter.txt", f"{shipped}{{% include 'sig.txt' %}}\n") == []
    (tmp_path / "real.mjml").write_text((TEMPLATES / "masthead.mjml").read_text("utf-8"))
    (tmp_path / "masthead.mjml").symlink_to(tmp_path / "real.mjml")
    assert lint_templates([tmp_path, TEMPLATES]) == []


@pytest.mark.parametrize(
    ("name", "before", "more"),
    [
        ("words.txt", "{% block greeting %}", "not facts.name %}{{ facts.email|title }}"),
        ("letter.txt", "", "site.help_url %}{{ letter.greeting|upper }}"),
    ],
)
def test_what_few_letters_say_is_tried_too(
    tmp_path: Path, name: str, before: str, more: str
) -> None:
    """A reader without a name, a site with everything."""
    shipped = (TEMPLATES / name).read_text("utf-8")
    (found,) = lint(
        tmp_path, name, shipped.replace(before, f"{before}{{% if {more}{{% endif %}}", 1)
    )
    assert found.startswith(f"{name}:")
    assert found.endswith(CHANGED)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page.html", "{% if %}", "page.html:1:"),
        (
            "page.html",
            "<p>\n{% if kind == 'settings' %}{{ reder }}{% endif %}",
            "'reder' is undefined",
        ),
        ("shelf.html", "{{ feeds|nothing }}", "No filter named 'nothing'"),
    ],
)
def test_pages_are_tried_too(tmp_path: Path, name: str, content: str, said: str) -> None:
    """What a reader sees in the browser is checked before one does."""
    (tmp_path / name).write_text(content)
    [problem] = lint_templates([tmp_path, TEMPLATES])
    assert problem.path == tmp_path / name
    assert said in str(problem)
    assert "digest check" not in str(problem)  # which is what says it


@pytest.mark.parametrize(
    ("content", "said"),
    [(CARD, []), ("<mj-txt>{{ crad }}</mj-txt>", ["'crad' does not exist", "<mj-txt> is no"])],
)
def test_a_part_may_have_any_name(tmp_path: Path, content: str, said: list[str]) -> None:
    """One that did not end in .mjml or .txt ended `digest check` with a traceback."""
    letter = (TEMPLATES / "letter.mjml").read_text("utf-8")
    (tmp_path / "letter.mjml").write_text(letter.replace("card.mjml", "card.html"))
    found = lint(tmp_path, "card.html", content)
    assert [problem.startswith("card.html:1:") for problem in found] == [True] * len(said)
    assert all(one in problem for one, problem in zip(said, found, strict=True))
