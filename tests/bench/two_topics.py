"""Readers of two topics, made of pairs of labelled readers: are both in the letter of ten?

    python -m tests.bench.two_topics LABELLED [PAIRS]

The reader of a pair has the interests of both; the day's papers are the candidates of both. The
letter is chosen by `choose`, with the quota of an interest each. Beside it stand single centroids
of the examples and keywords of both together: ours, and `tfidf` as peers have it.

`letter` is the share of pairs whose letter has papers chosen for each interest, `right` of those
where a right answer of each reader is among the ten. Where the best five of an interest hold no
right answer no fair way of mixing can bring one: `reachable` are the pairs in which the best five
of both do, and `right of reachable` is the share among them.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from digest.config.schema import Ranking as Options
from digest.ranking.choosing import Rules, choose, share_places
from digest.ranking.day import open_day, score_day
from digest.ranking.evaluation import paper_of, wish_of
from digest.ranking.fitting import fit_interests
from digest.ranking.index import Index
from digest.ranking.labelled import Row, load_tasks
from digest.ranking.peers import rank_tfidf
from digest.ranking.space import Features, Space, build_space

PLACES = 10


@dataclass(frozen=True, slots=True)
class Library:
    """One corpus with its vectors."""

    docs: list[Row]
    space: Space
    features: Features

    def scores(self, profiles: Sequence[Row], pool: list[int]) -> np.ndarray:
        """Return standard deviations, shape (profiles, pool)."""
        day = open_day(self.space, self.features.rows(np.array(pool)))
        return score_day(fit_interests(self.space, [wish_of(p) for p in profiles]), day)

    def letter(self, scores: np.ndarray, pool: list[int]) -> list[set[int]]:
        """Return the papers chosen for each interest, scores of shape (interests, pool)."""
        matched = self.features.rows(np.array(pool)).matched
        quotas = np.array([share_places(PLACES, (1.0,) * len(scores))])
        rules = Rules(Options().threshold, Options().diversity)
        chosen = choose(scores[None], quotas, (matched @ matched.T).toarray(), rules)
        papers, owners = chosen.papers[0], chosen.interests[0]
        return [{pool[p] for p in papers[owners == place]} for place in range(len(scores))]


def bench(folder: Path, pairs: int = 100) -> dict[str, Any]:
    """Return by task the share of pairs whose two topics are both in the ten.

    Args:
        pairs: drawn for each task; those of two readers of one group do not count.
    """
    tasks, corpora = load_tasks(folder)
    by: defaultdict[str, list[Row]] = defaultdict(list)
    for task in tasks:
        by[task["task"]].append(task)
    libraries = {name: _open(docs) for name, docs in corpora.items()}
    figures, everything = {}, []
    for name in sorted(by):
        library = libraries[by[name][0]["corpus"]]
        found = [_measured(library, pair) for pair in _pairs(by[name], pairs)]
        figures[name] = _shares(found)
        everything += found
    return figures | {"all": _shares(everything)}


def _open(docs: list[Row]) -> Library:
    papers = [paper_of(doc) for doc in docs]
    space = build_space(Index.empty().extended(papers))
    return Library(docs, space, space.features(papers))


def _pairs(tasks: Sequence[Row], count: int) -> list[tuple[Row, Row]]:
    random = Random(tasks[0]["task"])
    drawn = [random.sample(tasks, 2) for _ in range(count)]
    return [(one, two) for one, two in drawn if one["group"] != two["group"]]


def _measured(library: Library, pair: tuple[Row, Row]) -> dict[str, bool]:
    right = [{int(place) for place, gain in task["rel"].items() if gain > 0} for task in pair]
    named = {place for task in pair for place in task["ex"]}
    pool = sorted({place for task in pair for place in task["pool"]} - named)
    profiles = [_profile(library.docs, [task]) for task in pair]
    both = _profile(library.docs, pair)
    scores = library.scores([*profiles, both], pool)
    mixed = library.letter(scores[:2], pool)
    alone = [_best(row, pool, PLACES // 2) for row in scores[:2]]
    tfidf = rank_tfidf(both, [library.docs[place] for place in pool], library.docs)
    return {
        "letter": all(mixed),
        "right": _holds(right, set().union(*mixed)),
        "right, one centroid": _holds(right, _best(scores[2], pool)),
        "right, one tfidf centroid": _holds(right, _best(np.array(tfidf), pool)),
        "reachable": all(right[place] & alone[place] for place in (0, 1)),
    }


def _profile(docs: list[Row], tasks: Sequence[Row]) -> Row:
    return {
        "examples": [docs[place] for task in tasks for place in task["ex"]],
        "negatives": [docs[place] for task in tasks for place in task["neg"]],
        "keywords": [word for task in tasks for word in task["kw"]],
    }


def _best(scores: np.ndarray, pool: list[int], places: int = PLACES) -> set[int]:
    return {pool[i] for i in np.argsort(-scores, kind="stable")[:places]}


def _holds(right: list[set[int]], ten: set[int]) -> bool:
    return all(answers & ten for answers in right)


def _shares(found: Sequence[dict[str, bool]]) -> dict[str, float | int]:
    reachable = [pair for pair in found if pair["reachable"]]
    shares: dict[str, float | int] = {"pairs": len(found)}
    for key in found[0]:
        shares[key] = _share(found, key)
        if key.startswith("right"):
            shares[key.replace("right", "right of reachable")] = _share(reachable, key)
    return shares


def _share(found: Sequence[dict[str, bool]], key: str) -> float:
    return round(sum(pair[key] for pair in found) / max(1, len(found)), 3)


if __name__ == "__main__":
    print(json.dumps(bench(Path(sys.argv[1]), *map(int, sys.argv[2:3])), indent=1))
