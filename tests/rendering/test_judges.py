"""What others say of our letters: html-validate, caniemail, axe, SpamAssassin, a browser."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.rendering.press import Press

from .conftest import SECRET, TEMPLATES, node_tools, read, require, site
from .editions import EMPTY

GOLDEN = Path(__file__).parent.parent / "golden"
PAGES = sorted(GOLDEN.glob("*.html"))
PIXEL = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Rules of html-validate that a mail must break, since mail programs are not browsers.
RULES_OFF = {
    "no-inline-style": "mail programs drop style sheets",
    "no-conditional-comment": "Outlook for Windows lays out by them",
    "no-deprecated-attr": "Outlook for Windows reads align, width and cellpadding only",
    "void-style": "MJML writes <br />",
    "doctype-style": "MJML writes it in lower case",
    "prefer-native-element": "MJML's role=article is on a div, which old clients know",
}

# What some mail programs ignore, and why the letter reads well there all the same.
UNSUPPORTED = {
    "<style> element": "colours, sizes and spacing stand inline too",
    "@media": "without it: the light letter, with wide margins",
    "Class selector": "as @media",
    "Type selector": "as @media",
    "ID selector": "MJML's reset for Outlook",
    "Descendant combinator": "as @media",
    "Chaining selectors": "MJML's reset",
    ":hover": "titles are not underlined on hover",
    "color-scheme CSS property": "the letter stays light, or is inverted by the client",
    "color-scheme meta tag": "as the property",
    "display:none": "a preheader of one pixel is seen above the letter",
    "max-height property": "as display:none",
    "overflow": "as display:none",
    "height property": "MJML's reset for images",
    "<body> element": "its background is on a div and on the tables too",
    "aria-label attribute": "the heading says the same",
    "role attribute": "tables for layout are announced as tables",
    "word-break": "a very long word is cut at the edge",
    "word-spacing": "MJML's reset",
    "outline": "MJML's reset for images",
}
CLIENTS = ("gmail.*", "outlook.*", "apple-mail.*", "yahoo.*")


def node(script: str, *arguments: str) -> object:
    """Run one of the checks from npm."""
    tools = node_tools()
    done = subprocess.run(
        ["node", str(tools / script), *arguments, *map(str, PAGES)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def test_markup_is_valid() -> None:
    """html-validate finds nothing but what a mail cannot do without."""
    assert node("validate.js", json.dumps(dict.fromkeys(RULES_OFF, "off"))) == []


def test_mail_programs_support_what_we_use() -> None:
    """Whatever Gmail, Outlook, Apple Mail or Yahoo ignore is known, with a reason beside it."""
    found = node("support.js", json.dumps(CLIENTS))
    assert isinstance(found, dict)
    assert {name: clients for name, clients in found.items() if name not in UNSUPPORTED} == {}
    assert UNSUPPORTED.keys() - found.keys() == set()


def test_spam_filters_have_nothing_against_us() -> None:
    """SpamAssassin's local rules give each letter less than one point."""
    program = require("spamassassin", "apt-get install spamassassin")
    letters = [path.read_bytes() for path in sorted(GOLDEN.glob("*.eml"))]
    box = b"".join(b"From us Mon Nov 23 06:30:00 2026\n" + letter + b"\n" for letter in letters)
    done = subprocess.run(
        [program, "-L", "-t", "--mbox"], input=box, capture_output=True, check=True, timeout=60
    )
    scores = re.findall(rb"^X-Spam-Status:[^=]*score=(\S+)", done.stdout, re.MULTILINE)
    assert len(scores) == len(letters) > 0
    assert max(map(float, scores)) < 1.0, done.stdout.decode()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """The system's chromium."""
    program = require("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        yield running
        running.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_it(browser: object, scheme: str) -> None:
    """axe finds no serious violation, contrast included, in light and in dark."""
    axe = node_tools() / "node_modules" / "axe-core" / "axe.min.js"
    page = browser.new_page(color_scheme=scheme)  # type: ignore[attr-defined]
    for path in PAGES:
        page.goto(path.as_uri())
        page.add_script_tag(path=str(axe))
        violations = page.evaluate("axe.run().then(result => result.violations)")
        grave = [v for v in violations if v["impact"] in ("serious", "critical")]
        told = [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in grave]
        assert told == [], path.name
    page.close()


@pytest.mark.parametrize(("width", "above"), [(375, 0), (800, 28)])
def test_a_phone_is_filled_by_the_sheet(browser: object, width: int, above: int) -> None:
    """The room around the sheet is for wide screens alone."""
    page = browser.new_page(viewport={"width": width, "height": 800})  # type: ignore[attr-defined]
    page.goto((GOLDEN / "letter.html").as_uri())
    top = page.evaluate("document.querySelector('.sheet').getBoundingClientRect().top")
    page.close()
    assert top == above


@pytest.mark.parametrize("width", [320, 375, 800, 1200])
def test_it_fits_every_screen(browser: object, width: int) -> None:
    """Nothing is wider than the screen, and nothing is fetched from anywhere."""
    page = browser.new_page(viewport={"width": width, "height": 800})  # type: ignore[attr-defined]
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    for path in PAGES:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    page.close()
    assert all(url.startswith("file:") for url in fetched)


@pytest.mark.parametrize("source", ["https://logo.invalid/l.png", f"data:image/gif;base64,{PIXEL}"])
def test_a_wide_logo_leaves_a_letter_as_wide_as_the_phone(
    browser: object, tmp_path: Path, source: str
) -> None:
    """It shrinks; where images are off, its words break."""
    theme = (
        f"[logo]\nurl = {source!r}\nalt = 'The Laboratory of Much'\nwidth = '500'\nheight = '80'"
    )
    (tmp_path / "theme.toml").write_text(theme)
    letter = Press(site(), folders=[tmp_path, TEMPLATES], secret=SECRET).compose(EMPTY)
    (tmp_path / "letter.html").write_text(read(letter.message)[1])
    page = browser.new_page(viewport={"width": 375, "height": 800})  # type: ignore[attr-defined]
    page.route("https://**", lambda route: route.abort())
    page.goto((tmp_path / "letter.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()
