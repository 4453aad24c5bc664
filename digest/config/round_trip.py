"""Reads and writes YAML with its comments, quotes and order kept (ruamel.yaml, YAML 1.2)."""

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from digest.config.expansion import escaped

SHORT_LIST = 70  # characters; a list of texts up to this length stands on one line
MAX_LINE = 10_000  # characters; long texts stay on their line

# Texts that mean the same without quotes in YAML 1.1, 1.2 and in the eyes of a person; ruamel.yaml
# alone writes `[:0]`, which PyYAML cannot read.
UNQUOTED = re.compile(r"\w([\w /.+()@<>-]*[\w.+)>])?")


def round_trip() -> YAML:
    """Return a reader and writer in the style of the shipped examples."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = MAX_LINE
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def yaml_text(document: Any) -> str:
    """Return a document as it is written."""
    target = StringIO()
    round_trip().dump(document, target)
    return target.getvalue()


def plainly(value: Any) -> Any:
    """Return texts, lists and mappings for a document, quoted and escaped where it could matter."""
    if isinstance(value, str):
        return value if UNQUOTED.fullmatch(value) else DoubleQuotedScalarString(escaped(value))
    if isinstance(value, Mapping):
        return {key: plainly(member) for key, member in value.items()}
    members = CommentedSeq(plainly(member) for member in value)
    if all(isinstance(member, str) for member in value) and len("".join(value)) < SHORT_LIST:
        members.fa.set_flow_style()
    return members
