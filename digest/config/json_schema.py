"""Makes the JSON Schemas that editors check the YAML files with, from the models themselves.

They are a little more generous than the models where an editor reads YAML otherwise: a text may
look like a number there, and a number may be a `${VARIABLE}`.
"""

import inspect
import json
import re
from pathlib import Path
from typing import Any

from digest.config import schema
from digest.config.schema import KINDS, DigestFile, Part, SubscribersFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES: dict[str, type[Part]] = {
    "digest.schema.json": DigestFile,
    "subscribers.schema.json": SubscribersFile,
}
VARIABLE = {"type": "string", "pattern": r"\$\{"}
FIELD_COMMENT = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)

Schema = dict[str, Any]


def json_schema(model: type[Part]) -> Schema:
    """Return the JSON Schema (2020-12) of one of the two files."""
    found = model.model_json_schema(by_alias=True)
    parts = {model.__name__: found, **found.pop("$defs", {})}
    for name, part in parts.items():
        generous_part(part, getattr(schema, name))
    definitions = {name: part for name, part in parts.items() if part is not found}
    return {"$schema": DIALECT, **found, "$defs": definitions}


def write_schemas(folder: Path) -> None:
    """Write both schemas into a folder, as they are shipped."""
    for name in FILES:
        (folder / name).write_text(schema_text(name), encoding="utf-8")


def schema_text(name: str) -> str:
    """Return the content of a shipped schema file."""
    return json.dumps(json_schema(FILES[name]), indent=2, ensure_ascii=False) + "\n"


def generous_part(part: Schema, model: type[Part]) -> None:
    """Fit the schema of one model to what may stand in YAML."""
    part["description"] = (model.__doc__ or "").split("\n")[0]
    comments = field_comments(model)
    required = part.get("required", [])
    for key, field in part["properties"].items():
        choices = generous(field)
        if key not in required and {"type": "null"} not in choices:
            choices.append({"type": "null"})
        about = described(field, comments.get(key, ""))
        part["properties"][key] = about | either(choices)
    if model is schema.SourceEntry:
        part["oneOf"] = [{"required": [kind]} for kind in KINDS]
    if model.shorthand:
        shorthand = {"type": ["string", "number", "boolean"]}
        part["anyOf"] = [{"type": "object"}, shorthand]
        del part["type"]


def either(choices: list[Schema]) -> Schema:
    """Return one schema for several, as short as it can be said."""
    if all(choice.keys() == {"type"} for choice in choices):
        kinds = [choice["type"] for choice in choices]
        names = [name for kind in kinds for name in (kind if isinstance(kind, list) else [kind])]
        return {"type": list(dict.fromkeys(names))}
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def described(field: Schema, comment: str) -> Schema:
    """Return the parts of a field's schema that only inform."""
    default = field.get("default")
    shown = {"default": default} if isinstance(default, int | float | str) and default else {}
    return shown | ({"description": comment} if comment else {})


def generous(field: Schema) -> list[Schema]:
    """Return the forms a value may take."""
    if "anyOf" in field:
        return [choice for arm in field["anyOf"] for choice in generous(arm)]
    if "$ref" in field:
        return [{"$ref": field["$ref"]}]
    kind = field.get("type")
    kept = {key: value for key, value in field.items() if key not in ("title", "default")}
    if kind == "array":
        item = either(generous(field["items"]))
        return [item, {"type": "array", "items": item}]
    if kind in ("integer", "number", "boolean"):
        return [kept, VARIABLE]
    if kind == "object":
        return [{**kept, "additionalProperties": either(generous(kept["additionalProperties"]))}]
    if kind == "string" and not kept.keys() & {"enum", "const", "pattern"}:
        return [{"type": ["string", "number", "boolean"]}]
    return [kept]


def field_comments(model: type[Part]) -> dict[str, str]:
    """Return what the comments in the source say of a model's fields, by their keys in YAML."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner is not Part and issubclass(owner, Part):
            found.update(FIELD_COMMENT.findall(inspect.getsource(owner)))
    fields = model.model_fields
    return {fields[name].alias or name: text for name, text in found.items() if name in fields}
