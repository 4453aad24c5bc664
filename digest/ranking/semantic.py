"""Sentence embeddings beside the words: kept per paper, centred and half-way whitened.

How a text becomes a vector is the caller's affair (`minilm`, or an endpoint in another room).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from digest.errors import DigestError
from digest.models import Paper
from digest.ranking.arrays import Array, pack, unit_length, unpack

Kept = npt.NDArray[np.float16]  # vectors as the state has them
Embed = Callable[[Sequence[str]], Array]  # texts -> unit vectors, shape (texts, dimensions)

MAX_KEPT = 20_000  # newest papers, and as many texts of profiles: 15 MB each at 384 dimensions
NEW_EXAMPLES = 1_000  # of profiles, embedded in one run at most: about a minute with MiniLM
WHITENING = 0.125  # eigenvalues to the power -1/8 on each side of a product: measured best
TINY = np.float32(1e-12)  # the spread where all embeddings are the same
SHRINKAGE = 50  # papers' worth of round noise that a young archive's covariance is mixed with

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The vectors of papers by id, all of one model."""

    model: str
    keys: tuple[str, ...]
    vectors: Kept  # (papers, dimensions), unit length

    @classmethod
    def empty(cls, model: str) -> "Embeddings":
        """Return a store without vectors."""
        return cls(model, (), np.zeros((0, 0), np.float16))

    def extended(self, papers: Sequence[Paper], embed: Embed) -> "Embeddings":
        """Return the store with the vectors of these papers; only missing ones are computed.

        Args:
            papers: oldest first; of more than the store keeps, the newest count.
        """
        known = set(self.keys)
        missing = list({p.id: p for p in papers[-MAX_KEPT:] if p.id not in known}.values())
        if not missing:
            return self
        made = embed([text_of(paper) for paper in missing]).astype(np.float16)
        if self.keys and made.shape[1] != self.vectors.shape[1]:  # another model of this name
            return self.empty(self.model).extended(papers, embed)
        vectors = np.concatenate((self.vectors, made)) if self.keys else made
        keys = (*self.keys, *(paper.id for paper in missing))
        return replace(self, keys=keys[-MAX_KEPT:], vectors=vectors[-MAX_KEPT:])

    def to_bytes(self) -> bytes:
        """Return all of it as one body for the state."""
        return pack({"model": self.model, "keys": self.keys}, vectors=self.vectors)

    @classmethod
    def from_bytes(cls, body: bytes) -> "Embeddings":
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: the body is damaged: embed anew.
        """
        head, arrays = unpack(body, "vectors")
        return cls(head["model"], tuple(head["keys"]), arrays["vectors"])


def text_of(paper: Paper) -> str:
    """Return what is embedded of a paper."""
    return f"{paper.title}. {paper.abstract}"


@dataclass(slots=True)
class Recollection:
    """Embeds what profiles say, every text once: vectors are kept from run to run.

    A model that fails is not asked again in the same run: what it has not embedded counts for
    nothing, and letters are not delayed by it.
    """

    embed: Embed
    kept: dict[str, Kept] = field(default_factory=dict)  # by the text's digest
    allowance: int = NEW_EXAMPLES  # examples that may still be embedded
    grown: bool = False  # since it was opened
    failed: bool = False

    @classmethod
    def opened(cls, store: Embeddings, embed: Embed) -> "Recollection":
        """Return what earlier runs kept, and what embeds the rest."""
        return cls(embed, dict(zip(store.keys, store.vectors, strict=True)))

    def texts(self, texts: Sequence[str]) -> list[Kept | None]:
        """Return the vector of each text; None where there is none."""
        keys = [_digest(text) for text in texts]
        self._embed(dict(zip(keys, texts, strict=True)))
        return [self._asked(key) for key in keys]

    def examples(self, texts: Sequence[str]) -> list[Kept | None]:
        """Return the vector of each example's text; None where it has to wait for another run."""
        keys = [_digest(text) for text in texts]
        missing = {k: text for k, text in zip(keys, texts, strict=True) if k not in self.kept}
        now = dict(list(missing.items())[: self.allowance])
        self.allowance -= len(now)
        self._embed(now)
        return [self._asked(key) for key in keys]

    def store(self, model: str) -> Embeddings:
        """Return what is kept; of too much, or of two sizes, what was asked for last."""
        if not self.kept:
            return Embeddings.empty(model)
        rows = list(self.kept.items())[-MAX_KEPT:]
        rows = [row for row in rows if len(row[1]) == len(rows[-1][1])]
        return Embeddings(model, tuple(key for key, _ in rows), np.stack([row for _, row in rows]))

    def _embed(self, wanted: dict[str, str]) -> None:
        missing = {key: text for key, text in wanted.items() if key not in self.kept}
        if not missing or self.failed:
            return
        try:
            made = self.embed(list(missing.values())).astype(np.float16)
        except DigestError as error:
            log.warning("embeddings event=failed texts=%d error=%s", len(missing), error)
            self.failed = True
            return
        self.kept |= dict(zip(missing, made, strict=True))
        self.grown = True

    def _asked(self, key: str) -> Kept | None:
        vector = self.kept.pop(key, None)
        if vector is not None:
            self.kept[key] = vector  # the last to be forgotten
        return vector


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Meaning:
    """Embeddings made comparable: the archive's mean removed, its main directions damped."""

    store: Embeddings
    profiles: Recollection
    weight: float  # of this part, in standard deviations
    mean: Array  # (dimensions,)
    transform: Array  # (dimensions, dimensions)
    rows: dict[str, int]  # place of a paper's vector in the store

    def papers(self, ids: Sequence[str]) -> Array:
        """Return unit vectors of papers; zero where the store has none."""
        rows = np.array([self.rows.get(one, -1) for one in ids], np.int64)
        if not len(rows) or not self.store.keys:
            return np.zeros((len(rows), len(self.mean)), np.float32)
        placed = self._placed(self.store.vectors[rows].astype(np.float32))
        return np.where(rows[:, None] >= 0, placed, np.float32(0))

    def examples(self, papers: Sequence[Paper]) -> Array:
        """Return unit vectors of papers that profiles name; what the store lacks is embedded."""
        vectors = self.papers([paper.id for paper in papers])
        lacking = [i for i, paper in enumerate(papers) if paper.id not in self.rows]
        made = self.profiles.examples([text_of(papers[i]) for i in lacking])
        return self._filled(vectors, lacking, made)

    def texts(self, texts: Sequence[str]) -> Array:
        """Return unit vectors of free texts; zero for an empty one."""
        vectors = np.zeros((len(texts), len(self.mean)), np.float32)
        said = [i for i, text in enumerate(texts) if text]
        return self._filled(vectors, said, self.profiles.texts([texts[i] for i in said]))

    def _filled(self, vectors: Array, rows: list[int], made: Sequence[Kept | None]) -> Array:
        """Put vectors into rows; those of another model's size are left out."""
        fit = [
            (row, vector)
            for row, vector in zip(rows, made, strict=True)
            if vector is not None and len(vector) == len(self.mean)
        ]
        if fit:
            raw = np.stack([vector for _, vector in fit]).astype(np.float32)
            vectors[[row for row, _ in fit]] = self._placed(raw)
        return vectors

    def _placed(self, vectors: Array) -> Array:
        moved: Array = np.matmul(vectors - self.mean, self.transform)
        return unit_length(moved)


