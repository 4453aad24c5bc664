"""Reads one MJML file for what the compiler would swallow and mail programs would not show."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from digest.errors import Problem
from digest.rendering.checks import FORBIDDEN
from digest.rendering.lint_names import closest
from digest.rendering.vocabulary import ATTRIBUTES, ELEMENTS, NUMERIC, REFUSED, UNCHECKED

REMOTE = re.compile(r"(?:https?:)?//[^\s'\")]+", re.IGNORECASE)
LOADING = frozenset(("src", "srcset", "background", "background-url", "poster"))
REMOTE_CSS = re.compile(r"@import|@font-face|url\(\s*['\"]?(?:https?:)?//", re.IGNORECASE)
OUTLOOK = re.compile(r"<!--\[if[^\]]*\]>|<!\[endif\]-->")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LESS_IN_JINJA = re.compile(r"\{[{%][^{}<]*<")
VOID = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))


def check_markup(path: Path, source: str) -> Iterator[Problem]:
    """Yield the mistakes of one MJML file."""
    reader = Elements(path)
    reader.feed(source)
    reader.close()
    yield from reader.problems
    for match in REMOTE_CSS.finditer(source):
        yield at(path, source, match.start(), "style", "loads something remote; letters must not")
    yield from check_comments(path, source)


def unknown_elements(path: Path, source: str) -> Iterator[Problem]:
    """Yield the elements that the compiler does not know, and makes nothing sensible of."""
    reader = Elements(path)
    reader.feed(source)
    for problem in reader.problems:
        if problem.key.startswith("mj") and problem.key not in (*ELEMENTS, *REFUSED):
            yield problem


def unparted(path: Path, source: str) -> Iterator[Problem]:
    """Yield why a file that the compiler has refused could not be parted into its elements."""
    for match in LESS_IN_JINJA.finditer(source):
        message = "is no MJML: a `<` within Jinja begins a tag; `is lt(3)` does the same"
        yield at(path, source, match.end() - 1, "<", message)
    reader = Elements(path)
    reader.feed(source)
    reader.close()
    yield from reader.unended[:1]
    for tag, line, column in reader.opened[-1:]:
        yield Problem(path, line, column + 1, tag, f"is no MJML: <{tag}> does not end")


def check_comments(path: Path, source: str) -> Iterator[Problem]:
    """Yield unbalanced conditional comments of Outlook, and Jinja inside comments."""
    opened: int | None = None
    for match in OUTLOOK.finditer(source):
        opens = match[0].startswith("<!--[if")
        if opens == (opened is not None):
            said = "begins inside another one" if opens else "ends without a beginning"
            yield at(path, source, match.start(), "comment", f"a comment for Outlook {said}")
        opened = match.start() if opens else None
    if opened is not None:
        yield at(path, source, opened, "comment", "a comment for Outlook does not end")
    for match in COMMENT.finditer(source):
        if "{%" in match[0]:
            message = "Jinja inside a comment is compiled as if the comment were not there"
            yield at(path, source, match.start(), "comment", message)


def at(path: Path, source: str, position: int, key: str, message: str) -> Problem:
    """Make a problem of a position in a text."""
    line = source.count("\n", 0, position) + 1
    column = position - source.rfind("\n", 0, position)
    return Problem(path, line, column, key, message)


class Elements(HTMLParser):
    """Looks at each element; MJML and the HTML in it alike."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.problems = path, list[Problem]()
        self.opened, self.unended = list[tuple[str, int, int]](), list[Problem]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element and its attributes."""
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.opened.append((tag, *self.getpos()))
        if tag in REFUSED:
            self._say(tag, f"<{tag}>: {REFUSED[tag]}")
        elif tag in FORBIDDEN:
            self._say(tag, f"<{tag}> has no place in a mail")
        elif tag.startswith("mj") and tag not in ELEMENTS:
            self._say(tag, f"<{tag}> is no element of MJML{closest(tag, ELEMENTS)}")
        elif tag in ATTRIBUTES and tag not in UNCHECKED:
            self._check_attributes(tag, values)
        if tag in ("img", "mj-image") and "alt" not in values:
            self._say("alt", f'<{tag}> has no alt; say what the picture shows, or alt=""')
        for name in LOADING & values.keys():
            if REMOTE.match(values[name]):
                self._say(name, f"{values[name]} is on another host; letters load nothing")

    def handle_endtag(self, tag: str) -> None:
        """Part from the element that ends here."""
        if tag in VOID:
            return
        found, line, column = self.opened.pop() if self.opened else ("", *self.getpos())
        if found != tag:
            message = (
                f"<{found}> does not end before </{tag}>" if found else f"</{tag}> ends nothing"
            )
            problem = Problem(self.path, line, column + 1, tag, f"is no MJML: {message}")
            self.unended.append(problem)

    def _check_attributes(self, tag: str, values: dict[str, str]) -> None:
        for name, value in values.items():
            if name not in ATTRIBUTES[tag]:
                inline = (
                    "; the compiler ignores it" if (tag, name) == ("mj-style", "inline") else ""
                )
                hint = inline or closest(name, ATTRIBUTES[tag])
                self._say(name, f"<{tag}> has no attribute {name!r}{hint}")
            elif (tag, name) in NUMERIC and "{" in value:
                self._say(name, f"{name} of <{tag}> must be a number; a template value is ignored")

    def _say(self, key: str, message: str) -> None:
        line, column = self.getpos()
        self.problems.append(Problem(self.path, line, column + 1, key, message))
