"""The pages around letters: the preview's gallery and the shelf of a folder."""

from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from digest.models import ShelfEntry
from digest.rendering.checks import check_letter
from digest.rendering.gallery import render_gallery
from digest.rendering.pages import render_page
from digest.rendering.press import Press
from digest.rendering.sender import Sender
from digest.rendering.shelf import render_shelf

from .conftest import SECRET, TEMPLATES, site
from .editions import DAILY, EMPTY

ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_gallery_shows_each_letter_in_four_ways(press: Press) -> None:
    """Phone and desktop, light and dark, text, headers, size and checks."""
    letters = [press.compose(DAILY), press.compose(EMPTY)]
    files = render_gallery(letters, folders=[TEMPLATES])
    page = files["index.html"].decode()
    assert page.count("<iframe") == 8
    assert page.count("All checks passed.") == 2
    assert "List-Unsubscribe: &lt;https:" in page
    assert files[f"{DAILY.id}.eml"] == letters[0].message
    assert b"@media all" in files[f"{DAILY.id}-dark.html"]
    assert b"prefers-color-scheme: dark" not in files[f"{DAILY.id}-light.html"]
    assert "stamp.js" not in page


def test_the_gallery_shows_a_letter_as_an_inbox_does(press: Press) -> None:
    """Beside the subject stand the first words of the letter, which are the preheader's."""
    page = render_gallery([press.compose(DAILY)], folders=[TEMPLATES])["index.html"].decode()
    assert "Transformer</b> <span>Also Retrieval-Augmented Generation" in page
    assert "<nav" not in page
    both = [press.compose(DAILY), press.compose(EMPTY)]
    page = render_gallery(both, folders=[TEMPLATES])["index.html"].decode()
    assert page.count(f'href="#{EMPTY.id}"') == 1


def test_a_watched_gallery_notices_a_changed_letter(press: Press) -> None:
    """The stamp follows the letters, and the page compares it with its own."""
    first = render_gallery([press.compose(DAILY)], folders=[TEMPLATES], live=True)
    second = render_gallery([press.compose(EMPTY)], folders=[TEMPLATES], live=True)
    assert first["stamp.js"] != second["stamp.js"]
    assert first["stamp.js"].split(b'"')[1] in first["index.html"]


def test_the_gallery_says_what_is_wrong(press: Press) -> None:
    """A letter with a fault is shown with it."""
    letter = press.compose(DAILY)
    broken = letter._replace(pieces=(letter.message.replace(b"List-Unsubscribe:", b"X-Gone:"),))
    assert check_letter(broken) == ["List-Unsubscribe stands 0 times instead of once"]
    page = render_gallery([broken], folders=[TEMPLATES])["index.html"].decode()
    assert "List-Unsubscribe stands 0 times" in page


def entry(number: int, email: str = "ada@example.org") -> ShelfEntry:
    """Make one letter of a shelf."""
    return ShelfEntry(
        id=f"e{number}",
        email=email,
        subject=f"Papers <{number}> & more",
        made_at=DAILY.made_at + timedelta(days=number),
        html=f"2026 {number}#.html",
        eml=f"2026 {number}#.eml",
    )


def test_a_shelf_has_an_index_and_a_feed_for_each_reader() -> None:
    """The newest first; foreign text escaped; every address a file of its own."""
    entries = [
        entry(1),
        entry(3),
        entry(2),
        entry(4, "a+b@example.org"),
        entry(5, "a/b@example.org"),
    ]
    files = render_shelf(entries, name="Morning Papers", folders=[TEMPLATES])
    assert len(files) == 4
    assert len({name for name in files if "/" not in name}) == 4
    index = files["index.html"]
    assert index.index("Papers &lt;3&gt; &amp; more") < index.index("Papers &lt;1&gt;")
    assert 'href="2026%203%23.html"' in index
    feed = ElementTree.fromstring(files["feed-ada@example.org.atom"])
    assert [e.findtext(f"{ATOM}title") for e in feed.findall(f"{ATOM}entry")] == [
        "Papers <3> & more", "Papers <2> & more", "Papers <1> & more",
    ]  # fmt: skip
    assert feed.findtext(f"{ATOM}updated") == entry(3).made_at.isoformat()
    ids = [e.findtext(f"{ATOM}id") for e in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == 3
    again = render_shelf(entries[::-1], name="Morning Papers", folders=[TEMPLATES])
    assert again == files


def test_an_empty_shelf_says_so() -> None:
    """No letters is a page too."""
    files = render_shelf([], name="Morning Papers", folders=[TEMPLATES])
    assert "No letters yet." in files["index.html"]


def test_fonts_may_stand_in_quotes(tmp_path: Path) -> None:
    """As they do in style sheets; escaped, they would end the rule that they stand in."""
    (tmp_path / "theme.toml").write_text("[type]\nserif = \"'Iowan Old Style', serif\"\n")
    sender = Sender.of(site(), secret=SECRET)
    page = render_page("ask", {"email": "ada@example.org"}, sender, [tmp_path, TEMPLATES])
    assert "/1.6 'Iowan Old Style', serif;" in page


def test_a_button_has_an_edge_where_colours_are_the_readers(press: Press) -> None:
    """High contrast takes the background away; a transparent border is drawn there."""
    page = render_page("ask", {"email": "a@example.org"}, press.sender, [TEMPLATES])
    assert "button { padding: 10px 22px; border: 2px solid transparent;" in page
