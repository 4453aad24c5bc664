"""Asks for the rows of many names by one parameter, a JSON list.

SQLAlchemy would spell out a parameter for each name at every call, which takes longer than SQLite
needs to find their rows.
"""

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json
from sqlalchemy import ColumnElement, FunctionElement, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

THESE = "these"


class Listed(FunctionElement[str]):
    """The names of a list, as a subquery."""

    inherit_cache = True


@compiles(Listed, "sqlite")
def _in_sqlite(element: Listed, compiler: SQLCompiler, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    return f"(select value as name from json_each({given}))"  # noqa: S608  # the mark of a parameter


@compiles(Listed, "postgresql")
def _in_postgresql(element: Listed, compiler: SQLCompiler, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    return f"(select json_array_elements_text(cast({given} as json)) as name)"


def among_these(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the names given by `these`."""
    return column.bool_op("in")(Listed(bindparam(THESE)))


# These names as a table of one column, `name`.
EACH = Listed(bindparam(THESE)).table_valued("name", name="each_of_these")


def these(names: Iterable[str]) -> dict[str, str]:
    """Return the parameter of a statement with `among_these` or `EACH`."""
    return {THESE: to_json(list(names)).decode()}
