"""What form each field of the schema takes in YAML, read off the pydantic models."""

from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from digest.config.fields import Days
from digest.config.schema import Part


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
