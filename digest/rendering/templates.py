"""Finds, compiles and fills templates. Knows nothing of papers.

MJML is compiled once, with the Jinja tags still inside; then Jinja fills the HTML. So a letter
costs no XML parsing, and foreign text never meets the XML parser, where a `<` or a NUL raises.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import mjml

from digest.errors import Problem, TemplateError
from digest.rendering import filters
from digest.rendering.plain import cut, wrap
from digest.rendering.stencil import Hole, MisusedHoleError
from digest.rendering.theme import ENCODING, NOWHERE, check_values, load_theme

LETTER_MJML = "letter.mjml"
LETTER_HTML = "letter.mjml as HTML"  # the name of the compiled template
LETTER_TEXT = "letter.txt"
WORDS = "words.txt"
SHELL = "{% extends base %}{% block papers %}{{ papers }}{% endblock %}"
ELSEWHERE = "`digest check` looks for the place"
NO_TEXT = "is no text in UTF-8"
INCLUDE = re.compile(r"<mj-include\s+path=[\"']([^\"']+)[\"']\s*(?:/>|>\s*</mj-include>)")
POSITION = re.compile(r" in root template at position (\d+):(\d+)")  # bytes of the joined files
JINJA_FAULTS = (
    jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip
MOST_NESTED = 8  # files that include each other
OUR_OBJECT = re.compile(r"'digest\.\S+\.(\w+?)(?:View)? object' has no attribute")


@dataclass(frozen=True, slots=True)
class Form:
    """One part of a letter."""

    template: jinja2.Template  # the whole of it
    shell: jinja2.Template  # with `papers` in place of its papers


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates of one installation, compiled."""

    html: Form
    text: Form
    words: jinja2.Template


def load_templates(folders: Sequence[Path]) -> Templates:
    """Compile the letter's templates, each file from the first folder that has it.

    Raises:
        TemplateError: a template is missing or malformed.
    """
    environment = make_environment(folders)
    with naming_files(folders):
        theme = load_theme(folders)
        check_values(theme)
        environment.globals["theme"] = theme
        page = compile_page(environment, folders)
        check_elements(folders)
        text = get_template(environment, LETTER_TEXT)
        return Templates(
            html=Form(page, shell_of(environment, page, LETTER_HTML)),
            text=Form(text, shell_of(environment, text, LETTER_TEXT)),
            words=get_template(environment, WORDS),
        )


@contextmanager
def naming_files(folders: Sequence[Path]) -> Iterator[None]:
    """Let an error name the file that a template was read from, the operator's or the shipped."""
    try:
        yield
    except TemplateError as error:
        try:
            path = find_file(folders, error.name)
        except TemplateError:
            raise error from error.__cause__
        raise TemplateError(str(path), error.line, error.reason) from error


def problem_of(error: TemplateError, folders: Sequence[Path]) -> Problem:
    """Turn an error into a problem of the file that it names, or of the operator's folder."""
    path = Path(error.name)
    with suppress(TemplateError):
        path = find_file(folders, error.name)
    reason = error.reason.removesuffix(f"; {ELSEWHERE}")
    place = (error.line, 1 if error.line else 0)
    return Problem(path if path.is_file() else folders[0], *place, error.name, reason)


def check_elements(folders: Sequence[Path]) -> None:
    """Refuse elements of the operator's own templates that the compiler would swallow.

    Raises:
        TemplateError: with file and line.
    """
    if len(folders) == 1:
        return
    from digest.rendering.lint_markup import unknown_elements  # few have templates of their own

    refuse_first(unknown_elements, folders)


def refuse_first(look: Callable[[Path, str], Iterator[Problem]], folders: Sequence[Path]) -> None:
    """Raise the first problem that is found in a file of the letter."""
    for name, source in mjml_files(folders):
        path = find_file(folders, name)
        for problem in look(path, source):
            raise TemplateError(str(path), problem.line, problem.message)


def compile_page(environment: jinja2.Environment, folders: Sequence[Path]) -> jinja2.Template:
    """Compile the HTML part; where that fails, each file is looked at by itself for the fault."""
    try:
        return environment.from_string(compile_mjml(read_mjml(folders)))
    except (jinja2.TemplateSyntaxError, TemplateError) as error:
        if isinstance(error, TemplateError) and error.reason.endswith(NOWHERE):
            raise
        for name, part in mjml_files(folders):
            check_syntax(environment, part, name)
        if isinstance(error, TemplateError):
            from digest.rendering.lint_markup import unparted

            refuse_first(unparted, folders)
            raise
        raise TemplateError(LETTER_MJML, 0, str(error.message)) from error


def make_environment(folders: Sequence[Path]) -> jinja2.Environment:
    """Build the Jinja environment: everything but plain text is escaped, nothing is undefined."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders], ENCODING),
        autoescape=is_markup,  # noqa: S701 - all but the text part and its sentences
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(filters.FILTERS, cut=shortened, wrap=wrap)
    return environment


def shortened(text: str | Hole, limit: int) -> str | Hole:
    """Cut a text, or ask that a hole's text be cut when it is known."""
    return text.cut(limit) if isinstance(text, Hole) else cut(text, limit)


