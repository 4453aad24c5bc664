"""What sets examples apart from near misses is learnt, where there are enough examples."""

import numpy as np
from scipy import sparse

from digest.models import Interest, Paper
from digest.ranking.contrasting import ENOUGH, MOST_EXAMPLES, NEAR_MISSES, set_apart
from digest.ranking.day import open_day, score_day
from digest.ranking.fitting import KEPT_TERMS, fit_interests
from digest.ranking.index import Index
from digest.ranking.readers import Wish, read_wish
from digest.ranking.space import Space, build_space
from tests.ranking.papers import TOPICS, make_paper, make_papers

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


def _set_apart(papers: list[Paper], archive: list[Paper] = ARCHIVE) -> sparse.csr_array:
    """Return the shares that are learnt of an interest with these examples."""
    space = _space(archive)
    shown, sample = space.features(papers), space.sample
    rows, shares = set_apart(_owned(len(papers)), shown.latent, sample.latent)
    assert shares.shape == (len(rows), len(papers) + len(sample.latent))
    return shares


def test_few_examples_teach_nothing() -> None:
    """Under the switch-over the mean of the examples stands alone."""
    for count in (1, ENOUGH - 1, ENOUGH):
        assert _set_apart(GALAXIES[:count]).shape[0] == (count >= ENOUGH)


def test_a_young_archive_teaches_nothing() -> None:
    """Where nearly everything would be a near miss, nothing is learnt."""
    assert not _set_apart(GALAXIES[:ENOUGH], ARCHIVE[:300]).shape[0]


def test_an_archive_of_twins_teaches_nothing() -> None:
    """Where near misses say what the examples say, scores stay numbers."""
    one = make_paper(1, "galaxy")
    twins = [Paper((f"arxiv:twin.{n}",), one.title, abstract=one.abstract) for n in range(450)]
    space = _space(twins)
    fitted = fit_interests(space, [_wish(twins[:ENOUGH])])
    assert np.isfinite(score_day(fitted, open_day(space, space.features(twins[:5])))).all()


def test_examples_draw_and_near_misses_repel() -> None:
    """Shares have their signs and add up to nothing, and a library is cut."""
    shares = _set_apart(GALAXIES).toarray()[0]
    examples, away = shares[: len(GALAXIES)], shares[len(GALAXIES) :]
    assert np.count_nonzero(examples) == MOST_EXAMPLES < len(GALAXIES)
    assert examples[-1]
    assert (examples >= 0).all()
    assert (away <= 0).all()
    assert np.count_nonzero(away) == NEAR_MISSES
    assert abs(shares.sum()) < 1e-3


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
