"""A single letter is too common to count, and tells phrases apart all the same."""

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
