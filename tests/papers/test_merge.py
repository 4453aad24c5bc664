"""One work, one paper: in any order, however often it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models import Paper, Signals
from digest.papers import merge_papers

TITLE = "A careful study of joining records about one and the same work"
AUTHORS = ("Ada Byron", "Alan Ring")
DAY = datetime(2026, 11, 1, tzinfo=UTC)


def paper(*ids: str, **told: object) -> Paper:
    """Return a paper with these identities."""
    return replace(Paper(ids=ids, title=TITLE, authors=AUTHORS), **told)  # type: ignore[arg-type]


names = st.sampled_from(
    [f"arxiv:2604.0000{n}" for n in range(4)]
    + [f"doi:10.1000/{n}" for n in range(4)]
    + [f"pmid:{n}" for n in range(3)]
    + [f"guid:g{n}" for n in range(3)]
)
drawn = st.builds(
    Paper,
    ids=st.lists(names, min_size=1, max_size=3, unique=True).map(tuple),
    title=st.sampled_from([TITLE, f"{TITLE}, revisited", "Editorial", "Another rather long title"]),
    authors=st.sampled_from([(), AUTHORS, ("A. Byron",), ("Ada Byron", "Someone Else"), ("X Y",)]),
    abstract=st.sampled_from(["", "short", "a longer abstract"]),
    published=st.none() | st.integers(0, 5).map(lambda n: DAY + timedelta(days=n)),
    categories=st.lists(st.sampled_from(["cs.CL", "cs.LG"]), max_size=2).map(tuple),
    url=st.sampled_from(["", "https://arxiv.org/abs/2604.00001", "https://example.org/x"]),
    version=st.integers(0, 3),
    announced=st.sampled_from(["new", "cross", "replace"]),
    venue=st.sampled_from(["", "arXiv", "bioRxiv", "Nature"]),
    sources=st.sampled_from([("arXiv",), ("HF",), ("Nature",)]),
    signals=st.builds(Signals, upvotes=st.none() | st.integers(0, 9)),
)


@given(st.lists(drawn, max_size=8), st.randoms())
def test_order_does_not_matter(papers: list[Paper], dice: object) -> None:
    """Shuffled records give the same works."""
    shuffled = list(papers)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge_papers(shuffled) == merge_papers(papers)


@given(st.lists(drawn, max_size=8))
def test_merging_again_changes_nothing(papers: list[Paper]) -> None:
    """Merged papers, and records told twice, give the same works."""
    merged = merge_papers(papers)
    assert merge_papers(merged) == merged
    assert merge_papers(papers + papers) == merged


@given(st.lists(drawn, max_size=8))
def test_nothing_is_lost(papers: list[Paper]) -> None:
    """Every identity and every source is in exactly one work, and works share no identity."""
    merged = merge_papers(papers)
    ids = [name for work in merged for name in work.ids]
    assert sorted(ids) == sorted({name for one in papers for name in one.ids})
    assert {s for work in merged for s in work.sources} == {s for p in papers for s in p.sources}


def test_versions_and_cross_lists_are_one_work() -> None:
    """The highest version is shown, as news if any source calls it new, by the first date."""
    first = paper(
        "arxiv:2604.00001", version=1, sources=("cs.CL",), categories=("cs.CL",), published=DAY
    )
    second = paper(
        "arxiv:2604.00001",
        version=2,
        title="The better title",
        announced="replace",
        sources=("cs.LG",),
        categories=("cs.LG",),
        published=DAY + timedelta(days=1),
    )
    (work,) = merge_papers([first, second])
    assert work.published == DAY
    assert (work.title, work.version, work.announced) == ("The better title", 2, "new")
    assert work.sources == ("cs.CL", "cs.LG")
    assert set(work.categories) == {"cs.CL", "cs.LG"}


def test_no_feed_speaks_for_a_paper_it_does_not_lead_to() -> None:
    """Any feed may name arXiv's ids, in any version; its words and its link do not replace the
    paper's own, then or later."""
    own = paper("arxiv:2604.00001", version=1, url="https://arxiv.org/abs/2604.00001")
    other = replace(own, version=999, title="Log in", abstract="x" * 900, url="https://example.org")
    (work,) = merge_papers([own, other])
    assert (work.title, work.url, work.version) == (own.title, own.url, 1)
    newer = replace(own, version=2, title="The better title")
    assert merge_papers([work, newer, other])[0].title == "The better title"
    assert merge_papers([other])[0].title == "Log in"
    mirror = "https://huggingface.co/somebody/x/blob/main/html/2604.00001v999"
    assert merge_papers([own, replace(other, url=mirror)])[0].url == own.url


def test_what_is_written_about_a_paper_does_not_stand_for_it() -> None:
    """A blog may name a DOI and say more: the publisher's words and link stay. A page whose address
    names the DOI, as anybody's may, gives way to the DOI's own."""
    own = paper("doi:10.1038/x", url="https://publisher.example/10.1038/x", abstract="Short.")
    about = replace(own, title="You will not believe it", url="https://blog.example/1")
    blog = replace(about, abstract="x" * 900)
    (work,) = merge_papers([own, blog])
    assert (work.title, work.url, work.abstract) == (own.title, own.url, own.abstract)
    assert merge_papers([blog])[0].url == blog.url
    imitation = replace(blog, url="https://blog.example/10.1038/x")
    for link in ("https://doi.org/10.1038/x", "https://pubmed.ncbi.nlm.nih.gov/17/"):
        registered = replace(own, ids=("doi:10.1038/x", "pmid:17"), url=link)
        (work,) = merge_papers([registered, imitation])
        assert (work.title, work.url, work.abstract) == (own.title, link, own.abstract)


