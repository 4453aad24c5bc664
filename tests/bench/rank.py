"""Readers ranked per second, on made-up papers with the word frequencies of real ones.

    python -m tests.bench.rank                        1,000 and 10,000 readers
    python -m tests.bench.rank 1000 10000 100000      others

`score and choose` is what a service pays per reader and day once profiles are fitted: three
products, quota, best interest, duplicates, diversity. `whole` is `rank_block` from the profile's
words to letters with reasons and exploration. Seconds are those of the processor, on one core.
The SVM is fitted for a few readers only, and its median stands for all hundred. With 100,000
readers it takes a few minutes.
"""

import json
import math
import os
import resource
import statistics
import sys
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

import numpy as np

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper, Subscriber
from digest.ranking.choosing import Rules, choose
from digest.ranking.day import score_day
from digest.ranking.fitting import Fitted, fit_interests
from digest.ranking.index import Index
from digest.ranking.ranker import rank_block
from digest.ranking.readers import Reader, read_wish
from digest.ranking.scene import Scene, open_scene

NOW = datetime(2026, 3, 2, tzinfo=UTC)
VOCABULARY, TOPICS, TOPIC_WORDS = 30_000, 40, 120
BLOCK = 500  # readers at once: what bounds the memory
ROUNDS = 3


def made_papers(count: int, start: int = 0) -> list[Paper]:
    """Return papers of about 150 words each: half of a topic, half of Zipf's law."""
    return [made_paper(number) for number in range(start, start + count)]


def made_paper(number: int) -> Paper:
    """Return one paper; the same number gives the same paper."""
    random = np.random.default_rng(number)
    topic = number % TOPICS
    common = mandelbrot(random, 90, VOCABULARY).tolist()
    ranks = mandelbrot(random, 60, TOPIC_WORDS)
    own = (VOCABULARY + topic * TOPIC_WORDS + ranks).tolist()
    words = [spelled(n) for n in random.permutation([*common, *own]).tolist()]
    title = " ".join(spelled(n) for n in own[:8])
    return Paper((f"arxiv:{number}",), title, abstract=" ".join(words))


def mandelbrot(random: np.random.Generator, count: int, words: int) -> np.ndarray:
    """Return ranks by Zipf's law as Mandelbrot bent it: what is left when stop words are gone.

    The commonest of 30,000 words stands in a third of the papers.
    """
    shift = 30
    return (shift * ((words + shift) / shift) ** random.random(count) - shift).astype(int)


def spelled(number: int) -> str:
    """Return a pronounceable word for a number; plurals and stop words do not occur."""
    consonants, vowels, word = "bdfgklmnprtvz", "aeo", ""
    for _ in range(4):
        number, consonant = divmod(number, 13)
        number, vowel = divmod(number, 3)
        word += consonants[consonant] + vowels[vowel]
    return word


def made_readers(count: int, archive: list[Paper]) -> list[Reader]:
    """Return readers of two interests each: one by five examples, one by three keywords."""
    by_id = {paper.id: paper for paper in archive}
    return [made_reader(number, by_id) for number in range(count)]


def made_reader(number: int, by_id: dict[str, Paper]) -> Reader:
    """Return one reader."""
    liked = liked_papers(number, by_id, 5)
    other = (number * 7 + 3) % TOPICS
    words = tuple(spelled(VOCABULARY + other * TOPIC_WORDS + k + number % 5) for k in range(3))
    interests = (Interest("liked", like=tuple(liked)), Interest("words", keywords=words))
    return Reader(Subscriber(f"u{number}@example.org", interests=interests), liked)


def liked_papers(number: int, by_id: dict[str, Paper], count: int) -> dict[str, Paper]:
    """Return papers of a reader's topic, by id."""
    topic = number % TOPICS
    places = [(number + TOPICS * (k + 1)) % len(by_id) for k in range(count)]
    liked = [f"arxiv:{place - place % TOPICS + topic}" for place in places]
    return {key: by_id[key] for key in liked if key in by_id}


