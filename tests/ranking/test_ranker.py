"""Readers get letters that are theirs, whatever the profile, the day and the archive."""

from dataclasses import replace

import pytest

from digest.config.schema import Ranking as Options
from digest.config.schema import SignalWeights
from digest.models import Interest, Paper, Signals, Subscriber
from digest.ranking.index import Index
from digest.ranking.ranker import (
    BEYOND,
    Ranking,
)
from digest.ranking.readers import Reader
from tests.ranking.papers import (
    ARCHIVE,
    NOW,
    POOL,
    TOPICS,
    make_paper,
    make_subscriber,
    picks_of,
    rank,
    reader_of,
    upvoted,
)


def _topics(ranking: Ranking) -> set[str]:
    return {pick.paper.id.split(":")[1].split(".")[0] for pick in picks_of(ranking)}


def test_keywords_find_their_topic() -> None:
    """A letter for galaxies holds galaxies only, the best first."""
    ranking = rank(reader_of(Interest("Sky", keywords=("galaxy redshift", "quasar"))))[0]
    assert _topics(ranking) == {"galaxy"}
    scores = [pick.score for pick in ranking.sections[0].picks]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 10
    assert min(scores) >= Options().threshold


def test_examples_find_their_topic() -> None:
    """Three liked papers do as well as keywords."""
    liked = ("arxiv:protein.1", "arxiv:protein.6", "arxiv:protein.11")
    assert _topics(rank(reader_of(Interest("Folding", like=liked)))[0]) == {"protein"}


def test_free_text_finds_its_topic() -> None:
    """A sentence about an interest is enough."""
    about = "I work on robots that learn manipulation from reward."
    assert _topics(rank(reader_of(Interest("Robots", about=about)))[0]) == {"robot"}


def test_words_said_together_come_before_the_same_words_apart() -> None:
    """Keywords without examples prefer their pair of words side by side, as examples do."""
    text = make_paper(900, "cache").abstract
    together = Paper(("arxiv:1.1",), "A study", abstract=f"Of quartz lattice. {text} In a method.")
    apart = Paper(("arxiv:1.2",), "A study", abstract=f"Of quartz. {text} In a lattice method.")
    known = Index.empty().extended([*ARCHIVE, together, apart])
    reader, scores = reader_of(Interest("Q", keywords=("quartz lattice",))), []
    for paper in (together, apart):
        picks = picks_of(rank(reader, pool=[paper, *POOL], index=known)[0])
        scores += [pick.score for pick in picks if pick.paper == paper]
    assert scores[0] > scores[1] + 0.1


def test_two_interests_share_the_letter_by_weight() -> None:
    """Weight 4 to 1 gives eight and two places."""
    big = Interest("Sky", keywords=("galaxy",), weight=4)
    small = Interest("Robots", keywords=("robot grasp",), weight=1)
    sections = rank(reader_of(big, small))[0].sections
    assert [(s.title, len(s.picks)) for s in sections] == [("Sky", 8), ("Robots", 2)]


def test_nothing_told_comes_again() -> None:
    """A paper once sent stays out under any of its identities."""
    reader = reader_of(Interest("Sky", keywords=("galaxy",)))
    first = {pick.paper.id for pick in picks_of(rank(reader)[0])}
    again = picks_of(rank(replace(reader, told=frozenset(first)))[0])
    assert again
    assert first.isdisjoint(pick.paper.id for pick in again)


def test_a_followed_author_is_always_in() -> None:
    """Whatever the words, a followed author's paper is picked and the reason says so."""
    paper = make_paper(900, "graph", authors=("Tri Dao", "Ann Other"))
    interest = Interest("Sky", keywords=("galaxy",), authors=("Dao, T.",))
    picks = picks_of(rank(reader_of(interest), pool=[*POOL, paper])[0])
    found = next(pick for pick in picks if pick.paper.id == paper.id)
    assert found.reasons[0].text == "by Tri Dao, whom you follow"
    assert found.reasons[0].evidence in paper.authors


def test_authors_alone_are_an_interest() -> None:
    """An interest that only follows somebody holds their papers and nothing else."""
    paper = make_paper(900, "graph", authors=("Tri Dao",))
    ranking = rank(reader_of(Interest("Tri", authors=("Tri Dao",))), pool=[*POOL, paper])[0]
    assert [pick.paper.id for pick in picks_of(ranking)] == [paper.id]


def test_categories_alone_are_an_interest() -> None:
    """An interest that only names a category holds papers filed there."""
    paper = make_paper(900, "graph", categories=("cs.SI",))
    ranking = rank(reader_of(Interest("Nets", categories=("cs.si",))), pool=[*POOL, paper])[0]
    assert [pick.paper.id for pick in picks_of(ranking)] == [paper.id]
    assert picks_of(ranking)[0].reasons[0].text == "in cs.SI"


