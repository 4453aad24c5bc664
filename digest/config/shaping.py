"""Turns a tree of texts into the plain data the models want: lists, mappings, texts.

The expected form of a field decides how its value is read, never the look of the value: `17:30`,
`no`, `2501.10` and `1e5` stay the text that was written. Variables are filled in here and secrets
fetched from their files. A value in the wrong form is noted and replaced by BAD.
"""

import re
from collections.abc import Mapping as Environment
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from digest.config.expansion import Unexpandable, expand
from digest.config.fields import Days
from digest.config.nodes import Loc, Mapping, Node, Scalar, Sequence
from digest.config.paths import below
from digest.config.problems import Problems, closest, last_key
from digest.config.schema import Part

BAD: Final = object()  # already reported; models refuse it, and that error is left out
MAX_SECRET_BYTES = 65_536
# Lists that may be written `a, b`; titles, names and search words have commas of their own.
CLASSES = ("arxiv", "biorxiv", "medrxiv", "huggingface")
PARTED = tuple((key,) for key in ("keywords", "categories", "avoid", "days", *CLASSES))


@dataclass(frozen=True, slots=True)
class TextShape:
    """One scalar; pydantic reads numbers and truth values out of its text."""


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list, or its single member."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class TableShape:
    """A mapping whose keys the person chooses."""

    value: "Shape"


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One key of a mapping."""

    shape: "Shape"
    required: bool


@dataclass(frozen=True, slots=True)
class PartShape:
    """A mapping with known keys."""

    fields: dict[str, FieldShape]
    shorthand: str
    never_empty: tuple[str, ...]
    secrets: tuple[str, ...]  # keys that may be given as `<key>_file` instead


Shape = TextShape | ListShape | TableShape | PartShape


@lru_cache(maxsize=64)
def shape_of_model(model: type[Part]) -> PartShape:
    """Return the shape of a model and everything in it."""
    fields = {
        field.alias or name: FieldShape(_shape(field.annotation), field.is_required())
        for name, field in model.model_fields.items()
    }
    secrets = tuple(name for name in fields if f"{name}_file" in fields)
    return PartShape(fields, model.shorthand, model.never_empty, secrets)


def _shape(annotation: Any) -> Shape:
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation == Days:
        return ListShape(TextShape())
    if origin in (Union, UnionType):
        return _shape(next(arm for arm in inner if arm is not NoneType))
    if origin is Annotated:
        return _shape(inner[0])
    if origin is tuple:
        return ListShape(_shape(inner[0]))
    if origin is dict:
        return TableShape(_shape(inner[1]))
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return shape_of_model(annotation)
    return TextShape()


@dataclass(slots=True)
class Shaper:
    """Shapes the tree of one file."""

    path: Path
    folder: Path  # absolute; relative paths start here
    environ: Environment[str, str]
    problems: Problems
    guesses: dict[int, set[str]] = field(default_factory=dict)  # id of a mapping -> likely keys

    def shape(self, node: Node, shape: Shape, loc: Loc) -> Any:
        """Return the data of a node: str, list, dict or BAD."""
        if isinstance(shape, TextShape):
            return self.text(node, loc)
        if isinstance(shape, ListShape):
            return self.listing(node, shape, loc)
        if isinstance(shape, TableShape):
            return self.table(node, shape, loc)
        return self.part(node, shape, loc)

    def text(self, node: Node, loc: Loc) -> Any:
        """Return a scalar's text with its variables filled in."""
        if not isinstance(node, Scalar):
            people = loc[:-1] == ("subscribers",)  # of digest.yaml, which names their files
            meant = "; name a file here, and write people into that" if people else ""
            return self.bad(node, loc, f"one value is expected here, not a {form(node)}{meant}")
        if "$" not in node.text:
            return node.text
        try:
            return expand(node.text, self.environ)
        except Unexpandable as error:
            return self.bad(node, loc, str(error))

    def listing(self, node: Node, shape: ListShape, loc: Loc) -> Any:
        """Return a list; anything else is its single member."""
        if not isinstance(node, Sequence):
            return [self.shape(one, shape.item, (*loc, 0)) for one in parted(node, loc)]
        data = []
        for index, item in enumerate(node.items):
            place = (*loc, index)
            if isinstance(item, Scalar) and item.plain and item.text in ("", "~"):
                data.append(self.bad(item, place, "this entry is empty"))
            else:
                data.append(self.shape(item, shape.item, place))
        return data

    def table(self, node: Node, shape: TableShape, loc: Loc) -> Any:
        """Return a mapping with keys of the person's choice."""
        if not isinstance(node, Mapping):
            return self.bad(node, loc, f"a mapping is expected here, not a {form(node)}")
        return {
            key: {} if is_empty(value) else self.shape(value, shape.value, (*loc, key))
            for key, (_, value) in node.entries.items()
        }

    def part(self, node: Node, shape: PartShape, loc: Loc) -> Any:
        """Return a mapping with the keys of a model; unknown ones are noted and left out."""
        if isinstance(node, Scalar) and shape.shorthand:
            inner = shape.fields[shape.shorthand].shape
            data = {shape.shorthand: self.shape(node, inner, (*loc, shape.shorthand))}
            return {**data, **name_of(node, data[shape.shorthand], shape)}
        if not isinstance(node, Mapping):
            message = f"`key: value` lines are expected here, not a {form(node)}"
            return self.bad(node, loc, message)
        data = {}
        for key, (key_node, value) in node.entries.items():
            known = shape.fields.get(key)
            if known is None:
                self.unknown(node, key_node, shape, loc)
            elif is_empty(value):
                if key in shape.never_empty:
                    data[key] = self.bad(value, (*loc, key), "a value is missing")
            else:
                read = self.shape(value, known.shape, (*loc, key))
                if read != "" or known.required:
                    data[key] = read
        for key in shape.secrets:
            self.fetch(node, data, (*loc, key))
        if shape.shorthand in data:
            written = node.entries[shape.shorthand][1]
            return {**name_of(written, data[shape.shorthand], shape), **data}
        return data

    def unknown(self, node: Mapping, key: Scalar, shape: PartShape, loc: Loc) -> None:
        """Note an unknown key and the known one that was probably meant."""
        free = [name for name in shape.fields if name not in node.entries]
        meant = closest(key.text, free) or closest(key.text, shape.fields)
        self.guesses.setdefault(id(node), set()).add(meant)
        hint = f"; did you mean {meant!r}?" if meant else f"; known are {', '.join(shape.fields)}"
        place = f" in {loc_name(loc)}" if loc else ""
        self.problems.add(
            self.path, key, (*loc, key.text), f"unknown key {key.text!r}{place}{hint}"
        )

    def fetch(self, node: Mapping, data: dict[str, Any], loc: Loc) -> None:
        """Put the content of `<key>_file` in the place of a secret `<key>`."""
        key = str(loc[-1])
        name = data.get(f"{key}_file")
        if not isinstance(name, str):
            return
        if key in data:
            message = f"{key}: give either {key} or {key}_file, not both"
            self.problems.add(self.path, node.entries[key][0], loc, message)
            return
        content = secret_in(below(self.folder, name))
        if content is not None:
            data[key] = content

    def bad(self, node: Node, loc: Loc, message: str) -> Any:
        """Note a mistake and return BAD."""
        name = last_key(loc)
        self.problems.add(self.path, node, loc, f"{name}: {message}" if name else message)
        return BAD


