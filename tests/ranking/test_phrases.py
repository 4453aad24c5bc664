"""A single letter or number is too common to count, and tells phrases apart all the same."""

import pytest

from digest.models import Interest, Paper
from tests.ranking.papers import POOL, picks_of, rank, reader_of


@pytest.mark.parametrize(
    ("phrase", "other", "whole"),
    [
        ("Q-learning", "Learning of federated models", "Deep Q-learning of games"),
        ("T cell", "A solar cell of silicon", "How T-cells remember"),
        ("vitamin D", "Vitamin C in fruit", "Levels of vitamin D’s precursors"),
        ("C*-algebras", "Algebras of fuzzy sets", "Nuclear C*-algebras"),
        ("non linear optics", "Linear optics of lenses", "Nonlinear optics"),
        ("pre-training", "Training of dogs", "Pretraining of models"),
        ("Alzheimer's disease", "Heart disease", "Alzheimer disease in mice"),
    ],
)
def test_a_paper_says_a_phrase_only_with_its_letter(phrase: str, other: str, whole: str) -> None:
    """Without it nothing matches, answers a quoted phrase or is avoided."""
    pool = [*POOL, Paper(("arxiv:x.1",), other), Paper(("arxiv:x.2",), whole)]
    wanted = (Interest("Any", keywords=(word,)) for word in (phrase, f'"{phrase}"'))
    avoiding = Interest("Any", keywords=(other, whole), avoid=(phrase,))
    plain, quoted, avoided = (
        picks_of(rank(reader_of(i), pool=pool)[0]) for i in (*wanted, avoiding)
    )
    reasons = {pick.paper.id: [reason.text for reason in pick.reasons] for pick in plain}
    assert [key for key, said in reasons.items() if f"matches “{phrase}”" in said] == ["arxiv:x.2"]
    assert [pick.paper.id for pick in quoted] == ["arxiv:x.2"]
    assert {pick.paper.id for pick in avoided} & {"arxiv:x.1", "arxiv:x.2"} == {"arxiv:x.1"}


def test_a_number_counts_beside_its_word_only() -> None:
    """Nineteen countries are nothing to who asks for COVID-19; who asks for a year wants it."""
    counted = [Paper((f"arxiv:x.{i}",), f"Surveys in {i} countries") for i in (6, 19, 1984)]
    titles = ("Waves of COVID-19", "The interleukin IL-2", "The interleukin IL-6")
    pool = [*POOL, *counted, *(Paper((f"arxiv:y.{t}",), t) for t in titles)]
    asked = {
        "COVID-19": {"matches “COVID-19”"},
        "IL-6": {"matches “IL-6”", "speaks of “IL-2”, as in “IL-6”"},
        "1984": {"matches “1984”"},
    }
    for keyword, said in asked.items():
        picks = picks_of(rank(reader_of(Interest("Any", keywords=(keyword,))), pool=pool)[0])
        reasons = [one.text for pick in picks for one in pick.reasons if one.kind == "keyword"]
        assert reasons[0] == f"matches “{keyword}”"
        assert set(reasons) == said