def test_avoided_words_bar_a_paper() -> None:
    """What says an avoided phrase is out, also when `-phrase` stands among the keywords."""
    planet = replace(make_paper(990, "galaxy"), title="Galaxy halos around exoplanets")
    for interest in (
        Interest("Sky", keywords=("galaxy",), avoid=("exoplanet",)),
        Interest("Sky", keywords=("galaxy", "-exoplanet")),
    ):
        picks = picks_of(rank(reader_of(interest, papers=50), pool=[*POOL, planet])[0])
        assert picks
        assert planet.id not in {pick.paper.id for pick in picks}


def test_a_paper_liked_in_one_interest_is_no_news_for_another() -> None:
    """Nor is another record of it, known by its title."""
    liked = next(paper for paper in ARCHIVE if paper.id.startswith("arxiv:galaxy"))
    again = replace(liked, ids=("doi:10.1000/again",))
    reader = reader_of(
        Interest("Sky", like=(liked.id,)), Interest("Words", keywords=(liked.title,)), papers=30
    )
    with_both = rank(reader, pool=[*POOL, liked, again])[0]
    without = rank(replace(reader, examples={}), pool=[*POOL, liked, again])[0]
    assert {liked.id, again.id} & {pick.paper.id for pick in picks_of(without)}
    assert not {liked.id, again.id} & {pick.paper.id for pick in picks_of(with_both)}


def test_avoided_papers_are_in_no_part_of_a_letter() -> None:
    """Neither exploring nor what is trending brings a paper that an interest avoids."""
    pool = [upvoted(paper, 100) for paper in POOL]
    interests = (Interest("Sky", keywords=("galaxy",)), Interest("Nets", avoid=("protein",)))
    for keywords in (("graph",), ("medieval pottery",)):
        several = (interests[0], replace(interests[1], keywords=keywords))
        letter = rank(reader_of(*several, papers=60, explore=0.5), pool=pool)[0]
        shown = [*letter.sections[-1].picks, *letter.trending]
        assert letter.sections[-1].title == BEYOND
        assert len(shown) > 4
        assert not [p for p in shown if "protein" in f"{p.paper.title} {p.paper.abstract}".lower()]


def test_a_weak_day_is_short() -> None:
    """Two papers of the topic among sixty give two picks, not ten."""
    pool = [p for p in POOL if "galaxy" not in p.id] + [make_paper(990, "galaxy")]
    assert len(picks_of(rank(reader_of(Interest("Sky", keywords=("galaxy",))), pool=pool)[0])) == 1


def test_too_few_is_an_empty_day() -> None:
    """Fewer good papers than `min_papers` give no sections."""
    pool = [p for p in POOL if "galaxy" not in p.id] + [make_paper(990, "galaxy")]
    reader = reader_of(Interest("Sky", keywords=("galaxy",)), min_papers=2)
    assert rank(reader, pool=pool)[0] == Ranking()


def test_a_letter_in_any_case_takes_few_along() -> None:
    """It would say that nothing was good enough, and the next one looks at later papers only."""
    pool = [p for p in POOL if "galaxy" not in p.id] + [make_paper(990, "galaxy")]
    sky = Interest("Sky", keywords=("galaxy",))
    reader = reader_of(sky, min_papers=2, when_empty="send")
    assert [pick.paper.id for pick in picks_of(rank(reader, pool=pool)[0])] == ["arxiv:galaxy.990"]


def test_thin_days_show_what_is_trending() -> None:
    """Where less than half a letter was found, three upvoted papers follow, and say why."""
    pool = [upvoted(p, 10 + i) for i, p in enumerate(POOL) if "galaxy" not in p.id]
    pool.append(make_paper(990, "galaxy"))
    ranking = rank(reader_of(Interest("Sky", keywords=("galaxy",))), pool=pool)[0]
    assert [p.reasons[0].text for p in ranking.trending] == ["popular on Hugging Face"] * 3
    assert not {p.paper.id for p in ranking.trending} & {p.paper.id for p in picks_of(ranking)}


def test_exploration_is_beyond_the_topics_and_repeats() -> None:
    """One place in ten goes beyond; the same day gives the same paper, another day another."""
    reader = reader_of(Interest("Sky", keywords=("galaxy",)), explore=0.1)
    section = rank(reader)[0].sections[-1]
    assert section.title == BEYOND
    assert [reason.text for reason in section.picks[0].reasons] == ["outside your usual topics"]
    assert section.picks[0].score < Options().threshold
    assert rank(reader)[0].sections[-1] == section
    days = {
        rank(reader, now=NOW.replace(day=day))[0].sections[-1].picks[0].paper.id
        for day in range(1, 15)
    }
    assert len(days) > 1


