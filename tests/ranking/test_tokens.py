"""Words are cut alike from papers and profiles, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ranking.tokens import (
    IRREGULAR,
    find_phrase,
    pairs,
    place_of_term,
    spans,
    term_number,
    tokenise,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KV caches", ["kv", "cach"]),
        ("Long-context language models", ["long", "context", "language", "model"]),
        ("RL and AI", ["rl", "", "ai"]),
        ("C++ and C# in R", ["c++", "", "c#", ""]),
        ("Schrödinger's équation", ["schrodinger", "equation"]),
        ("Βαθιά μάθηση", ["βαθια", "μαθηση"]),
        ("大语言模型", ["大语", "语言", "言模", "模型"]),
        ("GPT-4 用于 robots", ["gpt", "4", "用于", "robot"]),
        ("鸟", ["鸟"]),
        ("", []),
    ],
)
def test_words_of_any_script(text: str, expected: list[str]) -> None:
    """Latin is folded, stop words leave a gap, scripts without spaces become pairs."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tumours, neighbourhoods, behaviourally", "tumor neighborhood behaviorally"),
        ("optimising, catalysed, generalisations", "optimizing catalyzed generalization"),
        ("modelling labelled signallers", "modeling labeled signaler"),
        ("homologues, programmes", "homolog program"),
        ("fibres multicentre nanometres", "fiber multicenter nanometer"),
        (
            "haemoglobin leukaemia foetal oestrogen oedema",
            "hemoglobin leukemia fetal estrogen edema",
        ),
        ("sulphide", "sulfide"),
        ("Non-linear, pre-training, multi‑agent", "nonlinear Pretraining multiagent"),
        ("processes approaches caches boxes viruses", "process approach cache box virus"),
        ("analyses hypotheses syntheses metastases", "analysis hypothesis synthesis metastasis"),
        ("matrices bacteria larvae mice biases lenses", "matrix bacterium larva mouse bias lens"),
        ("U.K. law, i.i.d., e.g. U.S.A", "UK law, iid, eg USA"),
        ("TNF-α, IL-1β, NFκB, Aβ42", "TNF-alpha IL-1beta NFkappaB Abeta42"),
    ],
)
def test_spellings_of_one_word(one: str, other: str) -> None:
    """British is American, plurals are singular, no hyphen stands behind a prefix."""
    assert words(one) == words(other)


@pytest.mark.parametrize(
    "text", ["source", "four", "hour", "journal", "rising", "noise", "calling", "timbre", "phase"]
)
def test_other_words_keep_their_spelling(text: str) -> None:
    """What only looks British stays; so do units, and words in Greek."""
    assert words(text) == [text]
    assert words("pre-COVID, micro and nano") == ["pre", "covid", "micro", "", "nano"]
    assert words("20 μm") == ["20", "μm"]
    assert words("θεωρία") == ["θεωρια"]


@given(st.text(max_size=80))
def test_places_point_into_the_text(text: str) -> None:
    """Every token's place lies in the text and tokens do not run backwards."""
    starts = [token.start for token in tokenise(text)]
    assert starts == sorted(starts)
    assert all(0 <= token.start < token.end <= len(text) for token in tokenise(text))


def test_a_stop_word_parts_a_pair() -> None:
    """`theory of games` holds no pair."""
    assert pairs(words("theory of games")) == []
    assert pairs(words("random graph theory")) == ["random graph", "graph theory"]


def test_pairs_have_odd_numbers() -> None:
    """A term's number tells whether it is a pair."""
    assert term_number("graph") % 2 == 0
    assert term_number("random graph") % 2 == 1


def test_a_phrase_is_found_where_it_stands() -> None:
    """Plural and case do not matter, side by side does."""
    text = "Random walks: we study Random Graphs of the web."
    assert find_phrase(tuple(words("random graph")), words(text)) == 4
    assert find_phrase(("graph", "", "", "web"), words(text)) == 5
    assert find_phrase(("web", ""), words(text)) == -1
    assert find_phrase(("graph", "random"), words(text)) == -1
    assert find_phrase(("",), words(text)) == -1
    assert find_phrase((), words(text)) == -1


@given(st.lists(st.sampled_from(["", "a", "graph", "c++", "大语"])))
def test_a_term_is_found_by_its_number(sequence: list[str]) -> None:
    """Where its words stand for the first time, or nowhere."""
    for term in ("a", "graph c++", "大语 a", "galaxy"):
        place = find_phrase(tuple(term.split()), sequence)
        assert place_of_term(term_number(term), sequence) == place


@pytest.mark.parametrize("word", sorted(IRREGULAR))
def test_irregular_plurals_are_cut_like_their_singular(word: str) -> None:
    """What the table says is no further cut: else the two would differ."""
    assert words(word) == words(IRREGULAR[word]) == [IRREGULAR[word]]


@given(st.text(alphabet=st.sampled_from("abs AISsnom-+#4\0.éß用于αΒ_ \n")))
def test_words_are_those_of_the_tokens(text: str) -> None:
    """The quick way to a text's words says the same as the one that keeps their places."""
    assert words(text) == [token.word for token in tokenise(text)]


@given(st.text(alphabet=st.sampled_from("abs AISsnom-+#4\0.éß用于αΒ_ \n")))
def test_each_word_has_its_span(text: str) -> None:
    """The spans are those of the words, in their order."""
    tokens = tokenise(text)
    assert len(tokens) == len(words(text))
    assert spans(text).tolist() == [place for token in tokens for place in (token.start, token.end)]
