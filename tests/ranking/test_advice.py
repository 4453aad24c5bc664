"""`digest check` warns of profiles that cannot work as hoped."""

import pytest

from digest.models import Interest, Paper
from digest.ranking.advice import profile_warnings, unresolved
from digest.ranking.index import Index
from tests.ranking.papers import make_papers, make_subscriber

RARE = Paper(("arxiv:rare.1",), "Exoplanet transit timing", abstract="De-noised HER2.")
INDEX = Index.empty().extended([*make_papers(399), RARE])


@pytest.mark.parametrize(
    ("interest", "words"),
    [
        (Interest("A"), "asks for nothing"),
        (Interest("A", keywords=("the",)), "too short or too common"),
        (Interest("A", keywords=("",)), "too short or too common"),
        (Interest("A", keywords=("R",)), "too short or too common"),
        (Interest("A", keywords=("halo",), avoid=("US",)), "it bars nothing"),
        (Interest("A", keywords=("pottery",)), "in none of the 400 papers"),
        (Interest("A", keywords=("réseaux de poterie",)), "in none of the 400 papers"),
        (Interest("A", keywords=("method",)), "in so many papers"),
        (Interest("A", keywords=("galaxy AND halo",)), "operators"),
        (Interest("A", keywords=("-halo",)), "under `avoid`"),
        (Interest("A", authors=("Dao",)), "every author of that surname"),
    ],
)
def test_a_doubtful_entry_is_named(interest: Interest, words: str) -> None:
    """Each doubtful entry gives one sentence that names it."""
    warnings = profile_warnings(make_subscriber(interest), INDEX)
    assert any(words in warning and warning.startswith("“A”") for warning in warnings)


def test_a_good_profile_is_left_alone() -> None:
    """Keywords that papers say, full names and examples give no warning."""
    interest = Interest("A", keywords=("exoplanet transit", "HER-2"), authors=("Tri Dao",))
    assert profile_warnings(make_subscriber(interest), INDEX) == []
    assert profile_warnings(make_subscriber(interest), Index.empty()) == []


def test_no_interests() -> None:
    """An empty profile is told so."""
    assert "no interests" in profile_warnings(make_subscriber(), INDEX)[0]


def test_examples_that_no_paper_was_found_for() -> None:
    """Each is named once."""
    interest = Interest("A", like=("arxiv:1", "arxiv:2", "arxiv:2", "PMID 3", "A title"))
    assert unresolved(make_subscriber(interest), frozenset({"arxiv:1"})) == [
        "“A”: no paper is known yet for the example “arxiv:2”.",
        "“A”: no paper is known yet for the example “PMID 3”.",
    ]
