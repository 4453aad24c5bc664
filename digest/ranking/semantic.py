"""Sentence embeddings beside the words: kept per paper, centred and half-way whitened.

How a text becomes a vector is the caller's affair (`minilm`, or an endpoint in another room).
"""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from digest.models import Paper

Array = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Array]  # texts -> unit vectors, shape (texts, dimensions)

MAX_KEPT = 20_000  # newest papers: 15 MB at 384 dimensions
WHITENING = 0.125  # eigenvalues to the power -1/8 on each side of a product: measured best
SHRINKAGE = 50  # papers' worth of round noise that a young archive's covariance is mixed with


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The vectors of papers by id, all of one model."""

    model: str
    keys: tuple[str, ...]
    vectors: npt.NDArray[np.float16]  # (papers, dimensions), unit length

    @classmethod
    def empty(cls, model: str) -> "Embeddings":
        """Return a store without vectors."""
        return cls(model, (), np.zeros((0, 0), np.float16))

    def extended(self, papers: Sequence[Paper], embed: Embed) -> "Embeddings":
        """Return the store with the vectors of these papers; only missing ones are computed."""
        known = set(self.keys)
        missing = list({p.id: p for p in papers if p.id not in known}.values())
        if not missing:
            return self
        made = embed([text_of(paper) for paper in missing]).astype(np.float16)
        vectors = np.concatenate((self.vectors, made)) if self.keys else made
        keys = (*self.keys, *(paper.id for paper in missing))
        return replace(self, keys=keys[-MAX_KEPT:], vectors=vectors[-MAX_KEPT:])

    def to_bytes(self) -> bytes:
        """Return all of it as one body for the state."""
        head = json.dumps({"model": self.model, "keys": self.keys}).encode()
        body = io.BytesIO()
        np.savez(body, head=np.frombuffer(head, np.uint8), vectors=self.vectors)
        return body.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> "Embeddings":
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: the body is damaged: embed anew.
        """
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as stored:
                head = json.loads(stored["head"].tobytes())
                return cls(head["model"], tuple(head["keys"]), stored["vectors"])
        except (KeyError, OSError, EOFError, ValueError, BadZipFile) as e:
            raise ValueError(f"the stored embeddings cannot be read: {e}") from e


def text_of(paper: Paper) -> str:
    """Return what is embedded of a paper."""
    return f"{paper.title}. {paper.abstract}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """Embeddings made comparable: the archive's mean removed, its main directions damped."""

    store: Embeddings
    embed: Embed
    weight: float  # of this part, in standard deviations
    mean: Array  # (dimensions,)
    transform: Array  # (dimensions, dimensions)
    rows: dict[str, int]  # place of a paper's vector in the store

    def papers(self, papers: Sequence[Paper]) -> Array:
        """Return unit vectors of papers; zero where the store has none."""
        rows = [self.rows.get(paper.id, -1) for paper in papers]
        return self.kept(np.array(rows, np.int64))

    def kept(self, rows: npt.NDArray[np.int64]) -> Array:
        """Return unit vectors of rows of the store; zero for -1."""
        if not len(rows) or not self.store.keys:
            return np.zeros((len(rows), len(self.mean)), np.float32)
        placed = self._placed(self.store.vectors[rows].astype(np.float32))
        return np.where(rows[:, None] >= 0, placed, np.float32(0))

    def texts(self, texts: Sequence[str]) -> Array:
        """Return unit vectors of free texts; zero for an empty one."""
        placed = np.zeros((len(texts), len(self.mean)), np.float32)
        filled = [i for i, text in enumerate(texts) if text]
        if filled:
            placed[filled] = self._placed(self.embed([texts[i] for i in filled]))
        return placed

    def _placed(self, vectors: Array) -> Array:
        moved = (vectors - self.mean) @ self.transform
        unit: Array = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        return unit.astype(np.float32)


def fit_meaning(store: Embeddings, embed: Embed, weight: float) -> Meaning:
    """Learn the mean and the whitening from the stored vectors."""
    vectors = store.vectors.astype(np.float32)
    size = vectors.shape[1]
    mean = vectors.mean(axis=0) if len(vectors) else np.zeros(size, np.float32)
    transform = _whitening(vectors - mean)
    rows = {key: row for row, key in enumerate(store.keys)}
    return Meaning(store, embed, weight, mean, transform, rows)


def _whitening(centred: Array) -> Array:
    papers, size = centred.shape
    if papers < 2:
        return np.eye(size, dtype=np.float32)
    covariance = centred.T @ centred
    noise = SHRINKAGE * np.trace(covariance) / papers / size
    values, vectors = np.linalg.eigh(covariance + noise * np.eye(size, dtype=np.float32))
    damped: Array = vectors * np.maximum(values / values[-1], 1e-6) ** -WHITENING
    return damped.astype(np.float32)


def unit_vectors(rows: Sequence[Sequence[float]]) -> Array:
    """Return rows of numbers as unit vectors."""
    vectors = np.array(rows, np.float32)
    unit: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit
