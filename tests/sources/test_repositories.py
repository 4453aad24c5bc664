"""What repositories, preprint servers and blogs hold beside papers and how they write them."""

from datetime import UTC, datetime

import pytest

from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.recognition import parse_document
from digest.sources.text.names import split_glued, split_names

ORIGIN = Origin("a source", "https://feeds.example.org/feed", datetime(2026, 11, 24, tzinfo=UTC))


def only(text: str) -> Paper:
    """Return a document's one paper."""
    (paper,) = parse_document(text.encode(), ORIGIN).papers
    return paper


def rss(item: str, *, channel: str = "Frogs") -> str:
    """Return an RSS 2.0 of one item."""
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{channel}</title><item>{item}</item></channel></rss>"
    )


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("Byron, A., Ring, A. M., The FROG Consortium, van Dyk, J.", 4),
        ("Byron, A., Frog Study Group", 2),
        ("Byron, A., Plato, Ring, B.", 3),
        ("A. Byron, A. Ring, J. R. van Dyk", 3),
    ],
)
def test_a_group_among_initials_divides_no_name(told: str, names: int) -> None:
    """bioRxiv's feeds name a consortium, which has no initials, among people who have."""
    found = split_names(told)
    assert len(found) == names
    assert found[0] == "A. Byron"


@pytest.mark.parametrize(
    ("behind", "last"),
    [
        ("aDepartment of Ponds, UK 94305bInstitute of Frogs, Berlin", "Alan Ring"),
        ("aDepartment of Ponds, Pond CitybInstitute of Frogs", "Alan Ring"),
        ("Department of Ponds, UK", "Alan Ring"),
    ],
)
def test_letters_of_affiliations_are_no_part_of_a_name(behind: str, last: str) -> None:
    """PNAS letters its affiliations, the first of which stands right behind the last author."""
    assert split_glued(f"Ada ByronAlan Ring{behind}") == ["Ada Byron", last]
    unlettered = "Ada ByronMaria SilvaDepartment of Ponds, UK"
    assert split_glued(unlettered) == ["Ada Byron", "Maria Silva"]


def test_springer_has_tags_of_its_own() -> None:
    """They reach titles and abstracts from its feeds and from its deposits at Crossref."""
    title = (
        'Frogs of &lt;Emphasis Type="Italic"&gt;Rana&lt;/Emphasis&gt; and CO&lt;Subscript&gt;2'
        "&lt;/Subscript&gt; at 10&lt;Superscript&gt;-3&lt;/Superscript&gt;"
    )
    assert only(rss(f"<title>{title}</title>")).title == "Frogs of Rana and CO₂ at 10⁻³"


def test_wordpress_shows_formulas_as_images() -> None:
    """What such an image says is a formula of the text; other images stay unseen."""
    formula = '<img src="https://s0.wp.com/latex.php" alt="p_n &lt; f\'(q)" class="latex" />'
    photo = '<img src="https://frogs.example.org/7" alt="A frog" class="wp-image-7" />'
    item = f"<description><![CDATA[Let {formula} and {photo}be prime.]]></description>"
    assert only(rss(f"<title>Frogs</title>{item}")).abstract == "Let pₙ < f'(q) and be prime."
