"""Why a paper was picked is true, and says what tells most."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper
from digest.ranking.ranker import rank_block
from digest.ranking.readers import Reader
from digest.ranking.scene import open_scene
from tests.ranking.papers import (
    ARCHIVE,
    INDEX,
    NOW,
    POOL,
    TOPICS,
    make_subscriber,
    picks_of,
    rank,
    reader_of,
)


def test_a_shared_word_pair_is_named_before_a_common_word() -> None:
    """Of what paper and example share, the reason names what says more."""
    pair = "neutrino oscillation"
    liked = Paper(("arxiv:n.1",), f"A model of {pair}", abstract=f"Data and model of {pair}.")
    paper = Paper(("arxiv:n.2",), f"New {pair} data", abstract=f"Model data show {pair}.")
    reader = Reader(make_subscriber(Interest("N", like=(liked.id,))), {liked.id: liked})
    picks = picks_of(rank(reader, pool=[*POOL, paper])[0])
    found = next(pick for pick in picks if pick.paper.id == paper.id)
    assert found.reasons[0].evidence == pair


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ((), ["speaks of “Neutrino-mass models”, as in your description"]),
        (
            ("xenon",),
            ["matches “xenon”", "speaks of “Neutrino-mass models”, as in your description"],
        ),
    ],
)
def test_a_description_is_quoted_by_its_phrases(keywords: tuple[str, ...], told: list[str]) -> None:
    """What stands side by side in free text and paper says more than the rarest word alone."""
    about = "I work on neutrino mass models and on small xenon detectors."
    paper = Paper(("arxiv:n.3",), "Neutrino-mass models", abstract="Small, with xenon.")
    reader = reader_of(Interest("N", keywords=keywords, about=about))
    picks = picks_of(rank(reader, pool=[*POOL, paper])[0])
    found = next(pick for pick in picks if pick.paper.id == paper.id)
    assert [reason.text for reason in found.reasons] == told


@pytest.mark.parametrize(
    ("interest", "told"),
    [
        (
            Interest("N", keywords=("réseaux de neutrinos",)),
            ["speaks of “neutrinos”, as in “réseaux de neutrinos”"],
        ),
        (Interest("N", keywords=("modèles de la langue",)), []),
        (Interest("N", about="les modèles de la langue"), []),
        (Interest("N", keywords=("LA modèles",)), ["speaks of “la”, as in “LA modèles”"]),
    ],
)
def test_small_words_of_other_languages_found_no_pick(interest: Interest, told: list[str]) -> None:
    """Among English papers "de" is rare, but who asks in French does not ask for it."""
    paper = Paper(("arxiv:n.5",), "De-noising neutrinos", abstract="After de la Cruz, de-noised.")
    picks = picks_of(rank(reader_of(interest), pool=[*POOL, paper])[0])
    found = [pick.reasons[0].text for pick in picks if pick.paper.id == paper.id]
    assert found == told


def test_a_lone_word_of_a_description_stands_beside_no_better_reason() -> None:
    """One word in common, and be it rare, adds nothing to a keyword that was found."""
    paper = Paper(("arxiv:n.4",), "Xenon", abstract="A small one.")
    reasons = []
    for keywords in (("xenon",), ()):
        interest = Interest("N", keywords=keywords, about="Xenon, and small noble gases.")
        picks = picks_of(rank(reader_of(interest), pool=[*POOL, paper])[0])
        found = next(pick for pick in picks if pick.paper.id == paper.id)
        reasons.append([reason.text for reason in found.reasons])
    assert reasons == [["matches “xenon”"], ["speaks of “Xenon”, as in your description"]]


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ("Neutrinos since 2017", []),
        ("Neutrinos in 2017 2018", []),
        ("2017", ["speaks of “2017”, as in your description"]),
    ],
)
def test_a_number_of_a_description_finds_no_pick(about: str, told: list[str]) -> None:
    """A year beside words says of no paper that it is wanted; alone it is all that is asked for."""
    paper = Paper(("arxiv:n.6",), "Xenon", abstract="A small one of 2017 2018, with xenon.")
    picks = picks_of(rank(reader_of(Interest("N", about=about)), pool=[*POOL, paper])[0])
    found = [pick.reasons[0].text for pick in picks if pick.paper.id == paper.id]
    assert found == told


def test_of_liked_papers_that_one_is_named_that_says_the_same() -> None:
    """The first liked paper of a list has nothing in common with what another one brings."""
    lone = Paper(("arxiv:l.1",), "Pollen traps", abstract="Of bees.")
    liked = Paper(("arxiv:l.2",), "Xenon", abstract=" ".join(map("word{}".format, range(400))))
    paper = Paper(("arxiv:n.7",), "Lamps", abstract=f"Made of xenon by {POOL[0].abstract}")
    interest = Interest("N", like=(lone.id, liked.id))
    reader = Reader(make_subscriber(interest), {lone.id: lone, liked.id: liked})
    picks = picks_of(rank(reader, pool=[*POOL, paper])[0])
    found = next(pick for pick in picks if pick.paper.id == paper.id)
    assert found.reasons[0].text == "related to “Xenon” by “xenon”"


@pytest.mark.parametrize(
    ("keywords", "to"),
    [
        (("enzyme", "pollen"), "related to “enzyme” by “"),  # no paper says pollen
        (("enzyme", "quasar"), "related to your key words by “"),
    ],
)
def test_one_of_several_key_words_is_not_named_by_chance(
    keywords: tuple[str, ...], to: str
) -> None:
    """What is close to several key words together comes by any of them."""
    said = re.compile("enzyme|quasar")
    silent = [Paper(p.ids, "Ligands", abstract=said.sub("ligand", p.abstract)) for p in POOL]
    picks = picks_of(rank(reader_of(Interest("N", keywords=keywords)), pool=silent)[0])
    found = [r.text for pick in picks for r in pick.reasons if r.text.startswith("related")]
    assert found
    assert all(text.startswith(to) for text in found)


@pytest.mark.parametrize(("said", "found"), [("De la que", False), ("LES", True)])
def test_small_words_of_other_languages_relate_nothing(said: str, *, found: bool) -> None:
    """Two papers in Spanish have more in common than "de", or nothing that tells."""
    text = f"{said} casa, casa"
    archive = [Paper((f"x:{i}",), said, abstract=f"{text} w{i} en el x{i}.") for i in range(9)]
    paper = Paper(("x:a",), said, abstract=f"La {said} ventana.")
    reader = reader_of(Interest("N", keywords=("casa",)))
    [letter] = rank(reader, pool=[*POOL, paper], index=INDEX.extended(archive))
    assert (paper in [pick.paper for pick in picks_of(letter)]) is found


WORDS = st.sampled_from([w for words in TOPICS.values() for w in words.split()])


@settings(max_examples=40)
@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=4),
    st.lists(st.sampled_from([p.id for p in ARCHIVE]), max_size=4),
    st.text(max_size=30),
)
def test_every_reason_can_be_checked(keywords: list[str], like: list[str], about: str) -> None:
    """The evidence stands in the paper and the origin in the profile, for every pick."""
    scene = _scene()
    interest = Interest("Any", keywords=tuple(keywords), like=tuple(like), about=about)
    for pick in picks_of(rank_block(scene, [reader_of(interest)])[0]):
        assert pick.reasons
        for reason in pick.reasons:
            assert reason.evidence in f"{pick.paper.title}\n{pick.paper.abstract}"
            assert reason.evidence
            assert reason.origin in {*keywords, *like} or reason.origin in about.casefold()


_SCENES: list = []


def _scene():  # type: ignore[no-untyped-def]
    if not _SCENES:
        _SCENES.append(open_scene(INDEX, POOL, options=Options(), now=NOW))
    return _SCENES[0]
