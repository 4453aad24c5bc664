"""Letters, numbers and small words are too common to count, and tell phrases apart all the same."""

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
        ("Down syndrome", "Causes of the syndrome of Sjögren", "Hearts in Down syndrome"),
        ("CAN bus", "Stops of a bus", "Intrusions on the CAN bus"),
        ("few-shot learning", "One-shot learning of gestures", "On few-shot learning"),
        ("HER-2", "Trials with 2 arms", "Levels of HER-2"),
        ("𝒪(n) algorithms", "Faster (n) algorithms", "Faster 𝒪(n) algorithms"),
        ("US elections", "A theory of elections", "Forecasts of US elections"),
    ],
)
def test_a_paper_says_a_phrase_only_with_its_small_words(
    phrase: str, other: str, whole: str
) -> None:
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


@pytest.mark.parametrize(
    ("phrase", "printed"),
    [
        ("PD-L1", "PDL1"), ("GPT-4", "GPT4"), ("IL-6", "IL6"), ("3-D", "3D"), ("H2O", "H₂O"),
        ("Llama 2", "Llama2"), ("YOLOv5", "YOLO v5"), ("data set", "dataset"), ("t-SNE", "tSNE"),
        ("over-fitting", "overfitting"), ("Schrödinger", "Schroedinger"), ("e-mail", "email"),
    ],
)  # fmt: skip
def test_a_phrase_is_found_in_another_spelling(phrase: str, printed: str) -> None:
    """Hyphen, blank or nothing between its parts: it matches, answers quotes and is avoided."""
    paper = Paper(("arxiv:x.1",), f"Trials with {printed} in the wild")
    for keyword in (phrase, f'"{phrase}"'):
        reader = reader_of(Interest("Any", keywords=(keyword,)))
        picked = {p.paper.id: p.reasons for p in picks_of(rank(reader, pool=[*POOL, paper])[0])}
        assert picked["arxiv:x.1"][0].text == f"matches “{phrase}”"
        assert picked["arxiv:x.1"][0].evidence == printed
    avoiding = reader_of(Interest("Any", keywords=("wild trials",), avoid=(phrase,)))
    assert not picks_of(rank(avoiding, pool=[*POOL, paper])[0])


@pytest.mark.parametrize(
    ("phrase", "other"),
    [
        ("in formation flying", "Information flying"),
        ("phase 1-2 trials", "Phase 12 trials"),
    ],
)
def test_not_all_words_are_joined(phrase: str, other: str) -> None:
    """No small word to what stands behind it, no number to another one."""
    pool = [*POOL, Paper(("arxiv:x.1",), other)]
    picks = picks_of(rank(reader_of(Interest("Any", keywords=(f'"{phrase}"',))), pool=pool)[0])
    assert not picks


@pytest.mark.parametrize(("phrase", "amount"), [("5G", "5 g"), ("N95", "(n = 95)"), ("3D", "3 d")])
def test_an_amount_is_no_name(phrase: str, amount: str) -> None:
    """Who avoids 5G gets papers that weigh 5 g of something."""
    paper = Paper(("arxiv:x.1",), f"Wild trials of biochar, {amount} each")
    reader = reader_of(Interest("Any", keywords=("wild trials",), avoid=(phrase,)))
    assert picks_of(rank(reader, pool=[*POOL, paper])[0])


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
