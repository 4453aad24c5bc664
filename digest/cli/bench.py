"""`digest bench`: speed of each stage and of the whole, side by side with peers."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import click

from digest.cli.output import print_json, print_table
from digest.cli.session import json_option, verbose_option
from digest.resources import PACKAGE

STAGES = ("collect", "rank", "render", "deliver", "whole")


@click.command("bench")
@click.argument("stages", nargs=-1, type=click.Choice(STAGES), metavar="[STAGE]...")
@verbose_option
@json_option
def command(stages: tuple[str, ...], as_json: bool) -> None:
    """Measure stages (collect, rank, render, deliver, whole) beside their peers, in one run.

    The benchmarks lie in tests/bench of a checkout; peers that are not installed are left out.
    Trust the ratios rather than the rates: they are taken side by side.

    \b
    Examples:
      digest bench
      digest bench deliver --json
    """
    root = PACKAGE.parent
    if not (root / "tests" / "bench").is_dir():
        raise click.UsageError(
            "The benchmarks need a checkout of the project: `pip install -e .` there."
        )
    sys.path.insert(0, str(root))
    figures = {}
    for stage in stages or STAGES:
        bench = importlib.import_module(f"tests.bench.{stage}")
        figures[stage] = bench.bench()
        if not as_json:
            print_table((stage, ""), list(flat(figures[stage])))
            click.echo()
    if as_json:
        print_json(figures if len(figures) != 1 else next(iter(figures.values())))


def flat(figures: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every figure with its name, `a.b.c`."""
    if not isinstance(figures, dict):
        number = f"{figures:,.4g}" if isinstance(figures, float) else str(figures)
        yield path, number
        return
    for name, value in figures.items():
        yield from flat(value, f"{path}.{name}" if path else str(name))
