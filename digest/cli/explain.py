"""`digest explain`: why a paper was or was not picked, number by number."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import EXIT_USAGE, say_wrong
from digest.cli.output import console, print_json, print_table
from digest.cli.people import find_one, read_everybody
from digest.cli.session import json_option, open_state, usual_options, utc_now

if TYPE_CHECKING:
    from digest.models import Paper
    from digest.ranking.explaining import Explanation, InterestExplanation

SHOWN_PAPERS = 8


@click.command("explain")
@click.argument("name")
@click.argument("paper")
@usual_options
@json_option
def command(name: str, paper: str, config_path: Path | None, as_json: bool) -> int:
    """Show why PAPER was or was not picked for NAME's newest letter, or for the one to come.

    PAPER is an id (arxiv:2205.14135, a DOI), its link in the letter, or words of its title.

    \b
    Examples:
      digest explain ada@example.org arxiv:2205.14135
    """
    config = read_everybody(config_path)
    person = find_one(config, name)
    from digest.pipeline.explaining import SeveralError, explain
    from digest.pipeline.run import Run

    try:
        with closing(open_state(config, create=False)) as database:
            found = explain(Run(config, database, utc_now), person, paper)
    except SeveralError as error:
        tell_several(paper, error.papers)
        return EXIT_USAGE
    except KeyError as error:
        click.echo(f"{paper}: no candidate for {person.email}: {error.args[0]}")
        return 0
    if found is None:
        told = "give its id, its link in the letter, or words of its title"
        say_wrong(f"the archive holds no paper {paper!r}; {told}")
        return EXIT_USAGE
    if as_json:
        print_json(asdict(found))
    else:
        print_explanation(found)
    return 0


def tell_several(wanted: str, papers: Sequence["Paper"]) -> None:
    """Name the papers that may be meant."""
    say_wrong(f"{len(papers)} titles say {wanted!r}; give the id of the one meant:")
    for paper in papers[:SHOWN_PAPERS]:
        click.echo(f"  {paper.id}  {paper.title}", err=True)
    if len(papers) > SHOWN_PAPERS:
        click.echo("  ...", err=True)


def print_explanation(found: "Explanation") -> None:
    """Print the verdict and the arithmetic of each interest."""
    out = console()
    out.print(found.title, style="bold", markup=False)
    out.print(f"{found.paper_id}  {found.verdict}", markup=False)
    for interest in found.interests:
        out.print()
        out.print(f"{interest.interest}: {interest.verdict}", style="bold", markup=False)
        print_table(("Part", "Points", "How"), part_cells(interest))
        for neighbour in interest.neighbours:
            line = f"  #{neighbour.rank}  {said(neighbour.score):>6}  {neighbour.title}"
            out.print(line, style="dim", markup=False)


def part_cells(interest: "InterestExplanation") -> list[tuple[str, str, str]]:
    """Return the sum of one interest as rows."""
    rows = [
        (
            part.name,
            f"{part.points:+.2f}",
            f"{part.gain:.2f} × ({part.value:.3f} − {part.usual:.3f}) {part.unit}"
            if part.unit
            else "",
        )
        for part in interest.parts
    ]
    rows.append(("offset", f"{interest.offset:+.2f}", ""))
    total = "it is left out, whatever it says besides"
    if isfinite(interest.score):
        total = f"number {interest.rank}; the threshold is {interest.threshold:.2f}"
    rows.append(("score", said(interest.score), total))
    return rows


def said(score: float) -> str:
    """Return a score; what is left out has none."""
    return f"{score:.2f}" if isfinite(score) else "none"
