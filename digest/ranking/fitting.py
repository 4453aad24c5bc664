"""Turns interests into vectors whose product with a paper's is a score on one scale.

The recipe: examples are the mean of their vectors minus the archive's mean (Rocchio 1971 with the
background as the negative), moved towards what sets them apart where there are enough of them;
keywords are a BM25 query, and without examples the best papers of the archive stand in for them
(pseudo-relevance feedback), and the words themselves, read as a paper.
Each part is measured in standard deviations over a sample of the archive, and so is the weighted
sum: interests, days and parts compare.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from digest.models import Paper
from digest.ranking.arrays import Array, Rows, unit_length
from digest.ranking.contrasting import set_apart
from digest.ranking.matrices import cells_of, sparse
from digest.ranking.postings import Postings, in_blocks, mixed, products
from digest.ranking.readers import Wish
from digest.ranking.space import BM25_K1, Features, Space, heaviest

PARTS = ("matched", "latent", "keywords", "semantic")
MATCHED, LATENT, KEYWORDS, SEMANTIC = range(4)

LATENT_WEIGHT = 1.15  # against 1 for matched terms
LATENT_OF_WORDS = 2.0  # of key words in an old archive: they say less than papers do
KEYWORDS_BESIDE = 0.25  # keywords' weight where there are examples too
KEYWORDS_ALONE = 0.5  # and where there are none
STAND_IN_WEIGHT = 1.5  # of the vectors of stand-ins and of the words as if they were a paper
MEANING_ALONE = 3.0  # embeddings' weight where there are words alone, times the configured one
WORDS_MEANING = 0.25  # of the embedding of key words beside that of examples
STAND_IN_MEANING = 0.5  # of their embeddings, against 1 for that of the keywords
STAND_INS = 20  # best papers of the archive
KEPT_TERMS = 400  # of an interest: 200 cost 0.005 of nDCG, all of them cost half the speed
LEARNED_TERMS = 800  # of one whose examples were set apart: near misses have their terms, too
BACKGROUND = 0.7  # of the archive's mean is taken away
DISLIKED = 0.1  # of the disliked papers' mean is taken away: a nudge

# A young archive says little about what is usual, so every mean and spread is mixed with that of
# unrelated papers, as if so many of them had been seen: their mean is 0, their spread as measured
# over the interests and archives of the labelled data (cosines; keywords: share of a full match).
PRIOR_PAPERS = 50
PRIOR_SPREAD = (0.025, 0.10, 0.04, 0.10)


@dataclass(frozen=True, slots=True)
class Examples:
    """The papers that some interests name, as vectors of terms."""

    rows: dict[str, int]  # by the paper's id
    matched: sparse.csr_array  # (examples, terms): unit length


@dataclass(frozen=True)  # no slots: one side of a product is made once, when asked for
class Fitted:
    """Some interests as vectors, one row each; those that ask for nothing have no gain."""

    matched: sparse.csr_array  # (interests, terms)
    asked: sparse.csr_array  # (interests, terms): the keywords' query
    latent: Array  # (interests, dimensions)
    semantic: Array  # (interests, dimensions)
    means: Array  # (interests, parts): what is usual in the archive, in the part's own unit
    gains: Array  # (interests, parts): standard deviations of the whole per unit of the part
    offset: Array  # (interests,): added to the sum of gains x (part - mean)
    examples: Examples
    matched_side: tuple[Postings, ...]  # `matched`, laid out for products

    def __len__(self) -> int:
        return len(self.offset)

    @cached_property
    def dense_side(self) -> Array:
        """What is no term, in standard deviations: latent, semantic, the background taken away."""
        latent = self.gains[:, [LATENT]] * self.latent
        semantic = self.gains[:, [SEMANTIC]] * self.semantic
        background = -BACKGROUND * self.gains[:, [MATCHED]]
        return np.hstack((latent, semantic, background)).astype(np.float32)

    @cached_property
    def shift(self) -> Array:
        """What every paper's score starts from, shape (interests,)."""
        usual: Array = (self.gains * self.means).sum(axis=1)
        return self.offset - usual


