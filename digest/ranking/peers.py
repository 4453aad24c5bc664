"""The formulas that other paper newsletters rank by, restated for comparison with ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from digest.ranking.arrays import Array, Rows
from digest.ranking.matrices import sparse
from digest.ranking.tokens import STOP_WORDS, WORD

Document = Mapping[str, Any]  # id, title, abstract, authors, categories, date
Ranker = Callable[[Mapping[str, Any], Sequence[Document], Sequence[Document]], Sequence[float]]


@dataclass(slots=True)
class WordTable:
    """Counts of single words of an archive, titles once; recognised again by being one object."""

    archive: Sequence[Document] = ()
    columns: dict[str, int] = field(default_factory=dict)  # by the word
    rows: dict[str, int] = field(default_factory=dict)  # by the document's id
    counts: sparse.csr_array | None = None  # (papers, words)

    def read(self, archive: Sequence[Document]) -> sparse.csr_array:
        """Return the counts of every paper of the archive."""
        if self.counts is None or archive is not self.archive:
            texts = [_text(doc) for doc in archive]
            words = dict.fromkeys(chain.from_iterable(map(_plain_words, texts)))
            self.archive, self.columns = archive, {word: i for i, word in enumerate(words)}
            self.rows = {doc["id"]: row for row, doc in enumerate(archive)}
            self.counts = self.count(texts)
        return self.counts

    def count(self, texts: Sequence[str]) -> sparse.csr_array:
        """Count the words of texts; those that the archive has not are left out."""
        owner, places = [], []
        for row, text in enumerate(texts):
            known = [self.columns[word] for word in _plain_words(text) if word in self.columns]
            owner += [row] * len(known)
            places += known
        ones = np.ones(len(places), np.float32)
        cells = (ones, (np.array(owner, np.int64), np.array(places, np.int64)))
        table = sparse.csr_array(cells, shape=(len(texts), len(self.columns)))
        table.sum_duplicates()
        return table

    def pool(self, pool: Sequence[Document]) -> Rows:
        """Return the pool's rows in the archive."""
        return np.array([self.rows[doc["id"]] for doc in pool], np.int64)


def _text(document: Document) -> str:
    return f"{document.get('title', '')} {document.get('abstract', '')}"


def _plain_words(text: str) -> list[str]:
    return [word for word in WORD.findall(text.lower()) if word not in STOP_WORDS]


def _asked(profile: Mapping[str, Any]) -> list[str]:
    """Return the texts of a profile: its examples, and its keywords as one more."""
    texts = [_text(document) for document in profile["examples"]]
    return [*texts, " ".join(profile["keywords"])] if profile["keywords"] else texts


def rank_tfidf(
    profile: Mapping[str, Any], pool: Sequence[Document], archive: Sequence[Document]
) -> list[float]:
    """Rank by the cosine with the mean TF-IDF vector of the examples and keywords.

    Single words, 1 + log tf, smoothed idf of the archive: the usual centroid.
    """
    counts = _TABLE.read(archive)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = (np.log((counts.shape[0] + 1) / (frequency + 1)) + 1).astype(np.float32)
    wanted = _unit_tfidf(_TABLE.count(_asked(profile)), idf).sum(axis=0)
    return [float(score) for score in _unit_tfidf(counts[_TABLE.pool(pool)], idf) @ wanted]


def _unit_tfidf(counts: sparse.csr_array, idf: Array) -> sparse.csr_array:
    rows = counts.copy()
    rows.data = (1 + np.log(rows.data)) * idf[rows.indices]
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1))).ravel()
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(norms, 1e-9)) @ rows)


def rank_bm25(
    profile: Mapping[str, Any], pool: Sequence[Document], archive: Sequence[Document]
) -> list[float]:
    """Rank by BM25 (k1 1.2, b 0.75) with examples and keywords as one query."""
    counts = _TABLE.read(archive)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    papers, lengths = counts.shape[0], np.asarray(counts.sum(axis=1)).ravel()
    idf = np.log1p((papers - frequency + 0.5) / (frequency + 0.5))
    rows = counts[_TABLE.pool(pool)]
    size = np.repeat(lengths[_TABLE.pool(pool)], np.diff(rows.indptr)) / max(1, lengths.mean())
    rows.data = rows.data * 2.2 / (rows.data + 1.2 * (0.25 + 0.75 * size)) * idf[rows.indices]
    query = np.asarray(_TABLE.count(_asked(profile)).sum(axis=0)).ravel()
    return [float(score) for score in rows @ query]


_TABLE = WordTable()
PEERS: dict[str, Ranker] = {"tfidf": rank_tfidf, "bm25": rank_bm25}
