"""`digest explain` lays open arithmetic that adds up."""

import pytest

from digest.config.schema import Ranking as Options
from digest.models import Interest
from digest.ranking.explaining import explain_paper
from digest.ranking.index import Index
from digest.ranking.ranker import rank_block
from digest.ranking.readers import Reader
from digest.ranking.scene import Scene, open_scene
from tests.ranking.papers import NOW, make_paper, make_papers, make_subscriber

POOL = [*make_papers(60, start=400), make_paper(900, "graph", authors=("Tri Dao",))]


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A day of sixty-one papers over an archive of four hundred."""
    index = Index.empty().extended(make_papers(400))
    return open_scene(index, POOL, options=Options(), now=NOW)


READER = Reader(
    make_subscriber(
        Interest("Sky", keywords=("galaxy redshift",), authors=("T. Dao",)),
        Interest("Folding", like=("arxiv:protein.1",), avoid=("enzyme",)),
        Interest("Robots", like=tuple(f"arxiv:robot.{n}" for n in range(4, 44, 5))),
    ),
    {paper.id: paper for paper in make_papers(44)},
)


@pytest.mark.parametrize("paper", POOL[:10] + POOL[-1:], ids=lambda paper: paper.id)
def test_the_parts_add_up(scene: Scene, paper) -> None:  # type: ignore[no-untyped-def]
    """Points and offset are the score, unless the paper is barred."""
    for seen in explain_paper(scene, READER, paper.id).interests:
        if seen.score != float("-inf"):
            total = seen.offset + sum(part.points for part in seen.parts)
            assert total == pytest.approx(seen.score, abs=1e-3)
            for part in seen.parts:
                assert part.points == pytest.approx(part.gain * (part.value - part.usual))


def test_picked_papers_are_said_to_be(scene: Scene) -> None:
    """The verdict agrees with the letter, paper by paper."""
    letter = rank_block(scene, [READER])[0]
    picked = {pick.paper.id for section in letter.sections for pick in section.picks}
    for paper in POOL:
        found = explain_paper(scene, READER, paper.id)
        assert found.picked == (paper.id in picked)
        assert found.verdict.startswith("Picked" if found.picked else "Not picked")
        assert found.verdict.endswith(".")


def test_neighbours_stand_above_and_below(scene: Scene) -> None:
    """The papers just above score more, those below less."""
    seen = explain_paper(scene, READER, "arxiv:galaxy.407").interests[0]
    for near in seen.neighbours:
        assert (near.score >= seen.score) == (near.rank < seen.rank)


def test_a_paper_of_another_day_is_no_candidate(scene: Scene) -> None:
    """What is not among the candidates cannot be explained."""
    with pytest.raises(KeyError):
        explain_paper(scene, READER, "arxiv:none")


def test_told_papers_are_named(scene: Scene) -> None:
    """An earlier letter is the reason where it is."""
    told = Reader(READER.subscriber, READER.examples, frozenset({"arxiv:galaxy.407"}))
    assert "earlier letter" in explain_paper(scene, told, "arxiv:galaxy.407").verdict


def test_the_interest_it_was_picked_under_says_so(scene: Scene) -> None:
    """Under the interest whose section holds the paper, the verdict is where it stands."""
    letter = rank_block(scene, [READER])[0]
    for section in letter.sections:
        for place, pick in enumerate(section.picks, 1):
            seen = explain_paper(scene, READER, pick.paper.id).interests
            verdicts = {one.interest: one.verdict for one in seen}
            assert verdicts[section.title] == f"Picked: number {place} of “{section.title}”."
            others = [said for name, said in verdicts.items() if name != section.title]
            assert not any(said.startswith("Picked") for said in others)


def test_of_an_empty_day_no_better_papers_are_told(scene: Scene) -> None:
    """Good papers that were too few say so, and no others took their places."""
    sky = Interest("Sky", keywords=("galaxy redshift",))
    [letter] = rank_block(scene, [Reader(make_subscriber(sky, papers=50))])
    good = [pick.paper.id for pick in letter.sections[0].picks]
    reader = Reader(make_subscriber(sky, papers=50, min_papers=len(good) + 1))
    told = f"a letter must hold {len(good) + 1} such papers, and here are {len(good)}"
    for paper in good:
        found = explain_paper(scene, reader, paper)
        assert found.verdict == f"Not picked: it was good enough, but {told}."
        assert found.interests[0].verdict in found.verdict
