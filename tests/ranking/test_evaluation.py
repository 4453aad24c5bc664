"""Quality is measured as the harness of the labelled data measures it, with the product's code."""

import gzip
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from digest.cli.evaluate import print_report
from digest.ranking.evaluation import RANKERS, ArchiveRanker, evaluate, measure, rank, summary
from digest.ranking.labelled import cut_archive, load_tasks
from digest.ranking.peers import Ranker
from tests.ranking.papers import make_papers

LABELLED = Path(__file__).parents[3] / "shared" / "ranking"


def write_labelled(folder: Path) -> None:
    """Write two tasks of three users each, in the format of the labelled data."""
    papers = make_papers(60)
    corpus = [{"id": p.id, "title": p.title, "abstract": p.abstract} for p in papers]
    tasks = [
        {
            "task": task,
            "user": f"u{topic}",
            "group": f"g{topic}",
            "corpus": "made",
            "kw": ["galaxy"] if topic == 2 and task == "T2.made" else [],
            "ex": [topic, topic + 5],
            "neg": [],
            "pool": "*" if task == "T2.made" else [20] + [1] * 39,
            "rel": {str(place): 1 for place in range(20 + topic, 60, 5)},
        }
        for task in ("T1.made", "T2.made")
        for topic in range(3)
    ]
    for name, content in (("tasks", tasks), ("corpus_made", corpus)):
        with gzip.open(folder / f"{name}.json.gz", "wt") as out:
            json.dump(content, out)


def test_the_shape_of_the_report(tmp_path: Path) -> None:
    """Every task has its five figures, and topics this clear are found."""
    write_labelled(tmp_path)
    report = evaluate(tmp_path, rankers=RANKERS, against="tfidf")
    assert set(report["tasks"]) == {"T1.made", "T2.made"}
    for figures in report["tasks"].values():
        assert set(figures) == {"n", "ndcg10", "mrr", "recall10", "se"}
        assert figures["n"] == 3
    assert report["tasks"]["T1.made"]["ndcg10"] > 0.95
    assert report["against"]["name"] == "tfidf"
    assert set(report["against"]["difference"]) == {"T1.made", "T2.made"}
    json.dumps(report, allow_nan=False)


def test_limit_takes_the_first_users(tmp_path: Path) -> None:
    """A limit holds for each task."""
    write_labelled(tmp_path)
    report = evaluate(tmp_path, rankers=RANKERS, limit=2)
    assert [figures["n"] for figures in report["tasks"].values()] == [2, 2]


def test_a_young_archive_holds_the_candidates(tmp_path: Path) -> None:
    """An archive is cut to so many papers, never under its candidates, the same every time."""
    write_labelled(tmp_path)
    tasks, corpora = load_tasks(tmp_path)
    task = next(task for task in tasks if task["task"] == "T1.made")
    docs = corpora["made"]
    young = cut_archive(task, docs, 45)
    assert len(young) == 45
    assert {docs[i]["id"] for i in task["pool"]} < {doc["id"] for doc in young}
    assert young == cut_archive(task, docs, 45)
    assert len(cut_archive(task, docs, 1)) == len(task["pool"]) == 40
    assert len(cut_archive(task, docs, 10_000)) == len(docs)
    report = evaluate(tmp_path, rankers=RANKERS, archive=45)
    assert report["tasks"]["T1.made"]["ndcg10"] > 0.9


def test_embeddings_take_part(tmp_path: Path) -> None:
    """A ranker with embeddings puts first what they say is alike, whatever the words."""
    write_labelled(tmp_path)
    _, corpora = load_tasks(tmp_path)

    def first_letters(texts: Sequence[str]) -> np.ndarray:
        rows = np.array([[text[:1] == letter for letter in "ab"] for text in texts], np.float32)
        return rows + np.float32(0.01)

    profile = {"keywords": [], "examples": [corpora["made"][0]], "negatives": []}
    pool = [{"id": str(i), "title": letter * 4, "abstract": ""} for i, letter in enumerate("ab")]
    archive = [*corpora["made"], *pool]
    for word, best in (("aaa", 0), ("bbb", 1)):
        profile["examples"] = [{"id": "", "title": word, "abstract": ""}]
        known = [*archive, {"id": word, "title": word, "abstract": ""}]
        scores = ArchiveRanker(first_letters)(profile, pool, known)
        assert np.argmax(scores) == best


def test_a_task_without_a_right_answer_is_refused(tmp_path: Path) -> None:
    """The error names the task and the user."""
    write_labelled(tmp_path)
    path = tmp_path / "tasks.json.gz"
    tasks = json.loads(gzip.decompress(path.read_bytes()))
    tasks[0]["rel"] = {}
    path.write_bytes(gzip.compress(json.dumps(tasks).encode()))
    with pytest.raises(ValueError, match="has no right answer for u0"):
        load_tasks(tmp_path)


def test_the_table_says_what_is_won(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside each task stands the paired difference and its error."""
    write_labelled(tmp_path)
    print_report(evaluate(tmp_path, rankers=RANKERS, against="bm25"))
    printed = capsys.readouterr().out
    assert "- bm25" in printed
    assert printed.count("±") == 4


def test_unknown_names_and_folders_are_refused(tmp_path: Path) -> None:
    """A folder without labels and a ranker nobody knows are ValueErrors."""
    with pytest.raises(ValueError, match="does not hold labelled data"):
        evaluate(tmp_path, rankers=RANKERS)
    write_labelled(tmp_path)
    nobody_asked: dict[str, Ranker] = {"digest": lambda *_: pytest.fail("a minute's work first")}
    with pytest.raises(ValueError, match="no ranker is called"):
        evaluate(tmp_path, rankers=nobody_asked, against="nobody")
    for lacking in ("rel", "pool", "task"):
        with gzip.open(tmp_path / "tasks.json.gz", "wt") as out:
            task = {"task": "T", "user": "u", "corpus": "made", "pool": "*", "rel": {"1": 1}}
            json.dump([{key: said for key, said in task.items() if key != lacking}], out)
        with pytest.raises(ValueError, match=f"does not hold labelled data: '{lacking}'"):
            evaluate(tmp_path, rankers=RANKERS)


def _harness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("harness", LABELLED / "harness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled data lie elsewhere")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_harness_says_the_same() -> None:
    """The labelled data's own script gives our ranker the figures that we print."""
    harness = _harness()
    names = ["T2.cran.query", "T1.cul.k3.hard"]
    tasks, corpora = harness.load(str(LABELLED), names)
    theirs, _, _ = harness.evaluate(rank, tasks, corpora, limit=5)
    ours = {}
    for name in names:
        rows = [row for row in theirs if row["task"] == name]
        ours[name] = harness.summarise(rows, "ndcg10")
    report = _only(names, limit=5)
    for name in names:
        assert report[name]["ndcg10"] == pytest.approx(ours[name][0], abs=1e-9)
        assert report[name]["se"] == pytest.approx(ours[name][1], abs=1e-9)


def _only(names: list[str], limit: int) -> dict:
    tasks, corpora = load_tasks(LABELLED)
    kept = [task for task in tasks if task["task"] in names]
    return summary(measure(rank, kept, corpora, limit))["tasks"]


@pytest.mark.soak
@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled data lie elsewhere")
def test_the_goal_is_reached() -> None:
    """On the labelled data, first sixty users of each task, the macro is 0.49 or more."""
    assert evaluate(LABELLED, rankers=RANKERS, limit=60)["macro"] >= 0.49
