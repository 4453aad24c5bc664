"""What sets examples apart from near misses is learnt, where there are enough examples."""

import numpy as np
from scipy import sparse

from digest.models import Interest, Paper
from digest.ranking.contrasting import (
    ENOUGH,
    GROUP,
    MOST_EXAMPLES,
    find_contrasts,
    less_near_misses,
)
from digest.ranking.day import open_day, score_day
from digest.ranking.fitting import KEPT_TERMS, fit_interests
from digest.ranking.index import Index
from digest.ranking.readers import Wish, read_wish
from digest.ranking.space import Space, build_space
from tests.ranking.papers import TOPICS, make_paper, make_papers

WEIGHTS = (40.0, 9.0, 0.0)
ARCHIVE = make_papers(600)
GALAXIES = [paper for paper in ARCHIVE if "galaxy" in paper.id]


def _space(papers: list[Paper] = ARCHIVE) -> Space:
    return build_space(Index.empty().extended(papers))


def _wish(papers: list[Paper]) -> Wish:
    examples = {paper.id: paper for paper in papers}
    interest = Interest("Liked", like=tuple(examples))
    return read_wish(interest, examples)


def _owned(count: int) -> sparse.csr_array:
    return sparse.csr_array(np.ones((1, count), np.float32))


def test_few_examples_teach_nothing() -> None:
    """Under the switch-over the mean of the examples stands alone."""
    space = _space()
    for count in (1, ENOUGH - 1, ENOUGH):
        papers = space.comparable(GALAXIES[:count])
        found = list(find_contrasts(space, WEIGHTS, _owned(count), papers))
        assert len(found) == (count >= ENOUGH)


def test_a_young_archive_teaches_nothing() -> None:
    """Where nearly everything would be a near miss, nothing is learnt."""
    space = _space(ARCHIVE[:300])
    papers = space.comparable(GALAXIES[:ENOUGH])
    assert not list(find_contrasts(space, WEIGHTS, _owned(ENOUGH), papers))


def test_an_archive_of_twins_teaches_nothing() -> None:
    """Where nothing is a near miss there is nothing to learn, and scores stay numbers."""
    one = make_paper(1, "galaxy")
    twins = [Paper((f"arxiv:twin.{n}",), one.title, abstract=one.abstract) for n in range(450)]
    space = _space(twins)
    papers = space.comparable(twins[:ENOUGH])
    [found] = find_contrasts(space, WEIGHTS, _owned(ENOUGH), papers)
    assert not len(found.near)
    assert not found.shares.any()
    fitted = fit_interests(space, [_wish(twins[:ENOUGH])])
    assert np.isfinite(score_day(fitted, open_day(space, space.features(twins[:5])))).all()


def test_examples_draw_and_near_misses_repel() -> None:
    """Shares have their signs, no example is its own near miss, and a library is cut."""
    space = _space()
    papers = space.comparable(GALAXIES)
    [found] = find_contrasts(space, WEIGHTS, _owned(len(GALAXIES)), papers)
    assert len(found.examples) == MOST_EXAMPLES < len(GALAXIES)
    assert found.examples[-1] == len(GALAXIES) - 1
    assert (found.shares > 0).all()
    assert (found.away < 0).all()
    sample = [ARCHIVE[row].id for row in found.near]
    assert {GALAXIES[column].id for column in found.examples}.isdisjoint(sample)


def test_the_heaviest_terms_of_the_difference_are_kept() -> None:
    """Of the examples less the near misses, the heaviest terms have their values."""
    space = _space()
    papers = space.comparable(GALAXIES[:ENOUGH])
    [found] = find_contrasts(space, WEIGHTS, _owned(ENOUGH), papers)
    drawn = sparse.csr_array(papers.matched.sum(axis=0)[None, :])
    away = np.zeros((1, len(space.sample.latent)), np.float32)
    away[0, found.near] = found.away
    whole = (drawn + away @ space.sample.matched).ravel()
    whole /= np.linalg.norm(whole)
    moved = less_near_misses(space, sparse.csr_array(away), drawn, 30)
    heaviest = np.argsort(-np.abs(whole) * space.weights.reach)[:30]
    assert set(heaviest.tolist()) <= set(moved.indices.tolist())
    np.testing.assert_allclose(moved.data, whole[moved.indices], atol=1e-6)


def test_many_interests_are_learnt_in_groups() -> None:
    """Where a group ends makes no difference."""
    space = _space()
    papers = space.comparable(GALAXIES)
    many = GROUP // MOST_EXAMPLES + 2
    owned = sparse.csr_array(np.ones((many, len(GALAXIES)), np.float32))
    found = list(find_contrasts(space, WEIGHTS, owned, papers))
    assert [contrast.row for contrast in found] == list(range(many))
    for contrast in found:
        np.testing.assert_allclose(contrast.shares, found[0].shares, atol=1e-4)
        assert (contrast.near == found[0].near).all()


def test_what_is_learnt_counts_in_32_bits() -> None:
    """Else every product with it would be widened."""
    fitted = fit_interests(_space(), [_wish(GALAXIES[:ENOUGH]), _wish(GALAXIES[:2])])
    assert fitted.matched.indices.dtype == fitted.matched.indptr.dtype == np.int32


def test_what_near_misses_say_counts_against_a_paper() -> None:
    """Of two papers like the examples, the one that speaks as near misses do comes last."""
    mine = [_said(n, "quasar spectroscopy") for n in range(ENOUGH)]
    others = [_said(100 + n, "merger simulation") for n in range(60)]
    space = _space([*ARCHIVE, *others, *mine])
    pool = [_said(900, "quasar spectroscopy"), _said(901, "quasar merger simulation")]
    day = open_day(space, space.features(pool))
    taught = score_day(fit_interests(space, [_wish(mine)]), day)[0]
    untaught = score_day(fit_interests(space, [_wish(mine[:-1])]), day)[0]
    assert taught[0] - taught[1] > untaught[0] - untaught[1] > 0


def _said(number: int, words: str) -> Paper:
    paper = make_paper(number, "galaxy")
    return Paper((f"arxiv:said.{number}",), paper.title, abstract=f"{paper.abstract} {words}.")


def test_an_interest_is_learnt_alone() -> None:
    """Its vectors do not depend on the others of the block."""
    space = _space()
    wishes = [
        _wish([p for p in ARCHIVE if topic in p.id][: 5 + n]) for n, topic in enumerate(TOPICS)
    ]
    together = fit_interests(space, wishes)
    for row, wish in enumerate(wishes):
        alone = fit_interests(space, [wish])
        np.testing.assert_allclose(together.latent[row], alone.latent[0], atol=1e-5)
        gap = together.matched[[row]] - alone.matched
        assert abs(gap).max() < 1e-5


def test_who_has_too_few_examples_is_not_touched_by_who_learns() -> None:
    """Of more terms than are kept, exactly the same stay with the same weights beside a learner."""
    long = [make_paper(n, topic, size=600) for n in range(4) for topic in TOPICS]
    space = _space([*ARCHIVE, *long])
    few, many = _wish(long[: ENOUGH - 1]), _wish(GALAXIES[:ENOUGH])
    alone, beside = fit_interests(space, [few]), fit_interests(space, [few, many])
    assert alone.matched.nnz == KEPT_TERMS
    gap = beside.matched[[0]] - alone.matched
    assert abs(gap).max() < 1e-7
