"""`digest sources`: how each source fares, and what a feed would give before it is added."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from digest.cli.output import console, print_json, print_table
from digest.cli.session import (
    json_option,
    open_state,
    read_config,
    usual_options,
    utc_now,
    verbose_option,
)
from digest.models import Paper
from digest.state.memories import SourceBook, SourceHealth

BARS = " ▁▂▃▄▅▆▇█"
SHOWN_PAPERS = 10


@click.group("sources", invoke_without_command=True)
@usual_options
@json_option
@click.pass_context
def command(context: click.Context, config_path: Path | None, as_json: bool) -> None:
    """Show each source's state, last success and papers per day; `sources try` tests a new one.

    \b
    Examples:
      digest sources
      digest sources try https://www.nature.com/nature.rss
      digest sources try saved-feed.xml --json
    """
    if context.invoked_subcommand:
        return
    config = read_config(config_path)
    with closing(open_state(config, create=False)) as database:
        book, now = SourceBook(database), utc_now()
        known = {health.name: health for health in book.health()}
        days = book.papers_per_day(now)
    names = [source.name for source in config.sources]
    if as_json:
        print_json([as_row(name, known.get(name), days.get(name, ())) for name in names])
    else:
        headings = ("Source", "State", "Last success", "Papers a day", "")
        rows = [cells(name, known.get(name), days.get(name, ())) for name in names]
        print_table(headings, rows)


def as_row(name: str, health: SourceHealth | None, days: tuple[int, ...]) -> dict[str, Any]:
    """Return one source as JSON shows it."""
    return {
        "name": name,
        "state": health.state if health else "never asked",
        "reason": health.reason if health else "",
        "last_success": health.last_success if health else None,
        "failures": health.failures if health else 0,
        "papers_per_day": days,
    }


def cells(name: str, health: SourceHealth | None, days: tuple[int, ...]) -> tuple[str, ...]:
    """Return one source as a table shows it."""
    if health is None:
        return name, "never asked", "", "", ""
    return name, health.state, when(health.last_success), bar(days), health.reason


def when(moment: datetime | None) -> str:
    """Return a moment as a table shows it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def bar(days: tuple[int, ...]) -> str:
    """Return the papers of each day as a small bar, and today's number."""
    if not days:
        return ""
    most = max(days) or 1
    steps = len(BARS) - 1
    return "".join(BARS[-(-count * steps // most)] for count in days) + f" {days[-1]}"


@command.command("try")
@click.argument("target", metavar="URL-OR-FILE")
@verbose_option
@json_option
def attempt(target: str, as_json: bool) -> int:
    """Show what a feed would give; its kind is recognised by its content.

    \b
    Examples:
      digest sources try https://www.nature.com/nature.rss
      digest sources try saved-feed.xml --json
    """
    from digest.cli import EXIT_FAILED
    from digest.sources.trying import try_source

    tried = try_source(target, now=utc_now())
    report, papers = tried.collected.report, tried.collected.papers
    if as_json:
        print_json(
            {
                "state": report.state,
                "reason": report.reason,
                "kind": tried.kind,
                "papers": [paper_row(paper) for paper in papers],
            }
        )
    else:
        named = f"{target}: {report.reason}" if report.reason else ""
        print_table(
            ("Kind", "State", "Papers", ""),
            [(tried.kind or "unknown", str(report.state), str(len(papers)), named)],
        )
        if report.reason.startswith("there is no file"):
            click.echo("Web addresses begin with http:// or https://; this was taken for a path.")
        for paper in papers[:SHOWN_PAPERS]:
            console().print(f"• {paper.title}", markup=False)
            console().print(
                f"  {paper.id}  {', '.join(paper.authors[:3])}", style="dim", markup=False
            )
        if len(papers) > SHOWN_PAPERS:
            click.echo(f"and {len(papers) - SHOWN_PAPERS} more")
        if papers:
            line = f"feed: {target}" if "://" in target else f"file: {Path(target).absolute()}"
            click.echo(f"To read it every day, write `- {line}` below `sources:`.")
    return EXIT_FAILED if report.state == "failed" else 0


def paper_row(paper: Paper) -> dict[str, Any]:
    """Return one paper as JSON shows it."""
    signals = paper.signals
    told = {
        name: value
        for name in signals.__slots__
        if (value := getattr(signals, name)) not in (None, "", ())
    }
    return {
        "id": paper.id,
        "title": paper.title,
        "authors": paper.authors,
        "abstract": paper.abstract,
        "url": paper.url,
        "published": paper.published,
        "doi": paper.doi,
        "signals": told,
        "categories": paper.categories,
        "venue": paper.venue,
    }
