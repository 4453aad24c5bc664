"""Reads the theme: colours, type, spacing and logo. Decides no layout."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from digest.errors import TemplateError

THEME_FILE = "theme.toml"
ENCODING = "utf-8-sig"  # of theme and templates: some editors begin a file with a mark

Theme = Mapping[str, Mapping[str, str]]

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
SIZE = re.compile(r"0|[0-9]+(\.[0-9]+)?(px|pt|em|rem|%)")
# The cells of a letter have no size of their own, so a share of it is nothing.
SHARE_OF_NOTHING = re.compile(r"body [0-9.]+(em|%)|(margin|narrow|gap) [0-9.]+em")
NOWHERE = "is in none of the template folders"
COLOURED = ("light", "dark")  # tables
SIZED = {"type": ("body", "title", "small"), "space": ("margin", "narrow", "gap")}


def load_theme(folders: Sequence[Path]) -> Theme:
    """Merge the theme files of all folders, the first folder's values over the later ones'.

    Raises:
        TemplateError: a file is no TOML, or names a table or key that the shipped theme has not.
    """
    found = [folder / THEME_FILE for folder in folders if (folder / THEME_FILE).is_file()]
    if not found:
        raise TemplateError(THEME_FILE, 0, NOWHERE)
    theme: dict[str, dict[str, str]] = dict(tables_of(found[-1]))
    for path in reversed(found[:-1]):
        for table, values in tables_of(path):
            check_known(path, table, values, theme)
            theme[table] = {**theme[table], **values}
    return theme


def check_values(theme: Theme) -> None:
    """Refuse what no mail program can show; `digest check` says in which line.

    Raises:
        TemplateError: a value is no colour, or no size: text of such a size is not seen at all.
    """
    for _, _, fault in misshapen(theme):
        raise TemplateError(THEME_FILE, 0, fault)


def misshapen(theme: Theme) -> Iterator[tuple[str, str, str]]:
    """Yield table, key and fault of the values that are no colour or no size."""
    for table, keys in SIZED.items():
        for key in keys:
            value = theme[table][key]
            if not SIZE.fullmatch(value) or SHARE_OF_NOTHING.fullmatch(f"{key} {value}"):
                yield table, key, f"[{table}] {key}: {value!r} is no size like 16px"
    for table in COLOURED:
        for key, value in theme[table].items():
            if not COLOUR.fullmatch(value):
                yield table, key, f"[{table}] {key}: {value!r} is no colour like #a33a1c"


def tables_of(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the tables of one theme file with their values as text."""
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(ENCODING))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise TemplateError(str(path), 0, f"is no TOML: {error}") from error
    for table, values in document.items():
        if not isinstance(values, dict):
            raise TemplateError(str(path), 0, f"{table!r} stands outside a table such as [light]")
        yield table, {key: str(value) for key, value in values.items()}


def check_known(path: Path, table: str, values: Mapping[str, str], shipped: Theme) -> None:
    """Refuse a name that nothing reads; it would be a silent spelling mistake."""
    if table not in shipped:
        raise TemplateError(str(path), 0, f"[{table}] is not one of {', '.join(shipped)}")
    for key in values:
        if key not in shipped[table]:
            known = ", ".join(shipped[table])
            raise TemplateError(str(path), 0, f"{key!r} in [{table}] is not one of {known}")