def is_markup(name: str | None) -> bool:
    """Tell whether a template's values are escaped: all but plain text, compiled MJML included."""
    return name is None or not name.endswith(".txt")


def shell_of(environment: jinja2.Environment, base: jinja2.Template, name: str) -> jinja2.Template:
    """Derive the letter whose papers are one value, by overriding its block `papers`."""
    code = environment.compile(SHELL, name, name)
    return jinja2.Template.from_code(
        environment, code, environment.make_globals({"base": base}), None
    )


def get_template(environment: jinja2.Environment, name: str) -> jinja2.Template:
    """Load one template by name."""
    try:
        return environment.get_template(name)
    except jinja2.TemplateNotFound as error:
        raise TemplateError(name, 0, NOWHERE) from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(error.name or name, error.lineno, str(error.message)) from error
    except UnicodeDecodeError as error:
        raise TemplateError(name, 0, NO_TEXT) from error


def find_file(folders: Sequence[Path], name: str) -> Path:
    """Return the first folder's file of that name; a name may not leave its folder."""
    for folder in folders:
        path = folder / name
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path
    raise TemplateError(name, 0, NOWHERE)


def read_mjml(folders: Sequence[Path], name: str = LETTER_MJML, depth: int = 0) -> str:
    """Read a template with the files it includes in their places.

    MJML's own include compiles a file without knowing the width around it, and columns then come
    out without any; so the files are joined before they are compiled.
    """
    if depth > MOST_NESTED:
        raise TemplateError(name, 0, "includes itself")
    path = find_file(folders, name)
    source = read_template(path)

    def read_included(match: re.Match[str]) -> str:
        try:
            return read_mjml(folders, match[1], depth + 1)
        except TemplateError as error:
            if error.name != match[1] or error.reason != NOWHERE:
                raise
            line = source.count("\n", 0, match.start()) + 1
            raise TemplateError(str(path), line, f"{match[1]!r} {NOWHERE}") from error

    return INCLUDE.sub(read_included, source)


def read_template(path: Path) -> str:
    """Return the text of a template.

    Raises:
        TemplateError: it cannot be read, or is no text.
    """
    try:
        return path.read_text(ENCODING)
    except UnicodeDecodeError as error:
        raise TemplateError(str(path), 0, NO_TEXT) from error
    except OSError as error:
        raise TemplateError(str(path), 0, f"cannot be read: {error.strerror}") from error


def mjml_files(
    folders: Sequence[Path], name: str = LETTER_MJML, depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield the letter's template and the files that it includes, each as it was written."""
    if depth > MOST_NESTED:
        raise TemplateError(name, 0, "includes itself")
    source = read_template(find_file(folders, name))
    yield name, source
    for included in INCLUDE.findall(source):
        yield from mjml_files(folders, included, depth + 1)


def check_syntax(environment: jinja2.Environment, source: str, name: str) -> None:
    """Parse one file by itself, since after compilation its line numbers are lost.

    Raises:
        TemplateError: it says in which line the fault is.
    """
    try:
        environment.parse(source, name)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(name, error.lineno, str(error.message)) from error


def compile_mjml(source: str) -> str:
    """Turn MJML into HTML; Jinja tags pass through as text.

    `fonts={}` keeps MJML from linking to a font server.
    """
    try:
        return mjml.mjml2html(source, fonts={})
    except (ValueError, OSError) as error:
        place = POSITION.search(said := str(error))
        if place:
            found = source.encode()[int(place[1]) : int(place[2])].decode("utf-8", "replace")
            said = POSITION.sub("", f"{said}: {found!r}")
        raise TemplateError(LETTER_MJML, 0, f"is no MJML: {said}") from error


def render(template: jinja2.Template, values: Mapping[str, Any]) -> str:
    """Fill a whole template."""
    try:
        return template.render(values)
    except JINJA_FAULTS as error:
        raise fault(template.name or LETTER_HTML, error) from error


def render_blocks(
    template: jinja2.Template, blocks: Sequence[str], values: dict[str, Any]
) -> list[str]:
    """Fill some blocks of a template with the same values.

    Args:
        values: every name that the blocks may use, those of the environment included; merging
            them here would take longer than filling a block.
    """
    for block in blocks:
        if block not in template.blocks:
            raise TemplateError(template.name or LETTER_MJML, 0, f"has no block {block!r}")
    context = template.new_context(values, shared=True)
    try:
        return ["".join(template.blocks[block](context)) for block in blocks]
    except JINJA_FAULTS as error:
        raise fault(template.name or file_of(blocks[0]), error) from error


def file_of(block: str) -> str:
    """Return the file that a block of the HTML part is made of: a card of card.mjml."""
    return f"{block}.mjml"


def fault(name: str, error: Exception) -> TemplateError:
    """Say in which template an error arose, or one that it includes; where, the lint knows."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return TemplateError(error.name or name, error.lineno, str(error.message))
    if isinstance(error, (jinja2.TemplateError, MisusedHoleError)):
        reason = OUR_OBJECT.sub(lambda found: f"{found[1].lower()} has no", str(error))
    else:
        reason = NO_TEXT if isinstance(error, UnicodeDecodeError) else f"a mistake: {error!r}"
    return TemplateError(name, 0, f"{reason}; {ELSEWHERE}")
