"""Identities of entries, and links that are shown and compared."""

import pytest

from digest.identities import find_identity
from digest.sources.building import Draft, find_identities
from digest.sources.links import bare_link, beyond_google, doi_link, untracked, web_link


@pytest.mark.parametrize(
    ("link", "base", "found"),
    [
        ("https://example.org/p", "", "https://example.org/p"),
        ("/blog/1", "https://example.org/feed.xml", "https://example.org/blog/1"),
        ("relative?x=1", "https://example.org/a/feed", "https://example.org/a/relative?x=1"),
        ("//cdn.example.org/x", "https://example.org/", "https://cdn.example.org/x"),
        (
            "https://doi.org/10.1175/1<2:A>2.0.CO;2",
            "",
            "https://doi.org/10.1175/1%3C2:A%3E2.0.CO;2",
        ),
        ("javascript:alert(1)", "https://example.org/", ""),
        (" \x01javascript:alert(1)", "", ""),
        ("data:text/html,x", "", ""),
        ("file:///etc/passwd", "file:///tmp/feed.xml", ""),
        ("mailto:x@example.com", "", ""),
        ("https://user:word@example.org/", "", ""),
        ("https://exa mple.org/", "", ""),
        ("http://", "", ""),
        ("http://[bad", "", ""),
        ("relative", "", ""),
    ],
)
def test_only_web_links_survive(link: str, base: str, found: str) -> None:
    """A link is an absolute http(s) one, or none."""
    assert web_link(link, base) == found


def test_links_lose_their_tracking() -> None:
    """What a newsletter adds to a link does not make it another paper."""
    link = "https://example.org/a/?utm_source=rss&id=7&rss=1#top"
    assert bare_link(untracked(link)) == "https://example.org/a/?id=7"


def test_identities_are_ordered_by_strength() -> None:
    """arXiv comes first, then DOI and PubMed; a guid stands alone; arXiv's own DOI is its id."""
    dois = ("10.1038/x", "10.48550/arxiv.2604.21935")
    assert find_identities(Draft("T", dois=dois, pmid="1", guid="g"), "") == (
        "arxiv:2604.21935",
        "doi:10.1038/x",
        "pmid:1",
    )
    assert find_identities(Draft("T", guid="g"), "https://example.org/") == ("guid:g",)
    link = "https://Example.org/#top"
    assert find_identities(Draft("T"), link) == ("link:https://example.org/",)
    assert find_identities(Draft("T"), "") == ()


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("academic.oup.com/frog/advance-article/doi/10.1093/frog/fr7/8300001", "10.1093/frog/fr7"),
        (
            "academic.oup.com/frog/article-pdf/doi/10.1093/frog/fr7/8300001/fr7.pdf",
            "10.1093/frog/fr7",
        ),
        ("pubs.aip.org/aip/frog/article/doi/10.1063/5.0300/337001/On-frogs", "10.1063/5.0300"),
        ("karger.com/frog/article/doi/10.1159/000512345/821234?login=no", "10.1159/000512345"),
        ("academic.oup.com/frog/article/doi/10.1093/frog/fr7", "10.1093/frog/fr7"),
        ("onlinelibrary.wiley.com/doi/10.1155/2012/123456", "10.1155/2012/123456"),
        (
            "jos.ac.cn/en/article/doi/10.1088/1674-4926/42/1/010201",
            "10.1088/1674-4926/42/1/010201",
        ),
        ("jos.ac.cn/article/doi/10.1088/1674-4926/42/12/122501", "10.1088/1674-4926/42/12/122501"),
    ],
)
def test_the_number_of_a_page_is_no_part_of_its_doi(page: str, name: str) -> None:
    """Oxford and others write it behind the DOI, and the title behind that."""
    assert find_identity(f"https://{page}") == f"doi:{name}"


def test_scholar_alerts_lead_past_google() -> None:
    """The links of Google Scholar's alerts name the paper, those to Scholar itself stay."""
    link = "https://scholar.google.co.uk/scholar_url?url=https://arxiv.org/pdf/2611.01234&hl=en"
    assert beyond_google(link) == "https://arxiv.org/pdf/2611.01234"
    search = "https://scholar.google.com/scholar?q=frogs"
    assert beyond_google(search) == search


def test_a_doi_that_ends_in_a_hash_leads_to_its_page() -> None:
    """The check character of an old DOI begins no fragment."""
    name = "10.1002/(SICI)1097-0258(19980815/30)17:15<1661::AID-X9>3.0.CO;2-#"
    link = doi_link(name)
    assert link.endswith("%3C1661::AID-X9%3E3.0.CO;2-%23")
    assert find_identity(link) == f"doi:{name.lower()}"
