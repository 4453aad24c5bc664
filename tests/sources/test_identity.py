"""Identities in everything that sources write."""

import pytest

from digest.sources.identity import arxiv_id, bare_link, doi, identities, link_doi, pmid, web_link


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2604.21935", ("2604.21935", 0)),
        ("2604.21935v12", ("2604.21935", 12)),
        ("oai:arXiv.org:2604.21935v1", ("2604.21935", 1)),
        ("arXiv:0704.0001", ("0704.0001", 0)),
        ("math.CA/0611800", ("math/0611800", 0)),
        ("math/0611800v2", ("math/0611800", 2)),
        ("astro-ph/0601001", ("astro-ph/0601001", 0)),
        ("http://arxiv.org/abs/astro-ph/0601001v1", ("astro-ph/0601001", 1)),
        ("https://arxiv.org/pdf/2604.21935v3.pdf", ("2604.21935", 3)),
        ("https://huggingface.co/papers/2604.21935", ("2604.21935", 0)),
        ("https://tldr.example.org/p/2604.26238", ("2604.26238", 0)),
        ("https://example.org/abs/2699.12345", ("", 0)),
        ("10.1109/2604.21935", ("", 0)),
        ("1234.5678", ("", 0)),
        ("", ("", 0)),
    ],
)
def test_arxiv_ids_are_found(text: str, found: tuple[str, int]) -> None:
    """Old and new ids lose version and subject class, and nothing else is taken for one."""
    assert arxiv_id(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1038/S41586-024-07811-4", "10.1038/s41586-024-07811-4"),
        ("doi:10.1093/botlinnean/boab030", "10.1093/botlinnean/boab030"),
        ("https://doi.org/10.1016/S0140-6736(20)30183-5", "10.1016/s0140-6736(20)30183-5"),
        ("http://dx.doi.org/10.32396/usurj.v1i1.55", "10.32396/usurj.v1i1.55"),
        ("10.1101/2023.07.25.550452v2", "10.1101/2023.07.25.550452"),
        ("10.64898/2026.07.31.741992v1.full.pdf", "10.64898/2026.07.31.741992"),
        ("(see 10.1000/182).", "10.1000/182"),
        ("10.1038%2Fnature12373", "10.1038/nature12373"),
        ("2604.21935", ""),
        ("", ""),
    ],
)
def test_dois_are_found(text: str, found: str) -> None:
    """A DOI loses its prefix, case, a publisher's tail and a preprint's version."""
    assert doi(text) == found


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://www.nature.com/articles/s41586-023-06242-x", "10.1038/s41586-023-06242-x"),
        (
            "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0258454",
            "10.1371/journal.pone.0258454",
        ),
        (
            "https://www.frontiersin.org/articles/10.3389/fnins.2021.123/full",
            "10.3389/fnins.2021.123",
        ),
        (
            "https://www.tandfonline.com/doi/full/10.1080/09397140.2021.1992835?af=R",
            "10.1080/09397140.2021.1992835",
        ),
        ("https://academic.oup.com/botlinnean/article/197/3/420/6295389?rss=1", ""),
        ("javascript:10.1000/182", ""),
        ("http://[", ""),
    ],
)
def test_links_name_dois(link: str, found: str) -> None:
    """A publisher's link names the DOI in its path or its query."""
    assert link_doi(link) == found


def test_pubmed_ids_are_found() -> None:
    """Guids and links of PubMed give digits."""
    assert pmid("pubmed:34739692") == "34739692"
    assert pmid("https://pubmed.ncbi.nlm.nih.gov/34739692/?utm_source=x") == "34739692"
    assert pmid("34739692") == ""


@pytest.mark.parametrize(
    ("link", "base", "found"),
    [
        ("https://example.org/p", "", "https://example.org/p"),
        ("/blog/1", "https://example.org/feed.xml", "https://example.org/blog/1"),
        ("relative?x=1", "https://example.org/a/feed", "https://example.org/a/relative?x=1"),
        ("//cdn.example.org/x", "https://example.org/", "https://cdn.example.org/x"),
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
    assert bare_link(link) == "https://example.org/a/?id=7"


def test_identities_are_ordered_by_strength() -> None:
    """arXiv comes first, then DOI and PubMed; a guid stands alone; arXiv's own DOI is its id."""
    dois = ("10.1038/x", "10.48550/arxiv.2604.21935")
    assert identities(dois=dois, pubmed="1", guid="g") == (
        "arxiv:2604.21935",
        "doi:10.1038/x",
        "pmid:1",
    )
    assert identities(guid="g", link="https://example.org/") == ("guid:g",)
    assert identities(link="https://example.org/?utm_medium=x") == ("link:https://example.org/",)
    assert identities() == ()