@pytest.mark.parametrize(
    ("asked", "printed", "reason"),
    [
        ("q-bio", "q-bio.NC", "in q-bio.NC"),
        ("cs.*", "cs.SI", "in cs.SI"),
        ("CS", "cs.SI", "in cs.SI"),
        ("hep-th", "hep-th", "in hep-th"),
        ("cancer_biology", "Cancer Biology", "in Cancer Biology"),
        ("cs", "eess.SP", ""),
        ("c", "cs.SI", ""),
    ],
)
def test_an_archive_stands_for_its_classes(asked: str, printed: str, reason: str) -> None:
    """As below `arxiv:`, `cs` means all of cs; case and underscores make no difference."""
    paper = make_paper(900, "graph", categories=(printed,))
    ranking = rank(reader_of(Interest("Nets", categories=(asked,))), pool=[*POOL, paper])[0]
    assert [pick.reasons[0].text for pick in picks_of(ranking)] == [reason] * bool(reason)


def test_exploration_says_where_it_stays_in_a_category_asked_for() -> None:
    """Of a reader's own category no paper is outside all that they named."""
    pool = [replace(paper, categories=("math.CO",)) for paper in POOL]
    reader = reader_of(Interest("Sky", keywords=("galaxy",), categories=("math.co",)), explore=0.1)
    pick = rank(reader, pool=pool)[0].sections[-1].picks[0]
    assert pick.reasons[0].text == "in math.CO, but outside your usual topics"


def test_exploration_does_not_depend_on_the_order_of_the_pool() -> None:
    """The draw belongs to the reader, the day and the paper, not to where the paper stands."""
    reader = reader_of(Interest("Sky", keywords=("galaxy",)), explore=0.3)
    beyond = [
        {pick.paper.id for pick in rank(reader, pool=pool)[0].sections[-1].picks}
        for pool in (POOL, POOL[::-1])
    ]
    assert beyond[0] == beyond[1]
    assert len(beyond[0]) == 3


def test_equal_interests_of_two_readers_keep_their_names_and_letters() -> None:
    """What is scored once for both is told each under their own name, without what they had."""
    first = reader_of(Interest("Sky", keywords=("galaxy",)))
    second = reader_of(Interest("Stars", keywords=("galaxy",), weight=3))
    one = rank(first)[0]
    had = frozenset({one.sections[0].picks[0].paper.id})
    both = rank(first, replace(second, told=had))
    assert both[0] == one
    assert {pick.interest for pick in picks_of(both[1])} == {"Stars"}
    assert had.isdisjoint(pick.paper.id for pick in picks_of(both[1]))
    reasons = {pick.paper.id: pick.reasons for pick in picks_of(one)}
    shared = [pick for pick in picks_of(both[1]) if pick.paper.id in reasons]
    assert shared
    assert all(pick.reasons == reasons[pick.paper.id] for pick in shared)


def test_equal_entries_that_name_different_papers_are_not_the_same_interest() -> None:
    """Titles resolve per reader: the letters follow the papers, not the words."""
    interest = Interest("Liked", like=("My paper",))
    readers = [
        Reader(make_subscriber(interest), {"My paper": make_paper(1, topic)})
        for topic in ("galaxy", "robot")
    ]
    assert [_topics(ranking) for ranking in rank(*readers)] == [{"galaxy"}, {"robot"}]


def test_signals_can_be_switched_off() -> None:
    """Weight 0 makes upvotes and followed authors count for nothing."""
    off = SignalWeights(upvotes=0, github_stars=0, authors=0, categories=0)
    paper = make_paper(900, "graph", authors=("Tri Dao",), signals=Signals(upvotes=500))
    reader = reader_of(Interest("Sky", keywords=("galaxy",), authors=("Tri Dao",)))
    pool = [*POOL, paper]
    options = Options(signals=off)
    ranking = rank(reader, pool=pool, options=options)[0]
    assert paper.id not in {pick.paper.id for pick in picks_of(ranking)}


def test_a_letter_is_the_same_alone_and_in_company() -> None:
    """Nobody's letter depends on who else is ranked in the run."""
    readers = [
        reader_of(Interest(name, keywords=tuple(words.split()[:2])), explore=0.2)
        for name, words in TOPICS.items()
    ]
    together = rank(*readers)
    for reader, ranking in zip(readers, together, strict=True):
        alone = rank(reader)[0]
        assert [p.paper.id for p in picks_of(alone)] == [p.paper.id for p in picks_of(ranking)]