def fit_interests(space: Space, wishes: Sequence[Wish]) -> Fitted:
    """Turn interests into vectors.

    Args:
        space: of the archive.
        wishes: any number; memory grows with it (about 10 kB each), so hand in blocks.
    """
    asked = _queries(space, wishes)
    shown = np.array([bool(w.liked) for w in wishes], bool)
    mixing, column = _mixing(wishes)
    papers = space.examples(list(column.values()))
    matched, latent, semantic = _learned(mixing, papers, space)
    stand_in = ~shown & (np.diff(asked.indptr) > 0)
    if stand_in.any():
        rows = np.flatnonzero(stand_in)
        matched_too, latent_too, semantic_too = _stand_ins(space, asked[rows])
        said = _as_papers(space, [wishes[row] for row in rows.tolist()])
        matched = _with_rows(matched, rows, sparse.csr_array(matched_too + said.matched))
        latent[rows], semantic[rows] = latent_too + said.latent, STAND_IN_MEANING * semantic_too
    if space.meaning:
        shares = np.where(shown, WORDS_MEANING, 1.0).astype(np.float32)
        words = space.meaning.texts([wish.text for wish in wishes])
        semantic = unit_length(semantic + shares[:, None] * words)
    matched = sparse.csr_array(matched)
    raw = Fitted(
        matched,
        asked,
        latent.astype(np.float32),
        semantic.astype(np.float32),
        np.zeros((len(wishes), len(PARTS)), np.float32),
        _part_weights(space, shown, stand_in, asked),
        np.zeros(len(wishes), np.float32),
        Examples({key: row for row, key in enumerate(column)}, papers.matched),
        tuple(in_blocks(matched)),
    )
    return _calibrated(raw, space)


def _queries(space: Space, wishes: Sequence[Wish]) -> sparse.csr_array:
    """Return how often each term is asked for; terms the archive never saw are left out."""
    rows, numbers, values = [], [], []
    for row, wish in enumerate(wishes):
        for number, value in wish.terms.items():
            rows.append(row)
            numbers.append(number)
            values.append(value)
    places = space.index.places(np.array(numbers, np.uint32))
    known = places >= 0
    at = (np.array(rows, np.int32)[known], places[known].astype(np.int32))
    cells = (np.array(values, np.float32)[known], at)
    return sparse.csr_array(cells, shape=(len(wishes), len(space.index.terms)))


def _mixing(wishes: Sequence[Wish]) -> tuple[sparse.csr_array, dict[str, Paper]]:
    """Return each interest's mean of liked papers, less a little of the disliked ones'.

    Returns:
        Shares, shape (interests, papers), and the papers by id in the order of the columns.
    """
    papers: dict[str, Paper] = {}
    cells: list[tuple[float, int, str]] = []
    for row, wish in enumerate(wishes):
        liked = [paper for _, paper in wish.liked]
        for group, share in ((liked, 1.0), (wish.disliked if liked else (), -DISLIKED)):
            papers |= {paper.id: paper for paper in group}
            cells += [(share / len(group), row, paper.id) for paper in group]
    # Sorted, so that no sum hangs on which papers the others of a block name.
    papers = dict(sorted(papers.items()))
    column = {key: i for i, key in enumerate(papers)}
    shares, rows, keys = zip(*cells, strict=True) if cells else ((), (), ())
    columns = np.array([column[key] for key in keys], np.int32)
    mixing = sparse.csr_array(
        (np.array(shares, np.float32), (np.array(rows, np.int32), columns)),
        shape=(len(wishes), len(papers)),
    )
    return mixing, papers


