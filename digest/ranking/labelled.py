"""Reads labelled data and measures a list against it; ranks nothing.

The format of a folder: `tasks.json.gz` and one `corpus_NAME.json.gz` per corpus. A task names its
corpus, a user (`user`, `group`), keywords (`kw`), places of liked (`ex`) and disliked (`neg`)
papers, the candidates (`pool`: sorted places, each the difference to the one before, or "*" for
all) and the right answers (`rel`: place -> gain).
"""

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from digest.ranking.peers import Document

CUT = 10  # places of a list that count
GOLD = "T3.gold"  # graded expertise: reported, but not part of the macro

Row = dict[str, Any]
Corpora = Mapping[str, list[Document]]


def load_tasks(folder: Path) -> tuple[list[Row], dict[str, list[Document]]]:
    """Read tasks and corpora; pools are shuffled so that ties carry no information.

    Raises:
        ValueError: a file is missing or malformed.
    """
    try:
        tasks = _read(folder / "tasks.json.gz")
        names = sorted({task["corpus"] for task in tasks})
        corpora = {name: _read_corpus(folder / f"corpus_{name}.json.gz") for name in names}
        for task in tasks:
            task["pool"] = _shuffled_pool(task, corpora[task["corpus"]])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as e:
        raise ValueError(f"{folder} does not hold labelled data: {e}") from e
    return tasks, corpora


def _shuffled_pool(task: Row, docs: Sequence[Document]) -> list[int]:
    if not any(gain > 0 for gain in task["rel"].values()):
        raise ValueError(f"{task['task']} has no right answer for {task['user']}")
    pool = list(range(len(docs)) if task["pool"] == "*" else accumulate(task["pool"]))
    Random(task["task"] + task["user"]).shuffle(pool)
    return pool


def _read_corpus(path: Path) -> list[Document]:
    missing = {"title": "", "abstract": "", "authors": [], "categories": [], "date": ""}
    return [missing | document for document in _read(path)]


def _read(path: Path) -> list[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        content: list[Any] = json.load(lines)
    return content


def cut_archive(task: Row, docs: Sequence[Document], papers: int) -> list[Document]:
    """Return a young archive: the task's candidates and others by chance, so many papers in all."""
    pool = set(task["pool"])
    others = [place for place in range(len(docs)) if place not in pool]
    more = min(max(0, papers - len(pool)), len(others))
    places = pool.union(Random(task["task"] + task["user"]).sample(others, more))
    return [docs[place] for place in sorted(places)]


def list_metrics(task: Row, scores: Sequence[float]) -> Row:
    """Return nDCG@10, MRR and recall@10 of one list (Järvelin and Kekäläinen 2002).

    Ties keep the pool's order. A CSFCube paper counts as right from grade 2.
    """
    gains = {int(place): gain for place, gain in task["rel"].items()}
    known = [-math.inf if math.isnan(score) else float(score) for score in scores]
    order = sorted(range(len(known)), key=lambda i: -known[i])
    got = [gains.get(task["pool"][i], 0) for i in order]
    figures: Row = {"ndcg10": _dcg(got) / _dcg(sorted(gains.values(), reverse=True))}
    enough = 2 if task["task"].startswith("T3.csf") else 1
    right = sum(gain >= enough for gain in gains.values())
    if right and not task["task"].startswith(GOLD):
        hits = [i for i, gain in enumerate(got) if gain >= enough]
        figures["mrr"] = 1 / (hits[0] + 1) if hits else 0.0
        figures["recall10"] = sum(i < CUT for i in hits) / min(CUT, right)
    return figures


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(i + 2) for i, gain in enumerate(gains[:CUT]))
