"""Peers' ways of ranking, restated from their formulas, for figures side by side with ours.

Each is a ranker of `digest.ranking.evaluation`: (profile, pool, archive) -> scores. The TF-IDF
centroid and BM25 ship with `digest eval`; those here need scikit-learn or embeddings.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from digest.ranking.peers import PEERS, Document, Ranker

TEXT_FEATURES = 20_000  # arxiv-sanity-lite's number
Embed = Callable[[Sequence[str]], np.ndarray]


def text_of(document: Mapping[str, Any]) -> str:
    """Return what is ranked of a paper."""
    return f"{document.get('title', '')}. {document.get('abstract', '')}"


class SvmPerUser:
    """arxiv-sanity-lite: a linear SVM per user on TF-IDF, everything not liked is a negative.

    20,000 features, words and pairs, sublinear, in 5 papers at least and a tenth at most; C 0.01,
    balanced classes. Keywords count as one liked paper, since it knows no keywords.
    """

    def __init__(self) -> None:
        self.archive: Sequence[Document] = ()

    def __call__(
        self, profile: Mapping[str, Any], pool: Sequence[Document], archive: Sequence[Document]
    ) -> list[float]:
        """Return the decision value of each paper of the pool."""
        from sklearn.svm import LinearSVC

        if archive is not self.archive:
            self._read(archive)
        liked = [text_of(document) for document in profile["examples"]]
        liked += [" ".join(profile["keywords"])] if profile["keywords"] else []
        positive = self.vectors.transform(liked)
        labels = np.concatenate((np.ones(positive.shape[0]), np.zeros(self.table.shape[0])))
        rows = self._stack(positive)
        model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
        model.fit(rows, labels)
        places = [self.rows[document["id"]] for document in pool]
        return [float(score) for score in model.decision_function(self.table[places])]

    def _read(self, archive: Sequence[Document]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        least = 5 if len(archive) >= 100 else 1
        self.vectors = TfidfVectorizer(
            max_features=TEXT_FEATURES,
            ngram_range=(1, 2),
            sublinear_tf=True,
            min_df=least,
            max_df=0.1 if len(archive) >= 100 else 1.0,
            stop_words="english",
        )
        self.table = self.vectors.fit_transform([text_of(document) for document in archive])
        self.rows = {document["id"]: row for row, document in enumerate(archive)}
        self.archive = archive

    def _stack(self, positive: Any) -> Any:
        from scipy.sparse import vstack

        return vstack((positive, self.table)).tocsr()


class EmbeddingCentroid:
    """zotero-arxiv-daily: a weighted mean of similarities to the library, the newest first.

    Weights 1 / (1 + log10(i + 1)); keywords joined count as one example.
    """

    def __init__(self, embed: Embed) -> None:
        self.embed = embed

    def __call__(
        self, profile: Mapping[str, Any], pool: Sequence[Document], archive: Sequence[Document]
    ) -> list[float]:
        """Return the weighted mean cosine of each paper of the pool."""
        newest_first = sorted(profile["examples"], key=lambda d: str(d["date"]), reverse=True)
        texts = [text_of(document) for document in newest_first]
        texts += [", ".join(profile["keywords"])] if profile["keywords"] else []
        weights = 1 / (1 + np.log10(np.arange(len(texts)) + 1))
        wanted = (weights / weights.sum()) @ self.embed(texts)
        return [float(s) for s in self.embed([text_of(document) for document in pool]) @ wanted]


class LogisticPerUser:
    """Scholar Inbox (arXiv:2504.08385): logistic regression per user against random papers.

    C 0.1; weights 1/nP for liked, S V/(V nN + (1-V) nR) for disliked, S (1-V)/(V nN + (1-V) nR)
    for random papers, with S 5 and V 0.8.

    Args:
        vectors: of documents; embeddings reduced to 256 dimensions in the paper.
    """

    S, V, RANDOM_PAPERS = 5.0, 0.8, 5_000

    def __init__(self, embed: Embed) -> None:
        self.embed = embed

    def __call__(
        self, profile: Mapping[str, Any], pool: Sequence[Document], archive: Sequence[Document]
    ) -> list[float]:
        """Return the log-odds of each paper of the pool."""
        from sklearn.linear_model import LogisticRegression

        liked = [text_of(document) for document in profile["examples"]]
        liked += [", ".join(profile["keywords"])] if profile["keywords"] else []
        disliked = [text_of(document) for document in profile["negatives"]]
        step = max(1, len(archive) // self.RANDOM_PAPERS)
        others = [text_of(document) for document in archive[::step]]
        rows = self.embed([*liked, *disliked, *others])
        labels = np.array([1] * len(liked) + [0] * (len(disliked) + len(others)))
        share = self.S / (self.V * len(disliked) + (1 - self.V) * len(others))
        weights = np.concatenate(
            (
                np.full(len(liked), 1 / len(liked)),
                np.full(len(disliked), share * self.V),
                np.full(len(others), share * (1 - self.V)),
            )
        )
        model = LogisticRegression(C=0.1, max_iter=1_000).fit(rows, labels, weights)
        pooled = self.embed([text_of(document) for document in pool])
        return [float(score) for score in model.decision_function(pooled)]


def baselines(embed: Embed | None = None) -> dict[str, Ranker]:
    """Return every peer by name; those on embeddings only where there are embeddings."""
    peers: dict[str, Ranker] = {**PEERS, "svm": SvmPerUser()}
    if embed is not None:
        peers |= {"centroid": EmbeddingCentroid(embed), "logistic": LogisticPerUser(embed)}
    return peers