def _learned(
    mixing: sparse.csr_array, papers: Features, space: Space
) -> tuple[sparse.csr_array, Array, Array]:
    """Return means of examples; of enough examples, moved towards what sets them apart."""
    matched, latent, semantic = _mixed(mixing, papers, space)
    sample, liked = space.sample, sparse.csr_array(mixing > 0)
    rows, shares = set_apart(liked, _close_by(space, papers), _close_by(space, sample))
    if not len(rows):
        return matched, latent, semantic
    # One product, the means within: scipy is slow to add what is not sorted.
    ones = sparse.eye_array(len(rows), dtype=np.float32, format="csr")
    summed = sparse.vstack((papers.matched, space.sample_leaders, matched[rows]))
    moved = mixed(sparse.csr_array(sparse.hstack((shares, ones))), sparse.csr_array(summed))
    learned = heaviest(_unit_rows(moved), space.weights.reach, LEARNED_TERMS)
    learned.sort_indices()  # reasons look for what so many terms share with each paper
    latent[rows] += shares @ np.vstack((papers.latent, sample.latent))
    semantic[rows] += shares @ np.vstack((papers.semantic, sample.semantic))
    return _with_rows(matched, rows, learned), unit_length(latent), unit_length(semantic)


def _close_by(space: Space, papers: Features) -> Array:
    """Return what papers are close by: latent places and embeddings, weighed as in a score."""
    meaning = space.meaning.weight if space.meaning else 0.0
    latent = np.sqrt(LATENT_WEIGHT / PRIOR_SPREAD[LATENT]) * papers.latent
    semantic = np.sqrt(meaning / PRIOR_SPREAD[SEMANTIC]) * papers.semantic
    return unit_length(np.hstack((latent, semantic)).astype(np.float32))


def _with_rows(table: sparse.csr_array, at: Rows, rows: sparse.csr_array) -> sparse.csr_array:
    """Return a table of which the rows `at`, in ascending order, are replaced by others."""
    if len(at) == table.shape[0]:
        return rows
    order = np.arange(table.shape[0])
    order[at] = table.shape[0] + np.arange(len(at))
    return sparse.csr_array(sparse.vstack((table, rows)))[order]


def _mixed(
    mixing: sparse.csr_array, papers: Features, space: Space
) -> tuple[sparse.csr_array, Array, Array]:
    """Return weighted means of papers, shape (interests, ...), each of unit length."""
    means = _unit_rows(mixed(mixing, papers.matched))
    return (
        heaviest(means, space.weights.reach, KEPT_TERMS),
        unit_length(np.asarray(mixing @ papers.latent)),
        unit_length(np.asarray(mixing @ papers.semantic)),
    )


def _unit_rows(rows: sparse.csr_array) -> sparse.csr_array:
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    norms = np.sqrt(np.bincount(owner, np.square(rows.data), minlength=rows.shape[0]))
    rows.data /= np.maximum(norms, 1e-9)[owner].astype(np.float32)
    return rows


def _stand_ins(space: Space, asked: sparse.csr_array) -> tuple[sparse.csr_array, Array, Array]:
    """Return the mean vectors of the archive's papers that answer a query best, by score."""
    scores = sparse.csr_array(asked @ space.window_words)
    rows, papers, shares = [], [], []
    for row in range(asked.shape[0]):
        found, values = cells_of(scores, row)
        best = np.lexsort((found, -values))[:STAND_INS]
        rows.append(np.full(len(best), row, np.int32))
        papers.append(found[best])
        shares.append(values[best])
    chosen, columns = np.unique(np.concatenate(papers), return_inverse=True)
    values = np.concatenate(shares).astype(np.float32)
    cells = (values, (np.concatenate(rows), columns.astype(np.int32)))
    mixing = sparse.csr_array(cells, shape=(asked.shape[0], len(chosen)))
    return _mixed(mixing, space.stand_ins(chosen.astype(np.int64)), space)


