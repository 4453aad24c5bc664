"""Measures ranking on labelled data, with the very code that ranks for letters."""

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from digest.models import Interest, Paper
from digest.ranking.day import open_day, score_day
from digest.ranking.fitting import fit_interests
from digest.ranking.index import Index
from digest.ranking.labelled import GOLD, Corpora, Row, cut_archive, list_metrics, load_tasks
from digest.ranking.peers import PEERS, Document, Ranker
from digest.ranking.readers import Wish, read_wish
from digest.ranking.semantic import Embed, Embeddings, Meaning, fit_meaning
from digest.ranking.space import Features, Space, build_space


@dataclass(slots=True)
class ArchiveRanker:
    """Ranks with the product's scores; keeps the vectors of the archive it saw last.

    `archive` may be any list; it is recognised again by being the same object.
    """

    embed: Embed | None = None  # where sentence embeddings shall take part
    weight: float = 2.0  # of the embeddings
    archive: Sequence[Document] = ()
    space: Space | None = None
    features: Features | None = None  # of the whole archive
    rows: dict[str, int] = field(default_factory=dict)  # by the document's id

    def __call__(
        self, profile: Mapping[str, Any], pool: Sequence[Document], archive: Sequence[Document]
    ) -> list[float]:
        """Return a score for each paper of the pool, larger is better."""
        if self.space is None or archive is not self.archive:
            self._open(archive)
        assert self.space is not None
        day = open_day(self.space, self._pool(self.space, pool))
        fitted = fit_interests(self.space, [wish_of(profile)])
        scores: list[float] = score_day(fitted, day)[0].tolist()
        return scores

    def _open(self, archive: Sequence[Document]) -> None:
        papers = [paper_of(doc) for doc in archive]
        index = Index.empty().extended(papers)
        self.archive, self.space = archive, build_space(index, self._meaning(papers))
        self.features = self.space.features(papers)
        self.rows = {doc["id"]: row for row, doc in enumerate(archive)}

    def _pool(self, space: Space, pool: Sequence[Document]) -> Features:
        rows = [self.rows.get(doc["id"], -1) for doc in pool]
        if self.features is None or min(rows, default=-1) < 0:
            return space.features([paper_of(doc) for doc in pool])
        return self.features.rows(np.array(rows, np.int64))

    def _meaning(self, papers: Sequence[Paper]) -> Meaning | None:
        if self.embed is None:
            return None
        store = Embeddings.empty("labelled").extended(papers, self.embed)
        return fit_meaning(store, self.embed, self.weight)


rank = ArchiveRanker()
RANKERS: dict[str, Ranker] = {"digest": rank, **PEERS}


def paper_of(document: Document) -> Paper:
    """Return a document as a paper, known by its text: a profile's examples bear no id."""
    title, abstract = document.get("title", ""), document.get("abstract", "")
    return Paper(ids=(f"guid:{title}\n{abstract}",), title=title, abstract=abstract)


def wish_of(profile: Mapping[str, Any]) -> Wish:
    """Return what a labelled profile asks for."""
    liked = {f"like:{i}": paper_of(doc) for i, doc in enumerate(profile["examples"])}
    disliked = {f"avoid:{i}": paper_of(doc) for i, doc in enumerate(profile["negatives"])}
    interest = Interest(
        "labelled",
        keywords=tuple(profile["keywords"]),
        like=tuple(liked),
        avoid=tuple(disliked),
    )
    return read_wish(interest, liked | disliked)


