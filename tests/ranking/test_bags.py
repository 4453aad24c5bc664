"""Terms of many papers are counted at once as they would be one by one."""

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digest.models import Paper
from digest.ranking.bags import TITLE_WEIGHT, Bags, count_terms
from digest.ranking.tokens import pairs, term_number, words
from tests.ranking.papers import make_papers

TEXT = st.lists(
    st.sampled_from(["a", "the", "graph", "c++", "大语模型", "βαθιά", "naïve", "k" * 300, "graphs"])
).map(" ".join)


def held(bags: Bags) -> list[list[tuple[int, int]]]:
    """Return the terms of each paper and their counts, sorted."""
    cells = list(zip(bags.terms.tolist(), bags.counts.tolist(), strict=True))
    starts = bags.starts.tolist()
    return [sorted(cells[a:b]) for a, b in pairwise(starts)]


@given(st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_terms_are_those_spelled_out_and_counted(texts: list[tuple[str, str]]) -> None:
    """Words and pairs, by the numbers that each has alone; no pair reaches over two texts."""
    spelled = [
        [
            *TITLE_WEIGHT * [*words(title), "", *pairs(words(title))],
            *words(rest),
            *pairs(words(rest)),
        ]
        for title, rest in texts
    ]
    wanted = [sorted(Counter(map(term_number, filter(None, terms))).items()) for terms in spelled]
    papers = [
        Paper((f"guid:{at}",), title, abstract=rest) for at, (title, rest) in enumerate(texts)
    ]
    assert held(count_terms(papers)) == wanted


def test_a_term_said_without_end_is_counted_up_to_255() -> None:
    """A count is one byte."""
    bags = count_terms([Paper(("guid:1",), "Graph", abstract="graph " * 400)])
    assert sorted(bags.counts.tolist()) == [255, 255]


def test_the_terms_of_each_paper_are_sorted() -> None:
    """Whatever is looked up by them relies on it, also where papers are chosen and joined."""
    counted = count_terms(make_papers(12))
    bags = counted.rows(np.array([7, 2, 11])).joined(counted)
    assert len(bags) == 15
    for start, end in pairwise(bags.starts):
        assert end > start
        assert np.all(np.diff(bags.terms[start:end].astype(int)) > 0)
