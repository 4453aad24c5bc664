"""Finds where templates do more than print a text that differs from letter to letter."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from jinja2 import nodes

from digest.errors import Problem
from digest.rendering.stencil import CHANGED, MISUSED
from digest.rendering.templates import WORDS
from digest.rendering.typesetting import OPEN

Owners = Mapping[str, Collection[str]]  # attributes by the names of what has them

IN_LETTERS: Owners = {"letter": OPEN, "card": ("why",), "section": ("title", "note")}
IN_WORDS: Owners = {"facts": ("email", "name")}
LISTS_IN_WORDS: Owners = {"facts": ("titles", "topics")}  # each member is such a text
HARMLESS = ("default", "d", "e", "escape", "safe", "string", "trim")  # filters
SHORTENING = "cut"  # which sentences may do


def check_holes(path: Path, tree: nodes.Template) -> Iterator[Problem]:
    """Yield filters and comparisons of such texts: a letter would be set without knowing them."""
    in_words = path.name == WORDS
    for used in tree.find_all(nodes.Filter):
        allowed = (*HARMLESS, SHORTENING) if in_words else HARMLESS
        if is_hole(used.node, in_words) and used.name not in allowed:
            yield Problem(path, used.lineno, 1, path.name, CHANGED)
    for compared in tree.find_all(nodes.Compare):
        if is_hole(compared.expr, in_words):
            yield Problem(path, compared.lineno, 1, path.name, MISUSED)


def is_hole(node: nodes.Node | None, in_words: bool) -> bool:
    """Tell whether a node is a text that is not yet known when a template is filled."""
    if in_words and isinstance(node, nodes.Getitem):
        return is_of(node.node, LISTS_IN_WORDS)
    return is_of(node, IN_WORDS if in_words else IN_LETTERS)


def is_of(node: nodes.Node | None, owners: Owners) -> bool:
    """Tell whether a node is one of these attributes of one of these names."""
    if not isinstance(node, nodes.Getattr) or not isinstance(node.node, nodes.Name):
        return False
    return node.attr in owners.get(node.node.name, ())