def evaluate(
    folder: Path,
    *,
    rankers: Mapping[str, Ranker],
    against: str | None = None,
    limit: int = 0,
    archive: int = 0,
) -> dict[str, Any]:
    """Measure the ranker `digest`, and `against` beside it.

    Args:
        rankers: by name; `digest` is ours.
        against: a name of `rankers`, whose paired differences are wanted.
        limit: users per task; 0 is all of them.
        archive: papers that each user's archive is cut to, the pool included; 0 is all of them.

    Returns:
        `{"tasks": {TASK: {"n", "ndcg10", "mrr", "recall10", "se"}}, "macro": nDCG@10}`, and
        `"against"` with the same and `difference` and `difference_se` (ours minus theirs).

    Raises:
        ValueError: the folder does not hold labelled data, or no ranker has the name.
    """
    if against is not None and against not in rankers:
        raise ValueError(f"no ranker is called {against}; there are {', '.join(rankers)}")
    tasks, corpora = load_tasks(folder)
    rows = measure(rankers["digest"], tasks, corpora, limit, archive)
    report = summary(rows)
    if against is not None:
        theirs = measure(rankers[against], tasks, corpora, limit, archive)
        report["against"] = {"name": against, **summary(theirs), **_differences(rows, theirs)}
    return report


def measure(
    ranker: Ranker, tasks: Sequence[Row], corpora: Corpora, limit: int = 0, archive: int = 0
) -> list[Row]:
    """Return one row of figures per user; tasks of one corpus follow each other."""
    seen: defaultdict[str, int] = defaultdict(int)
    kept = []
    for task in tasks:
        seen[task["task"]] += 1
        if not limit or seen[task["task"]] <= limit:
            kept.append(task)
    kept.sort(key=lambda task: str(task["corpus"]))
    return [_measured(ranker, task, corpora[task["corpus"]], archive) for task in kept]


def _measured(ranker: Ranker, task: Row, docs: list[Document], archive: int) -> Row:
    profile = {
        "keywords": list(task["kw"]),
        "examples": [_bare(docs[i]) for i in task["ex"]],
        "negatives": [_bare(docs[i]) for i in task["neg"]],
    }
    stored = cut_archive(task, docs, archive) if archive else docs
    scores = ranker(profile, [docs[i] for i in task["pool"]], stored)
    named = {key: task[key] for key in ("task", "user", "group")}
    return named | list_metrics(task, scores)


def _bare(document: Document) -> Document:
    return {key: document.get(key, "") for key in ("title", "abstract", "date")}


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures per task, each group of users counting once, and their mean."""
    by: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by[row["task"]].append(row)
    tasks = {name: _task_figures(by[name]) for name in sorted(by)}
    counted = [figures["ndcg10"] for name, figures in tasks.items() if not name.startswith(GOLD)]
    return {"tasks": tasks, "macro": statistics.fmean(counted) if counted else None}


def _task_figures(rows: Sequence[Row]) -> dict[str, Any]:
    ndcg, error = _grouped(rows, "ndcg10")
    return {
        "n": len(rows),
        "ndcg10": ndcg,
        "mrr": _grouped(rows, "mrr")[0],
        "recall10": _grouped(rows, "recall10")[0],
        "se": error,
    }


def _grouped(rows: Sequence[Row], key: str) -> tuple[float | None, float | None]:
    """Return mean and standard error over groups; None where it is not defined."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if key in row:
            groups[row["group"]].append(row[key])
    means = [statistics.fmean(values) for values in groups.values()]
    if not means:
        return None, None
    error = statistics.stdev(means) / math.sqrt(len(means)) if len(means) > 1 else None
    return statistics.fmean(means), error


def _differences(ours: Sequence[Row], theirs: Sequence[Row]) -> dict[str, Any]:
    """Return per task the mean paired difference of nDCG@10, ours minus theirs."""
    other = {(row["task"], row["user"]): row["ndcg10"] for row in theirs}
    paired = [row | {"gap": row["ndcg10"] - other[row["task"], row["user"]]} for row in ours]
    names = sorted({row["task"] for row in paired})
    gaps = {name: _grouped([r for r in paired if r["task"] == name], "gap") for name in names}
    return {
        "difference": {name: gap for name, (gap, _) in gaps.items()},
        "difference_se": {name: error for name, (_, error) in gaps.items()},
    }
