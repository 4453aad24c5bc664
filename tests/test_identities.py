"""Identities in everything that sources and people write."""

import pytest

from digest.identities import arxiv_id, doi, is_title, link_doi, order_identities, pmid


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2604.21935", ("2604.21935", 0)),
        ("2604.21935v12", ("2604.21935", 12)),
        ("oai:arXiv.org:2604.21935v1", ("2604.21935", 1)),
        ("arXiv:0704.0001", ("0704.0001", 0)),
        ("math.CA/0611800", ("math/0611800", 0)),
        ("math/0611800v2", ("math/0611800", 2)),
        ("HEP-TH/9711200V2", ("hep-th/9711200", 2)),
        ("arXiv:2604.21935 [cs.CL]", ("2604.21935", 0)),
        ("10.48550/arXiv.2604.21935v2", ("2604.21935", 2)),
        ("https://doi.org/10.48550/arXiv.math/0611800", ("math/0611800", 0)),
        ("astro-ph/0601001", ("astro-ph/0601001", 0)),
        ("http://arxiv.org/abs/astro-ph/0601001v1", ("astro-ph/0601001", 1)),
        ("https://arxiv.org/pdf/2604.21935v3.pdf", ("2604.21935", 3)),
        ("https://huggingface.co/papers/2604.21935", ("2604.21935", 0)),
        ("https://tldr.takara.ai/p/2604.26238", ("2604.26238", 0)),
        ("ArXiv 2604.21935", ("2604.21935", 0)),
        ("export.arxiv.org/abs/2604.21935v2", ("2604.21935", 2)),
        ("arxiv.org/abs/2604.21935", ("2604.21935", 0)),
        ("https://arxiv.org/abs/math.CA/0611800?context=math#x", ("math/0611800", 0)),
        ("hf.co/papers/2604.21935", ("2604.21935", 0)),
        ("huggingface.co/papers/2604.21935", ("2604.21935", 0)),
        ("alphaxiv.org/abs/2604.21935", ("2604.21935", 0)),
        ("https://www.alphaxiv.org/overview/2604.21935v1", ("2604.21935", 1)),
        ("https://scirate.com/arxiv/2604.21935", ("2604.21935", 0)),
        ("https://api.semanticscholar.org/arXiv:2604.21935", ("2604.21935", 0)),
        ("https://example.com/list/2604.21935", ("", 0)),
        ("https://news.example.com/p/2604.2193", ("", 0)),
        ("https://www.example.org/papers/1203.4567.pdf", ("", 0)),
        ("https://notarxiv.org/abs/2604.21935", ("", 0)),
        ("https://arxiv.org.example.com/abs/2604.21935", ("", 0)),
        ("https://example.com/?u=arxiv.org/abs/2604.21935", ("", 0)),
        ("https://huggingface.co/ann/2604.21935", ("", 0)),
        ("https://example.org/abs/2699.12345", ("", 0)),
        ("10.1109/2604.21935", ("", 0)),
        ("1234.5678", ("", 0)),
        ("cond-mat.str-el/0312001", ("cond-mat/0312001", 0)),
        ("cmp-lg/9407001", ("cmp-lg/9407001", 0)),
        ("article/1234567", ("", 0)),
        ("node/0601001", ("", 0)),
        ("https://journals.example.org/html/post/0601001", ("", 0)),
        ("math/1234567", ("", 0)),
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
        ("10.1101/2021.10.04.463034v2.full.pdf+html", "10.1101/2021.10.04.463034"),
        ("10.1101/2021.10.04.463034v2.supplementary-material", "10.1101/2021.10.04.463034"),
        ("10.1101/2021.10.04.463034v2.article-info", "10.1101/2021.10.04.463034"),
        ("(see 10.1000/182).", "10.1000/182"),
        ("(see 10.1000/frogs(2)).", "10.1000/frogs(2)"),
        ("https://example.org/doi/10.1000/frogs(2)/", "10.1000/frogs(2)"),
        (
            "10.1175/1520-0469(2002)059<0590:AAAA>2.0.CO;2",
            "10.1175/1520-0469(2002)059<0590:aaaa>2.0.co;2",
        ),
        (
            "https://doi.org/10.1002/(SICI)1097-0258(19980815/30)17:15%3C1661::AID-X9%3E3.0.CO;2-2",
            "10.1002/(sici)1097-0258(19980815/30)17:15<1661::aid-x9>3.0.co;2-2",
        ),
        (
            "10.1175/1520-0469(2002)059&lt;0590:AAAA&gt;2.0.CO;2",
            "10.1175/1520-0469(2002)059<0590:aaaa>2.0.co;2",
        ),
        ("<b>10.1000/182</b>", "10.1000/182"),
        ("10.1038%2Fnature12373", "10.1038/nature12373"),
        ("https://doi.org/10.1000/a%00b", "10.1000/ab"),
        ("10.1000/a\0b", "10.1000/ab"),
        ("2604.21935", ""),
        ("", ""),
    ],
)
def test_dois_are_found(text: str, found: str) -> None:
    """A DOI loses its prefix, case, a publisher's tail and a preprint's version."""
    assert doi(text) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.26434/chemrxiv-2024-abcde", "10.26434/chemrxiv-2024-abcde-v2"),
        ("10.26434/chemrxiv.12345678", "10.26434/chemrxiv.12345678.v3"),
        ("10.21203/rs.3.rs-12345/v1", "10.21203/rs.3.rs-12345/v2"),
        ("10.20944/preprints202401.0001.v1", "10.20944/preprints202401.0001.v2"),
        ("10.31234/osf.io/abcde", "10.31234/osf.io/abcde_v2"),
        ("10.22541/au.17000.12345/v1", "https://doi.org/10.22541/au.17000.12345/v2"),
        ("10.12688/f1000research.12345.1", "10.12688/f1000research.12345.2"),
        ("10.7554/eLife.92311", "10.7554/eLife.92311.1"),
    ],
)
def test_versions_of_a_preprint_are_one_work(one: str, other: str) -> None:
    """Where each version has a DOI, they share one that leads somewhere."""
    assert doi(other) == doi(one) == one.lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.26434/chemrxiv-2024-v1234", "10.26434/chemrxiv-2024-v5678"),
        ("10.21203/rs.3.rs-12345/v1", "10.21203/rs.3.rs-12346/v1"),
        ("10.7554/eLife.92311.012", "10.7554/eLife.92311"),
        ("10.12688/f1000research.1234.1", "10.12688/f1000research.12341.1"),
        ("10.5555/journal.1", "10.5555/journal.2"),
        ("10.5555/abc/v1", "10.5555/abc/v2"),
    ],
)
def test_works_with_like_dois_stay_apart(one: str, other: str) -> None:
    """What looks like a version is one only where the server is known for it."""
    assert doi(one) != doi(other)


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://www.nature.com/articles/s41586-023-06242-x", "10.1038/s41586-023-06242-x"),
        ("https://www.nature.com/articles/s41586-023-06242-x.pdf", "10.1038/s41586-023-06242-x"),
        (
            "https://www.nature.com/articles/s41586-020-2008-3_reference.pdf",
            "10.1038/s41586-020-2008-3",
        ),
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
    assert pmid("PMID 34739692") == pmid("PMID: 34739692") == "34739692"
    assert pmid("pubmed.ncbi.nlm.nih.gov/34739692/") == "34739692"
    assert pmid("https://europepmc.org/article/MED/34739692") == "34739692"
    assert pmid("https://europepmc.org/article/PPR/34739692") == ""
    assert pmid("34739692") == ""
    assert pmid("PMID34739692") == ""


def test_the_strongest_identity_comes_first() -> None:
    """Kinds have an order, equal ones keep theirs, unknown ones come last; each counts once."""
    given = ("new:x", "guid:g", "doi:10.1000/2", "doi:10.1000/1", "arxiv:2604.00001", "guid:g")
    ordered = ("arxiv:2604.00001", "doi:10.1000/2", "doi:10.1000/1", "guid:g", "new:x")
    assert order_identities(given) == ordered


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("PMID 34739692", False),
        ("arXiv: 2205.14135", False),
        ("arXiv: 2205.14135 [cs.LG]", False),
        ("doi: 10.1000/x", False),
        ("10.1000/x", False),
        ("Attention that forgets", True),
        ("Ada 2020, Attention, doi:10.1000/x", True),
    ],
)
def test_an_id_in_two_words_is_no_title(text: str, title: bool) -> None:
    """Else its words, "PMID", would say what its reader likes."""
    assert is_title(text) is title