def _as_papers(space: Space, wishes: Sequence[Wish]) -> Features:
    """Return what wishes say in words, read as the abstract of a paper."""
    papers = [Paper((f"hash:wish {i}",), "", abstract=w.text) for i, w in enumerate(wishes)]
    return space.features(papers)


def _part_weights(
    space: Space,
    shown: npt.NDArray[np.bool_],
    stand_in: npt.NDArray[np.bool_],
    asked: sparse.csr_array,
) -> Array:
    """Return each part's weight in standard deviations, shape (interests, parts)."""
    weights = np.zeros((len(shown), len(PARTS)), np.float32)
    has_query = np.diff(asked.indptr) > 0
    vectors = np.where(shown, 1.0, np.where(stand_in, STAND_IN_WEIGHT, 0.0))
    weights[:, MATCHED] = vectors
    more = _trust(space) * (LATENT_OF_WORDS - LATENT_WEIGHT)
    weights[:, LATENT] = (LATENT_WEIGHT + np.where(has_query, more, 0.0)) * vectors
    weights[:, KEYWORDS] = np.where(
        has_query, np.where(shown, KEYWORDS_BESIDE, KEYWORDS_ALONE), 0.0
    )
    if space.meaning:
        shares = np.where(shown, 1.0, np.where(stand_in, MEANING_ALONE, 0.0))
        weights[:, SEMANTIC] = space.meaning.weight * shares
    return weights


def _sample_values(fitted: Fitted, space: Space) -> Iterator[tuple[int, Array]]:
    """Yield every part that counts and its values in its own unit, (interests, sample's papers)."""
    values = products(fitted.matched_side, space.sample_terms)
    values -= BACKGROUND * space.sample_common
    yield MATCHED, values
    yield LATENT, fitted.latent @ space.sample.latent.T
    if fitted.asked.nnz:
        yield KEYWORDS, (fitted.asked @ space.sample_words).toarray()
    if space.meaning:
        yield SEMANTIC, fitted.semantic @ space.sample.semantic.T


def _calibrated(raw: Fitted, space: Space) -> Fitted:
    """Measure every part, then their sum, in standard deviations over the archive's sample."""
    trust = _trust(space)
    prior = np.repeat(np.array(PRIOR_SPREAD, np.float32)[:, None], len(raw), axis=1)
    most = BM25_K1 + 1  # of its idf, for a word said often
    full = np.asarray(raw.asked @ space.weights.bm25_idf[:-1]) * most
    prior[KEYWORDS] *= np.maximum(full, 1e-6)
    means, gains = np.zeros_like(raw.means), np.zeros_like(raw.gains)
    sums = np.zeros((len(raw), space.sample.matched.shape[0]), np.float32)
    for part, values in _sample_values(raw, space):
        means[:, part], spread = _moments(values, prior[part], trust)
        gains[:, part] = raw.gains[:, part] / np.maximum(spread, 1e-6)
        values -= means[:, [part]]
        values *= gains[:, [part]]
        sums += values
    usual = np.sqrt((raw.gains**2).sum(axis=1))  # of parts that have nothing in common
    mean, spread = _moments(sums, usual, trust)
    whole = np.maximum(spread, 1e-6)
    offset = (-mean / whole).astype(np.float32)
    gains = (gains / whole[:, None]).astype(np.float32)
    return replace(raw, means=means, gains=gains, offset=offset)


def _trust(space: Space) -> float:
    """Return how much the archive says about what is usual, 0 (nothing) to 1."""
    return space.index.papers / (space.index.papers + PRIOR_PAPERS)


def _moments(values: Array, prior: Array, trust: float) -> tuple[Array, Array]:
    """Return mean and spread over the last axis, mixed with a prior of mean 0."""
    sample_mean = values.mean(axis=-1)
    sample_square = np.einsum("in,in->i", values, values) / values.shape[-1]
    mean = trust * sample_mean
    square = trust * sample_square + (1 - trust) * prior**2
    return mean, np.sqrt(np.maximum(square - mean**2, 0))
