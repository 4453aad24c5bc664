"""Reads templates and the theme for mistakes, with file and line. Changes nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2 import meta

from digest.errors import Problem, TemplateError
from digest.rendering.lint_markup import check_markup
from digest.rendering.lint_names import check_names, closest
from digest.rendering.lint_setting import check_blocks, check_holes
from digest.rendering.lint_theme import check_theme
from digest.rendering.specimen import check_pages, check_specimens
from digest.rendering.stencil import CHANGED, MISUSED
from digest.rendering.templates import (
    LETTER_TEXT,
    WORDS,
    find_file,
    make_environment,
    mjml_files,
    problem_of,
    read_mjml,
    read_template,
)
from digest.rendering.theme import THEME_FILE, Theme, load_theme


def lint_templates(folders: Sequence[Path]) -> list[Problem]:
    """Return every mistake in the templates that letters and pages would be set from.

    Args:
        folders: where templates lie; the operator's own first, the shipped ones last.

    Returns:
        Problems in the order of files and lines, each once; letters are only tried out when the
        files themselves are sound.
    """
    problems = list(dict.fromkeys(file_problems(folders)))
    if not problems:
        problems = list(dict.fromkeys((*check_specimens(folders), *check_pages(folders))))
    if any(problem.message in (CHANGED, MISUSED) for problem in problems):
        problems = list(hole_problems(folders)) or problems
    return sorted(problems, key=lambda p: (str(p.path), p.line, p.column))


def file_problems(folders: Sequence[Path]) -> Iterator[Problem]:
    """Yield what can be seen in the files themselves."""
    try:
        theme = load_theme(folders)
        read_mjml(folders)
        names = names_of(folders)
    except TemplateError as error:
        yield problem_of(error, folders)
        return
    yield from check_theme(find_file(folders, THEME_FILE), theme)
    environment = make_environment(folders)
    paths = [find_file(folders, name) for name in names]
    for path in paths:
        yield from check_file(environment, path, theme)
    yield from stray_files(
        folders, {*map(Path.resolve, paths), *referred(environment, paths, folders)}
    )


def names_of(folders: Sequence[Path]) -> list[str]:
    """Return the names of the files that letters are set from."""
    return [*dict.fromkeys(name for name, _ in mjml_files(folders)), LETTER_TEXT, WORDS]


def hole_problems(folders: Sequence[Path]) -> Iterator[Problem]:
    """Yield where files of the right form ask too much of what differs from letter to letter."""
    environment = make_environment(folders)
    for path in (find_file(folders, name) for name in names_of(folders)):
        yield from check_holes(path, environment.parse(read_template(path), path.name))


def check_file(environment: jinja2.Environment, path: Path, theme: Theme) -> Iterator[Problem]:
    """Yield the mistakes of one template."""
    try:
        source = read_template(path)
        tree = environment.parse(source, path.name)
        yield from check_names(path, tree, environment, theme)  # some faults show only there
    except TemplateError as error:
        yield Problem(path, 0, 0, path.name, error.reason)
        return
    except jinja2.TemplateSyntaxError as error:
        yield Problem(path, error.lineno, 1, path.name, f"{error.message}")
        return
    yield from check_blocks(path, tree)
    if path.name not in (LETTER_TEXT, WORDS):
        yield from check_markup(path, source)


def referred(
    environment: jinja2.Environment, paths: Iterable[Path], folders: Sequence[Path]
) -> Iterator[Path]:
    """Yield where the files lie that these include, import or extend in Jinja, and so on."""
    waiting, seen = list(paths), set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        with suppress(TemplateError, jinja2.TemplateSyntaxError):  # told of where it is checked
            tree = environment.parse(read_template(path), path.name)
            names = filter(None, meta.find_referenced_templates(tree))
            places = (folder / name for name in names for folder in folders)
            found = [place for place in places if place.is_file()]
            waiting += found
            yield from map(Path.resolve, found)


def stray_files(folders: Sequence[Path], used: Collection[Path]) -> Iterator[Problem]:
    """Yield files in the operator's folder that nothing reads: most are misspelt.

    Args:
        used: where the files lie that are read, whatever links lead to them.
    """
    shipped = {path.name for path in folders[-1].iterdir()}
    for folder in folders[:-1]:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            known = path.name in shipped or path.resolve() in used or path.name[0] == "."
            if path.is_file() and not known:
                hint = closest(path.name, shipped)
                yield Problem(path, 0, 0, path.name, f"no template includes this file{hint}")
