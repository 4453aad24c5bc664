"""`digest eval`: ranking quality on labelled data."""

from pathlib import Path
from typing import Any

import click

from digest.cli.output import print_json, print_table
from digest.cli.session import json_option, verbose_option


@click.command("eval")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@verbose_option
@json_option
@click.option("--against", metavar="NAME", help="A second ranker, compared user by user.")
@click.option("--limit", default=0, metavar="N", help="At most N users of each task; 0: all.")
def command(folder: Path, as_json: bool, against: str | None, limit: int) -> int:
    """Measure how well papers are ranked: nDCG@10, MRR and recall@10 by task.

    FOLDER holds tasks.json.gz and corpus_*.json.gz: readers with papers they liked, candidates,
    and which of these they liked later.

    \b
    Examples:
      digest eval labelled/ --limit 60
      digest eval labelled/ --against tfidf --json
    """
    from digest.ranking.evaluation import RANKERS, evaluate

    try:
        report = evaluate(folder, rankers=RANKERS, against=against, limit=limit)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(report)
        return 0
    print_table(("Task", "n", "nDCG@10", "MRR", "Recall@10"), task_cells(report["tasks"]))
    click.echo(f"macro nDCG@10  {report['macro']:.4f}")
    if "against" in report:
        click.echo(f"{report['against']['name']}  {report['against']['macro']:.4f}")
    return 0


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