def parted(node: Node, loc: Loc) -> list[Node]:
    """Return the members of a list that was written without its brackets: `keywords: a, b`."""
    if not isinstance(node, Scalar) or not node.plain or loc[-1:] not in PARTED:
        return [node]
    parts = [] if "$" in node.text else list(filter(None, re.split(r",\s+|,$", node.text)))
    return [node._replace(text=text) for text in parts] or [node]


def name_of(node: Node, read: Any, shape: PartShape) -> dict[str, str]:
    """Return the name of what would be called by the first member of a list that was parted."""
    if isinstance(node, Scalar) and isinstance(read, list) and len(read) > 1:
        return {"name": node.text} if "name" in shape.fields else {}
    return {}


def secret_in(path: Path) -> str | None:
    """Return the first line of a small file, or None where it cannot be read (reported later)."""
    try:
        with path.open("rb") as file:
            lines = file.read(MAX_SECRET_BYTES).decode("utf-8-sig").splitlines()
    except (OSError, ValueError):
        return None
    return lines[0].strip() if lines else ""


def is_empty(node: Node) -> bool:
    """Say whether a key with this value counts as not given."""
    return isinstance(node, Scalar) and node.empty


def form(node: Node) -> str:
    """Name what a node is, for messages."""
    if isinstance(node, Scalar):
        return "single value"
    return "list" if isinstance(node, Sequence) else "mapping"


def loc_name(loc: Loc) -> str:
    """Name the mapping at the end of a way, for messages: `site`, `an entry of sources`."""
    if isinstance(loc[-1], int):
        return f"an entry of {last_key(loc)}"
    return str(loc[-1])