def fit_meaning(
    store: Embeddings, embed: Embed, weight: float, profiles: Embeddings | None = None
) -> Meaning:
    """Learn the mean and the whitening from the stored vectors.

    Args:
        store: of the archive's papers.
        profiles: of texts in readers' profiles, as `Recollection.store` gave them.
    """
    vectors = store.vectors.astype(np.float32)
    size = vectors.shape[1]
    mean = vectors.mean(axis=0) if len(vectors) else np.zeros(size, np.float32)
    transform = _whitening(vectors - mean)
    rows = {key: row for row, key in enumerate(store.keys)}
    if profiles is None or size not in (0, profiles.vectors.shape[1]):
        profiles = Embeddings.empty(store.model)
    said = Recollection.opened(profiles, embed)
    return Meaning(store, said, weight, mean, transform, rows)


def _whitening(centred: Array) -> Array:
    papers, size = centred.shape
    if papers < 2:
        return np.eye(size, dtype=np.float32)
    covariance = centred.T @ centred
    noise = SHRINKAGE * np.trace(covariance) / papers / size
    values, vectors = np.linalg.eigh(covariance + noise * np.eye(size, dtype=np.float32))
    damped: Array = vectors * np.maximum(values / max(values[-1], TINY), 1e-6) ** -WHITENING
    return damped.astype(np.float32)


def unit_vectors(rows: Sequence[Sequence[float]]) -> Array:
    """Return rows of numbers as unit vectors."""
    return unit_length(np.array(rows, np.float32))
