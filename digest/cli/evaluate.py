"""`digest eval`: ranking quality on labelled data."""

from pathlib import Path
from typing import Any

import click

from digest.cli.output import print_json, print_table
from digest.cli.session import json_option, verbose_option

WHOLE = click.IntRange(min=0)


@click.command("eval")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@verbose_option
@json_option
@click.option("--against", metavar="NAME", help="A second ranker, compared user by user.")
@click.option(
    "--limit", default=0, type=WHOLE, metavar="N", help="At most N users of each task; 0: all."
)
@click.option(
    "--archive", default=0, type=WHOLE, metavar="N", help="Archives cut to N papers; 0: whole."
)
@click.option("--semantic", is_flag=True, help="With sentence embeddings, by the packaged model.")
def command(
    folder: Path, *, as_json: bool, against: str | None, limit: int, archive: int, semantic: bool
) -> None:
    """Measure how well papers are ranked: nDCG@10, MRR and recall@10 by task.

    FOLDER holds tasks.json.gz and corpus_*.json.gz: readers with papers they liked, candidates,
    and which of these they liked later.

    \b
    Examples:
      digest eval labelled/ --limit 60
      digest eval labelled/ --against tfidf --json
      digest eval labelled/ --archive 300 --limit 20 --against tfidf
    """
    from digest.ranking.evaluation import RANKERS, ArchiveRanker, evaluate

    rankers = RANKERS
    if semantic:
        from digest.config.schema import Semantic
        from digest.pipeline.meaning import open_embedder

        embed = open_embedder(Semantic())[1]
        rankers = {**RANKERS, "digest": ArchiveRanker(embed), "words": RANKERS["digest"]}
    try:
        report = evaluate(folder, rankers=rankers, against=against, limit=limit, archive=archive)
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(report)
        return
    print_report(report)


def print_report(report: dict[str, Any]) -> None:
    """Print the figures of each task, and what is won or lost against a second ranker."""
    other = report.get("against")
    heads: tuple[str, ...] = ("Task", "n", "nDCG@10", "MRR", "Recall@10")
    rows = task_cells(report["tasks"])
    if other:
        heads = (*heads, f"- {other['name']}")
        rows = [(*row, gap) for row, gap in zip(rows, gap_cells(other), strict=True)]
    print_table(heads, rows)
    if report["macro"] is not None:
        click.echo(f"macro nDCG@10  {report['macro']:.4f}")
    if other and other["macro"] is not None:
        click.echo(f"{other['name']}  {other['macro']:.4f}")


def task_cells(tasks: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the figures of each task as a table shows them."""
    return [
        (
            name,
            str(figures["n"]),
            f"{figures['ndcg10']:.3f} ±{figures['se'] or 0:.3f}",
            "" if figures["mrr"] is None else f"{figures['mrr']:.3f}",
            "" if figures["recall10"] is None else f"{figures['recall10']:.3f}",
        )
        for name, figures in sorted(tasks.items())
    ]


def gap_cells(other: dict[str, Any]) -> list[str]:
    """Return the paired difference of each task as a table shows it, ours minus theirs."""
    return [
        f"{gap:+.3f} ±{other['difference_se'][name] or 0:.3f}"
        for name, gap in sorted(other["difference"].items())
    ]
