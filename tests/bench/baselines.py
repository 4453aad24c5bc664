"""A peer's way of ranking, restated from its formula, for figures side by side with ours.

It is a ranker of `digest.ranking.evaluation`: (profile, pool, archive) -> scores. The TF-IDF
centroid and BM25 ship with `digest eval`; this one needs scikit-learn.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digest.ranking.peers import Document

TEXT_FEATURES = 20_000  # arxiv-sanity-lite's number


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