def bench(users: tuple[int, ...] = (1_000, 10_000)) -> dict[str, Any]:
    """Return readers per second and seconds, by number of papers and readers.

    The SVM's figures are there where scikit-learn is installed.
    """
    archive = made_papers(5_000)
    index = Index.empty().extended(archive)
    figures: dict[str, Any] = {}
    for papers in (500, 2_000):
        scene = open_scene(index, made_papers(papers, 10_000), options=Options(), now=NOW)
        readers = made_readers(1_000, archive)
        figures[f"{papers} papers"] = {
            "score and choose, readers/s": {n: score_rate(scene, readers, n, 2) for n in users},
            "of one interest, readers/s": {n: score_rate(scene, readers, n, 1) for n in users[:2]},
            "whole, readers/s": round(len(readers) / seconds_whole(scene, readers)),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["peak MB"] = round(peak)
    if find_spec("sklearn"):
        figures["100 readers, 20,000 papers"] = against_svm()
    return figures


def score_rate(scene: Scene, readers: list[Reader], users: int, interests: int) -> int:
    """Return readers scored and chosen for per second, the best of some rounds."""
    wishes = [
        read_wish(interest, reader.examples)
        for reader in readers[:BLOCK]
        for interest in reader.subscriber.interests[:interests]
    ]
    fitted = fit_interests(scene.space, wishes)
    quotas = np.full((BLOCK, interests), 10 // interests, np.int64)
    rounds = 1 if users > 10_000 else ROUNDS
    return round(users / min(seconds_chosen(scene, fitted, quotas, users) for _ in range(rounds)))


def seconds_chosen(scene: Scene, fitted: Fitted, quotas: Any, users: int) -> float:
    """Return how long scoring and choosing for so many readers takes."""
    rules, begin = Rules(1.0, 0.1), time.process_time()
    shape = (*quotas.shape, len(scene.papers))
    for _ in range(users // BLOCK):
        choose(score_day(fitted, scene.witness.day).reshape(shape), quotas, scene.alike, rules)
    return time.process_time() - begin


def seconds_whole(scene: Scene, readers: list[Reader]) -> float:
    """Return how long profiles to letters take, reasons and all."""
    begin = time.process_time()
    for start in range(0, len(readers), BLOCK):
        rank_block(scene, readers[start : start + BLOCK])
    return time.process_time() - begin


def against_svm(papers: int = 20_000) -> dict[str, dict[str, float]]:
    """Return seconds per reader, fitting and ranking, ours and an SVM per user's.

    By the number of examples: from seven on ours learns against near misses.
    """
    archive = made_papers(papers)
    index = Index.empty().extended(archive)
    return {f"{examples} examples": beside_svm(index, archive, examples) for examples in (5, 10)}


def beside_svm(
    index: Index, archive: list[Paper], examples: int, sampled: int = 3
) -> dict[str, float]:
    """Measure both for readers of one interest with so many examples.

    What all readers share is not theirs: our opening of the day, with what a first reader makes
    ready for the others, and the SVM's reading of the archive. Once a day each does that, too.
    """
    by_id = {paper.id: paper for paper in archive}
    first, *readers = [liking_reader(number, by_id, examples) for number in range(101)]
    opened = ours = math.inf
    for _ in range(ROUNDS):
        begin = time.process_time()
        scene = open_scene(index, archive[-500:], options=Options(), now=NOW)
        rank_block(scene, [first])
        opened = min(opened, time.process_time() - begin)
        ours = min(ours, seconds_whole(scene, readers))
    read, taken = seconds_of_svm(archive, readers[:sampled])
    theirs = statistics.median(taken)
    return {
        "ours, ms/reader": round(ours * 10, 2),
        "opening the day, s (shared by all readers)": round(opened, 2),
        f"SVM per user, ms/reader (median of {sampled}, scaled)": round(theirs * 1e3),
        "SVM's reading of the archive, s (shared by all readers)": round(read, 2),
        "ratio": round(theirs / (ours / 100)),
        "ratio, our opening counted, the SVM's reading not": round(100 * theirs / (ours + opened)),
        "ratio, both counted": round((100 * theirs + read) / (ours + opened)),
    }


def liking_reader(number: int, by_id: dict[str, Paper], examples: int) -> Reader:
    """Return a reader of one interest by examples."""
    liked = liked_papers(number, by_id, examples)
    interest = Interest("liked", like=tuple(liked))
    return Reader(Subscriber(f"u{number}@example.org", interests=(interest,)), liked)


def seconds_of_svm(archive: list[Paper], readers: list[Reader]) -> tuple[float, list[float]]:
    """Return how long an SVM takes to read the archive, and for each reader."""
    from tests.bench.baselines import SvmPerUser

    documents = [{"id": p.id, "title": p.title, "abstract": p.abstract} for p in archive]
    svm, taken, begin = SvmPerUser(), [], time.process_time()
    svm._read(documents)
    read = time.process_time() - begin
    for reader in readers:
        examples = [
            {"title": p.title, "abstract": p.abstract, "date": ""} for p in reader.examples.values()
        ]
        begin = time.process_time()
        svm({"examples": examples, "keywords": [], "negatives": []}, documents[-500:], documents)
        taken.append(time.process_time() - begin)
    return read, taken


if __name__ == "__main__":
    if "OPENBLAS_NUM_THREADS" not in os.environ:  # numpy read it when it was loaded: begin anew
        command = [sys.executable, "-m", "tests.bench.rank", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    numbers = tuple(map(int, sys.argv[1:])) or (1_000, 10_000)
    print(json.dumps(bench(numbers), indent=1))
