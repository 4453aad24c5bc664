"""Letters of the first days, when a few papers lie side by side by chance."""

import pytest

from digest.models import Interest, Paper
from digest.ranking.index import Index
from digest.ranking.readers import Reader
from tests.ranking.papers import make_papers, make_subscriber, rank, upvoted

DOZEN = (
    "We drove spider silk proteins in yeast and spun fibres that are strong. "
    "The yield of proteins rises with feed.",
    "Desert ants find home by path integration. "
    "We removed landmarks and the ants walked home with small errors.",
    "Dwarf galaxies constrain dark matter. "
    "We fit the profile of eight galaxies and exclude light particles.",
    "Ketamine helps in depression. "
    "We compare doses in a trial and find that small doses are enough.",
    "The traveling salesman on sparse graphs has exact bounds. "
    "We prove the bounds with small certificates.",
    "Monarch butterflies use a sun compass. "
    "We tether butterflies in a simulator and shift their clock.",
    "The waggle dance of honeybees encodes distance. "
    "We model the errors of the dance and of those who follow.",
    "Instruction tuning at small scale works. "
    "We tune models on few examples and compare with large models.",
    "Draft trees make decoding fast. "
    "We verify many tokens at once and find a gain with small models.",
    "Learned eviction compresses the cache. "
    "We drop tokens by a small network and keep the errors low.",
    "Retrieval improves with scale. We fit a law to models of many sizes and to the index.",
    "Brain lesions are segmented in scans. "
    "We train transformers on long context and compare with networks.",
)


@pytest.mark.parametrize("archive", [0, 60, 100, 200])
@pytest.mark.parametrize("upvotes", [0, 100])
def test_no_paper_comes_without_a_reason_of_the_profile(archive: int, upvotes: int) -> None:
    """What shares nothing with the profile stays out, also where others like it."""
    papers = [
        Paper((f"arxiv:2601.{number:05d}",), text.split(".")[0], abstract=text)
        for number, text in enumerate(DOZEN)
    ]
    pool = [upvoted(paper, upvotes) for paper in (*papers, *make_papers(20, start=900))]
    index = Index.empty().extended(make_papers(archive))
    reader = Reader(make_subscriber(Interest("Sky", keywords=("dark matter",))), {})
    [letter] = rank(reader, pool=pool, index=index)
    [section] = letter.sections
    assert section.picks[0].paper.id == "arxiv:2601.00002"
    for pick in section.picks:
        assert [reason for reason in pick.reasons if reason.kind != "signal"], pick.paper.title


@pytest.mark.parametrize("about", ["Of all that we do and are", "Ich mag Netze und Bilder"])
def test_nor_from_an_archive_that_has_grown(about: str) -> None:
    """A text of words that papers do not say is like some by chance, and gets none of them."""
    archive, pool = make_papers(400), make_papers(60, start=400)
    index = Index.empty().extended(
        [*archive, Paper(("x:1",), "Netze", abstract=archive[0].abstract)]
    )
    reader = Reader(make_subscriber(Interest("All", about=about)), {})
    [letter] = rank(reader, pool=pool, index=index)
    assert not letter.sections


def test_nothing_is_related_to_words_that_no_paper_says() -> None:
    """Of a foreign key word one word may be known; what else is in its papers is no reason."""
    archive, pool = make_papers(400), make_papers(60, start=400)
    index = Index.empty().extended(
        [*archive, Paper(("x:1",), "Lernen", abstract=archive[0].abstract)]
    )
    for keyword, found in (("maschinelles Lernen", False), ("Lernen", True)):
        reader = Reader(make_subscriber(Interest("All", keywords=(keyword,))), {})
        [letter] = rank(reader, pool=pool, index=index)
        assert bool(letter.sections) is found


@pytest.mark.parametrize("archive", [20, 60])
def test_a_number_relates_nothing(archive: int) -> None:
    """What has a formula's 0 and 7 in common with a paper asked for has nothing in common."""
    titles = ("Elliptic bounds for 0 and 7", "Molecules of 0 and 7")
    pool = [Paper((f"arxiv:x.{title}",), title) for title in titles]
    index = Index.empty().extended(make_papers(archive))
    reader = Reader(make_subscriber(Interest("PDE", keywords=("elliptic",))), {})
    [letter] = rank(reader, pool=[*pool, *make_papers(20, start=900)], index=index)
    [section] = letter.sections
    assert [pick.paper.title for pick in section.picks] == [titles[0]]