@pytest.mark.parametrize("archive", [0, 3, 60, 299])
def test_young_archives_give_sensible_letters(archive: int) -> None:
    """From the first day on, what says the keyword is in, and other topics are not."""
    index = Index.empty().extended(ARCHIVE[:archive])
    ranking = rank(reader_of(Interest("Sky", keywords=("galaxy",))), index=index)[0]
    assert _topics(ranking) == {"galaxy"}
    assert len(picks_of(ranking)) >= 8


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_handful_of_papers_is_enough(size: int) -> None:
    """With no more than the day's few papers, the matching one is picked and only that."""
    pool = [make_paper(1, "galaxy"), make_paper(2, "robot"), make_paper(3, "graph")][:size]
    reader = reader_of(Interest("Sky", keywords=("galaxy",)))
    ranking = rank(reader, pool=pool, index=Index.empty())[0]
    assert [pick.paper.id for pick in picks_of(ranking)] == ["arxiv:galaxy.1"]


@pytest.mark.parametrize(
    "interest",
    [
        Interest("Nothing"),
        Interest("Unknown", keywords=("medieval pottery",)),
        Interest("Stop", keywords=("the", "of and")),
        Interest("Blank", keywords=("", "  ", "***")),
        Interest("Lost", like=("arxiv:9999.99999", "No such title")),
    ],
)
def test_a_profile_that_matches_nothing(interest: Interest) -> None:
    """It gets no picks and breaks nothing."""
    assert rank(reader_of(interest))[0] == Ranking()


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ("RL", "Safe RL for everyone"),
        ("AI", "AI in the clinic"),
        ("C++", "Templates in C++ compilers"),
        ("μάθηση", "Βαθιά μάθηση για όλους"),
        ("语言模型", "大语言模型的推理"),
        ("機械学習", "機械学習による予測"),
        ("обучение", "Глубокое обучение графов"),
        ('"state space models"', "Selective state space models"),
        ("diffusion AND transport", "Diffusion and optimal transport"),
        ("Schrodinger", "The Schrödinger bridge"),
    ],
)
def test_keywords_of_every_kind(keyword: str, title: str) -> None:
    """Two letters, punctuation, other scripts, quotes and operators find their paper."""
    paper = Paper(("arxiv:x.1",), title, abstract="A short abstract about something.")
    ranking = rank(reader_of(Interest("Any", keywords=(keyword,))), pool=[*POOL, paper])[0]
    assert [pick.paper.id for pick in picks_of(ranking)][:1] == ["arxiv:x.1"]
    assert picks_of(ranking)[0].reasons[0].evidence in title


def test_quotes_bind() -> None:
    """A quoted phrase wants its words side by side."""
    apart = Paper(("arxiv:x.1",), "Space of states in models of cities")
    whole = Paper(("arxiv:x.2",), "Selective state space models")
    reader = reader_of(Interest("SSM", keywords=('"state space"',)))
    picks = picks_of(rank(reader, pool=[*POOL, apart, whole])[0])
    assert [pick.paper.id for pick in picks] == ["arxiv:x.2"]


def test_one_broken_interest_costs_only_itself() -> None:
    """The other interests and the other readers get their papers, and the letter knows."""
    broken = Interest("Broken", keywords=(None,))  # type: ignore[arg-type]
    good = Interest("Sky", keywords=("galaxy",))
    mixed, whole, lost = rank(reader_of(broken, good), reader_of(good), reader_of(broken))
    assert _topics(mixed) == {"galaxy"}
    assert mixed.problem == "The interest “Broken” could not be ranked; see the log."
    assert whole.problem == ""
    assert _topics(whole) == {"galaxy"}
    assert lost == Ranking(problem="The interest “Broken” could not be ranked; see the log.")


def test_near_duplicates_appear_once() -> None:
    """The same paper under two identities takes one place."""
    twin = replace(make_paper(990, "galaxy"), ids=("doi:10.1/twin",))
    pool = [*POOL, make_paper(990, "galaxy"), twin]
    picks = picks_of(
        rank(reader_of(Interest("Sky", keywords=("galaxy",)), papers=50), pool=pool)[0]
    )
    assert sum(pick.paper.title == twin.title for pick in picks) == 1


def test_no_interests_get_what_is_trending() -> None:
    """A subscriber without interests is not an error."""
    pool = [upvoted(paper, 50) for paper in POOL]
    assert len(rank(Reader(Subscriber("b@example.org")), pool=pool)[0].trending) == 3
