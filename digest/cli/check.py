"""`digest check`: configuration, templates and profiles, offline."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click

from digest.cli import EXIT_USAGE, say_wrong
from digest.cli.people import told_twice, with_everybody
from digest.cli.session import json_option, open_state, read_config, usual_options
from digest.config.arxiv import doubt_about
from digest.config.preprints import SUBJECTS, subject_doubt
from digest.config.schema import Config
from digest.errors import ConfigError, Problem, StateError

NO_PAGES = "their server is not installed; `pip install '.[web]'` brings it"


@click.command("check")
@usual_options
@json_option
def command(config_path: Path | None, as_json: bool) -> int:
    """Read every file and say what is wrong, with file, line and column; uses no network.

    Mistakes (exit code 2) keep `digest run` from working, or its letters from looking right.
    Warnings are worth a look: a keyword that no paper holds, an example that was not found.

    \b
    Examples:
      digest check                     before every commit of the YAML
      digest check -c other.yaml --json
    """
    try:
        config = read_config(config_path)
    except ConfigError as error:
        if not as_json:
            raise
        return tell_json(list(error.problems), [])
    try:
        twice = "stands in the YAML and in the database; the YAML counts"
        warnings = [f"{person.email}: {twice}" for person in told_twice(config)]
        config = with_everybody(config)
    except StateError as error:
        warnings = [str(error)]
    if not config.subscribers:
        warnings.append("nobody gets a letter: there are no subscribers")
    warnings += [*absent_files(config), *sources_twice(config)]
    warnings += [*dead_links(config), *doubtful_bounces(config)]
    from digest.pipeline.printing import template_folders
    from digest.pipeline.profiles import bad_libraries
    from digest.rendering.lint import lint_templates

    warnings += [*doubtful_classes(config), *bad_libraries(config.subscribers)]
    warnings += profile_warnings(config)
    problems = [*lint_templates(template_folders(config)), *model_problems(config)]
    if as_json:
        return tell_json(problems, warnings)
    for problem in problems:
        say_wrong(str(problem))
    for warning in warnings:
        click.echo(f"note: {warning}")
    if not problems:
        people, sources = len(config.subscribers), len(config.sources)
        click.echo(f"{config.path}: right; sources: {sources}, subscribers: {people}")
    return EXIT_USAGE if problems else 0


def tell_json(problems: list[Problem], warnings: list[str]) -> int:
    """Print mistakes and warnings as JSON."""
    from digest.cli.output import print_json

    rows = [
        {
            "file": str(problem.path),
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
        }
        for problem in problems
    ]
    print_json({"problems": rows, "warnings": warnings})
    return EXIT_USAGE if problems else 0


def absent_files(config: Config) -> Iterator[str]:
    """Name the files and folders that the configuration reads and that are not there."""
    folder = config.path.parent
    for source in config.sources:
        path = (folder / source.query[0]).expanduser() if source.kind == "file" else folder
        if not path.exists():
            yield f"source {source.name}: there is no {path}; relative paths start from {folder}"
    box = config.delivery.bounce_mailbox
    if box and "://" not in box and not Path(box).is_dir():
        yield f"delivery: bounce_mailbox: there is no Maildir {box}"
    if config.templates is not None and not config.templates.is_dir():
        yield f"templates: there is no folder {config.templates}; the shipped ones are used"


def sources_twice(config: Config) -> Iterator[str]:
    """Name what two sources ask for, of arXiv's classes in the same announcements."""
    before: dict[tuple[str, ...], str] = {}
    for source in config.sources:
        for asked in source.query:
            keys = [(source.kind, source.url, asked, announced) for announced in source.announce]
            other = next((before[key] for key in keys if key in before), source.name)
            if other != source.name:
                told = f"{asked} is also asked for by source {other}; take one out"
                yield f"source {source.name}: {told}"
            before = dict.fromkeys(keys, source.name) | before


def dead_links(config: Config) -> Iterator[str]:
    """Say where letters link to pages that nobody serves, as far as is known here."""
    if config.site.base_url and config.pages is None:
        yield (
            "site: base_url: letters link there, also to unsubscribe; `pages: {port: 8300}` lets "
            "`digest serve` answer, behind a web server with TLS"
        )
    if config.pages is not None and find_spec("uvicorn") is None:
        yield f"pages: {NO_PAGES}"


def doubtful_bounces(config: Config) -> Iterator[str]:
    """Say where what comes back does not say of which letter."""
    if config.delivery.bounce_mailbox and not config.delivery.bounce_address:
        yield (
            "delivery: bounce_mailbox: only reports that return the letter count; `bounce_address: "
            "b@example.org`, whose mails to b+...@ arrive there, tells letters apart"
        )


def doubtful_classes(config: Config) -> Iterator[str]:
    """Name classes that arXiv lacks and subjects that bioRxiv lacks: new ones, or mistyped."""
    asked = [(f"source {s.name}", s.query) for s in config.sources if s.kind == "arxiv"]
    asked += [
        (f"{p.email}: {i.name}", i.categories) for p in config.subscribers for i in p.interests
    ]
    for who, names in asked:
        yield from (f"{who}: {doubt}" for name in names if (doubt := doubt_about(name)))
    for source in config.sources:
        if source.kind in SUBJECTS:
            doubts = [subject_doubt(source.kind, name) for name in source.query]
            yield from (f"source {source.name}: {doubt}" for doubt in doubts if doubt)


def model_problems(config: Config) -> Iterator[Problem]:
    """Yield why the model of `ranking: semantic:` cannot be used; a server is asked by no check."""
    options = config.ranking.semantic
    if options is None or options.endpoint:
        return
    from digest.pipeline.meaning import open_embedder
    from digest.ranking.minilm import ModelError

    try:
        open_embedder(options)
    except ModelError as error:
        yield Problem(config.path, 0, 0, "ranking.semantic", str(error))


def profile_warnings(config: Config) -> Iterator[str]:
    """Yield what is odd about profiles, against the papers collected so far."""
    from digest.pipeline.indexing import stored_index
    from digest.ranking.advice import profile_warnings as warnings_of
    from digest.ranking.advice import unresolved
    from digest.ranking.index import Index
    from digest.state.archive import Archive

    try:
        database = open_state(config, create=False)
    except StateError:
        index, found = Index.empty(), frozenset[str]()
    else:
        index, archive = stored_index(database)[0], Archive(database)
        interests = (topic for person in config.subscribers for topic in person.interests)
        liked = {entry for topic in interests for entry in topic.like}
        found = frozenset(entry for entry in liked if archive.find(entry))
        database.close()
    for person in config.subscribers:
        missing = unresolved(person, found) if index.papers else []
        told = (*warnings_of(person, index), *missing)
        yield from (f"{person.email}: {warning}" for warning in told)