def test_the_fullest_record_is_shown() -> None:
    """Of records that lead to the work, the longest, then the one with most authors."""
    short = paper(
        "arxiv:2604.00001", url="https://arxiv.org/abs/2604.00001", title="A", abstract="x"
    )
    long = replace(short, title="Z", abstract="xx")
    assert merge_papers([short, long])[0].title == "Z"
    alone = replace(long, title="B", authors=AUTHORS[:1])
    assert merge_papers([alone, long])[0].title == "Z"


def test_identities_join_over_a_third_record() -> None:
    """A record that knows both ids joins two that know one each."""
    arxiv, journal = paper("arxiv:2604.00001"), paper("doi:10.1000/1", title="Other", authors=())
    both = paper("arxiv:2604.00001", "doi:10.1000/1")
    assert len(merge_papers([arxiv, journal])) == 2
    (work,) = merge_papers([arxiv, journal, both])
    assert work.ids == ("arxiv:2604.00001", "doi:10.1000/1")


def test_signals_take_the_highest_numbers() -> None:
    """Upvotes grow, and what one source does not know another may."""
    old = paper("arxiv:2604.00001", signals=Signals(upvotes=3, code_url="https://example.org/c"))
    new = paper("arxiv:2604.00001", signals=Signals(upvotes=9, github_stars=5))
    signals = merge_papers([old, new])[0].signals
    assert (signals.upvotes, signals.github_stars) == (9, 5)
    assert signals.code_url == "https://example.org/c"


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (paper("arxiv:2604.00001", venue="arXiv"), paper("doi:10.1038/x", venue="Nature"), True),
        (paper("doi:10.64898/1", venue="bioRxiv"), paper("doi:10.1038/x", venue="Nature"), True),
        (
            paper("doi:10.21203/rs.3.rs-12345/v1", venue="Research Square"),
            paper("doi:10.1038/x", venue="Nature"),
            True,
        ),
        (
            paper("doi:10.26434/chemrxiv-2024-abcde", venue="ChemRxiv"),
            paper("doi:10.26434/chemrxiv-2024-abcde-v2", venue="ChemRxiv"),
            True,
        ),
        (
            paper("doi:10.21203/rs.3.rs-12345/v1", venue="Research Square"),
            paper("doi:10.21203/rs.3.rs-54321/v1", venue="Research Square"),
            False,
        ),
        (paper("doi:10.1101/2026.11.01.123456"), paper("doi:10.1038/x", venue="Nature"), True),
        (paper("doi:10.26434/chemrxiv-2024-abcde"), paper("doi:10.1038/x"), True),
        (paper("doi:10.31235/osf.io/abcde"), paper("doi:10.1038/x"), True),
        (paper("doi:10.1101/gr.1.26"), paper("doi:10.1038/x", venue="Nature"), False),
        (paper("guid:a"), paper("guid:b", authors=("A. Byron Jr.", "Alan Ring III")), True),
        (paper("guid:a", authors=("A B Jr",)), paper("guid:b", authors=("C D Jr",)), False),
        (paper("guid:a", authors=("Ø. Koł",)), paper("guid:b", authors=("O. Kol",)), True),
        (paper("guid:a"), paper("guid:b", title=f"{TITLE.upper()}."), True),
        (paper("guid:a"), paper("guid:b", authors=("Ada King Byron", "Alan M. Ring")), True),
        (paper("guid:a"), paper("guid:b", authors=("Á. Byron", "A. Ring", "C. Third")), True),
        (
            paper("doi:10.64898/1", "pmid:1", venue="bioRxiv"),
            paper("doi:10.1038/x", "pmid:2", venue="Nature"),
            True,
        ),
        (paper("doi:10.64898/1", "doi:10.1038/x"), paper("guid:a", venue="bioRxiv"), True),
        (paper("pmid:1", venue="Nature"), paper("pmid:2", venue="Science"), False),
        (paper("arxiv:2604.00001"), paper("arxiv:2604.00002"), False),
        (
            paper("arxiv:2604.00001", venue="arXiv"),
            paper("arxiv:2604.00002", venue="Nature"),
            False,
        ),
        (paper("guid:a"), paper("guid:b", authors=("Ada Byron",)), False),
        (paper("pmid:1"), paper("pmid:2"), False),
        (paper("doi:10.1038/x", venue="Nature"), paper("doi:10.1038/y", venue="Nature"), False),
        (paper("guid:a"), paper("guid:b", authors=("Bob Byron", "Someone Else")), False),
        (paper("guid:a"), paper("guid:b", authors=("Grace Hopper", "Alan Ring")), False),
        (paper("guid:a"), paper("guid:b", authors=()), False),
        (paper("guid:a", title="Editorial"), paper("guid:b", title="Editorial"), False),
        (paper("guid:a", title="Frog choruses"), paper("guid:b", title="Frog choruses"), False),
        (
            paper("doi:10.64898/1", title="Response of frog ponds to warming"),
            paper("doi:10.1038/x", title="Response of frog ponds to warming"),
            True,
        ),
        (
            paper("guid:a", title="Response to the letter on frog ponds"),
            paper("guid:b", title="Response to the letter on frog ponds"),
            False,
        ),
        (
            paper("guid:a", title="Author Correction: a long enough title"),
            paper("guid:b", title="Author Correction: a long enough title"),
            False,
        ),
        (paper("guid:a"), paper("guid:b", title=f"{TITLE}, part II"), False),
    ],
)
def test_titles_join_with_care(one: Paper, other: Paper, joined: bool) -> None:
    """Equal title and first authors join two records unless an identity contradicts."""
    assert (len(merge_papers([one, other])) == 1) is joined
