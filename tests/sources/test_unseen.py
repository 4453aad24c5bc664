"""What publishers' feeds hold that no document captured for these tests had."""

from datetime import UTC, datetime

import pytest

from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.recognition import parse_document

ORIGIN = Origin("a source", "https://feeds.example.org/feed", datetime(2026, 11, 24, tzinfo=UTC))


def only(text: str) -> Paper:
    """Return a document's one paper."""
    (paper,) = parse_document(text.encode(), ORIGIN).papers
    return paper


@pytest.mark.parametrize("name", ["doi", "DOI"])
@pytest.mark.parametrize("space", ["", "<content:encoded>x</content:encoded>"])
def test_arxiv_writes_its_doi_in_capitals(name: str, space: str) -> None:
    """The daily feeds say `arxiv:DOI` where the API says `arxiv:doi`, for either reader."""
    text = (
        '<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>cs.NI updates on arXiv.org</title><item><title>Switches</title>{space}"
        "<link>https://arxiv.org/abs/2609.13795</link><description>arXiv:2609.13795v1 Announce "
        "Type: new \nAbstract: They switch.</description><guid>oai:arXiv.org:2609.13795v1</guid>"
        f"<arxiv:{name}>10.1145/3795866.3844758</arxiv:{name}></item></channel></rss>"
    )
    assert only(text).ids == ("arxiv:2609.13795", "doi:10.1145/3795866.3844758")
