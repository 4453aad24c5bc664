"""Terms and phrases are quoted as the candidates spell them."""

from itertools import pairwise

import pytest

from digest.models import Paper
from digest.ranking import texts as texts_room
from digest.ranking.texts import Texts
from digest.ranking.tokens import term_number, tokenise

TITLE = "Random Graphs, C++ and the graph"
ABSTRACT = "We draw graphs.  Random\ngraphs of Schrödinger's cats: graphs grow; random walks, too."


def _texts() -> Texts:
    return Texts([Paper(("arxiv:1",), TITLE, abstract=ABSTRACT)])


def test_a_term_is_quoted_where_it_first_stands() -> None:
    """In the title before the abstract, words and pairs alike; "" for one that is not there."""
    texts = _texts()
    quotes = {
        term: texts.spelled(0, term_number(term))
        for term in ("graph", "random graph", "schrodinger cat", "graph random", "random walk")
    }
    assert quotes == {
        "graph": "Graphs",
        "random graph": "Random Graphs",
        "schrodinger cat": "Schrödinger's cats",
        "graph random": "graphs.  Random",
        "random walk": "random walks",
    }
    assert texts.spelled(0, term_number("galaxy")) == ""


@pytest.mark.parametrize(
    ("title", "word", "quote"),
    [
        ("Cryostats and cryo-electron microscopy", "cryo", "cryo-electron"),
        ("On self-learning frogs", "learning", "self-learning"),
        ("Frogs - learning", "learning", "learning"),
        ("C++ for frogs", "c++", "C++"),
        ("钙钛矿材料", "材料", "材料"),
        ("On frogs", "learning", ""),
    ],
)
def test_no_half_of_a_hyphened_word_is_quoted(title: str, word: str, quote: str) -> None:
    """A word that hyphens join to others is quoted with them: "Cryo" alone is no word."""
    assert Texts([Paper(("arxiv:1",), title)]).quote_whole(0, word) == quote


def test_every_term_of_a_paper_can_be_quoted() -> None:
    """A quote holds the words of its term and nothing else that counts."""
    texts = _texts()
    for text in (TITLE, ABSTRACT):
        said = [token.word for token in tokenise(text)]
        for a, b in pairwise(said):
            if a and b:
                quote = texts.spelled(0, term_number(f"{a} {b}"))
                assert [token.word for token in tokenise(quote)] == [a, b]


def test_a_term_known_from_one_paper_is_found_in_another() -> None:
    """Each paper spells it in its own way; one that does not hold it has no quote."""
    titles = ("A random graph", "Random GRAPHS", "Random walks on graphs")
    texts = Texts([Paper((f"arxiv:{n}",), title) for n, title in enumerate(titles)])
    number = term_number("random graph")
    assert [texts.spelled(row, number) for row in range(3)] == ["random graph", "Random GRAPHS", ""]


def test_quotes_are_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes are the same, however many were kept or forgotten."""
    monkeypatch.setattr(texts_room, "MOST_QUOTES", 2)
    texts = _texts()
    phrases = {("graph",): "Graphs", ("random", "walk"): "random walks", ("galaxy",): ""}
    for phrase in (*phrases, *reversed(phrases), *phrases):
        assert texts.quote(0, phrase) == phrases[phrase]
        assert len(texts._quotes) <= 2
