"""Says in plain words what is wrong with the syntax of a YAML file, and where.

libyaml and PyYAML word the same mistake differently; both are recognised.
"""

import re

import yaml

# `email:ada@example.org`, `-email: ...`; not `- arxiv:2205.14135`, an id
NO_SPACE = re.compile(
    r"\s*(?:- )?(?!(?:arxiv|doi|pmid|pubmed):\d)(?:(-)\w+: |(\w+:)[^\s/])", re.IGNORECASE
)
KEY_ALONE = re.compile(r"\s*(- +)*[\w.-]+")  # of `key: value`, what stands before the colon
COMMENT = re.compile(r"\s#")
COMMENT_WITH_END = re.compile(r"\s#(?=.*[]}])")
CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
UNMERGED = "git could not merge what follows: keep one version, and delete its lines of <, = and >"
BARE_VARIABLE = re.compile(r"[{\[:,]\s*([^'\"\s{\[:,]*\$\{)")
TOO_DEEP = "does not fit the line above: a ':' is missing there, or this one stands too far right"
QUOTES = "text that begins with {char!r} needs quotes"

# (words of PyYAML or libyaml, context or problem; what they mean)
MEANINGS = (
    ("maximum nesting depth", "nested deeper than 40 levels"),  # libyaml's own limit is 1,000
    ("mapping values are not allowed", "a ': ' inside of text needs quotes around the text"),
    ("quoted scalar|unexpected end of stream", "this quotation mark is never closed"),
    ("quoted scalar|document separator", "this quotation mark is never closed"),
    (
        "quoted scalar|hexdecimal number",  # libyaml's spelling
        "in \"double quotes\" write \\\\ for a backslash, or use 'single'",
    ),
    (
        "unknown escape character",
        "in \"double quotes\" write \\\\ for a backslash, or use 'single'",
    ),
    ("flow sequence|expected ',' or ']'", "the list that begins here with '[' is never closed"),
    ("flow mapping|expected ',' or '}'", "the mapping that begins here with '{' is never closed"),
    ("simple key|could not find expected ':'", "this line is neither `key: value` nor `- entry`"),
    ("block sequence entries are not allowed", "a list begins on a line of its own"),
    ("scanning an alias|", QUOTES.format(char="*")),
    ("scanning an anchor|", QUOTES.format(char="&")),
    ("scanning a directive|", QUOTES.format(char="%")),
    ("tab character that violates", "a tab cannot indent YAML; use spaces"),
    ("expected node content", "a value is missing here, or a character is one too many"),
    ("mapping keys are not allowed", QUOTES.format(char="?")),
    ("unexpected ':'", "a ': ' inside of text needs quotes around the text"),
    ("block scalar|", "after '|' or '>' the text begins on the next line; other text needs quotes"),
    ("<document start>", "this line does not fit: look at its indentation and quotes"),
    ("block collection|", "this line is not indented like the list it belongs to"),
    ("block mapping|", "this line does not fit: look at its indentation and quotes"),
)
AT_CONTEXT = ("quoted scalar", "flow sequence", "flow mapping", "simple key", "an alias")


def syntax_message(error: yaml.YAMLError, text: str) -> tuple[str, int, int]:
    """Return (message, line, column) for an error of the parser; both count from 1."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return unreadable_character(error, text)
    if unmerged := CONFLICT.search(text):
        return UNMERGED, text.count("\n", 0, unmerged.start()) + 1, 1
    context, problem = error.context or "", error.problem or ""
    mark = error.problem_mark or error.context_mark
    if error.context_mark and any(words in context for words in AT_CONTEXT):
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    if "while parsing a flow" in context and (found := bare_variable(text, line)):
        return found
    if "cannot start any token" in problem:
        return bad_beginning(text, line, column)
    if found := no_space(text, line):
        return found
    if "mapping values" in problem and KEY_ALONE.fullmatch(row(text, line)[: column - 1]):
        return TOO_DEEP, line, column
    last = error.problem_mark.line + 1 if error.problem_mark else line
    if "while parsing a flow" in context and (found := comment_within(text, line, last)):
        return found
    return meaning(context, problem), line, column


def no_space(text: str, line: int) -> tuple[str, int, int] | None:
    """Explain a key or a dash without a space behind it; it may be noticed in the next line."""
    for number in (line - 1, line):
        found = NO_SPACE.match(row(text, number)) if number > 0 else None
        if found:
            which = 1 if found[1] else 2
            return f"a space is missing behind {found[which]!r}", number, found.end(which) + 1
    return None


def meaning(context: str, problem: str) -> str:
    """Translate the parser's words; its own where the mistake is not among the known ones."""
    for words, said in MEANINGS:
        first, bar, second = words.partition("|")
        if (first in context and second in problem) if bar else (first in problem):
            return said
    return f"YAML: {problem or context}"


def bare_variable(text: str, line: int) -> tuple[str, int, int] | None:
    """Explain `{port: ${PORT}}`, whose inner brace ends the mapping."""
    column = BARE_VARIABLE.search(row(text, line))
    if column is None:
        return None
    return "${...} inside of { } or [ ] needs quotes around it", line, column.start(1) + 1


def comment_within(text: str, first: int, last: int) -> tuple[str, int, int] | None:
    """Explain `[C #, F]`; below the first line only a comment that holds the list's end counts."""
    ends = [(COMMENT_WITH_END, number) for number in range(first, last + 1)]
    for pattern, number in (*ends, (COMMENT, first)):
        found = pattern.search(row(text, number))
        if found:
            return "' #' begins a comment; the text that holds it needs quotes", number, found.end()
    return None


def bad_beginning(text: str, line: int, column: int) -> tuple[str, int, int]:
    """Explain a character that no value can begin with; often a tab, found in its line."""
    rest = row(text, line)[column - 1 :]
    if rest.lstrip(" ").startswith("\t"):
        column += rest.index("\t")
        return "a tab cannot indent YAML; use spaces", line, column
    return QUOTES.format(char=rest[:1]), line, column


def row(text: str, line: int) -> str:
    """Return one line of a text, "" behind its end."""
    rows = text.splitlines()
    return rows[line - 1] if 0 < line <= len(rows) else ""


def unreadable_character(error: yaml.YAMLError, text: str) -> tuple[str, int, int]:
    """Explain a control character (YAML 1.1, section 5.1)."""
    position = int(getattr(error, "position", 0))
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    code = f"U+{ord(text[position : position + 1] or chr(0)):04X}"
    return f"the control character {code} is not allowed; delete it", line, column
