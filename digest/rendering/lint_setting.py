"""Finds what templates cannot do, since letters are joined of blocks that are filled beforehand.

What stands around the blocks in the midst of papers is lost, and of a text that differs from letter
to letter nothing is known yet.
"""

import re
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

PAPERS = "papers"
SET_APART = ("section", "card")  # blocks that are filled by themselves; letters are joined of them
NOTHING = re.compile(r"(?:\s|</?mj-raw>)*")
LOST = "never stands in a letter: what is between papers belongs into the block section or card"


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


def check_blocks(path: Path, tree: nodes.Template) -> Iterator[Problem]:
    """Yield what stands in the block of all papers, and in none of those within it."""
    for block in tree.find_all(nodes.Block):
        if block.name == PAPERS:
            for line in lost_lines(block):
                yield Problem(path, line, 1, PAPERS, LOST)


def lost_lines(node: nodes.Node) -> Iterator[int]:
    """Yield the lines of what would be printed outside of the blocks that are set apart."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Output):
            yield from (one.lineno for one in child.nodes if not is_blank(one))
        elif not isinstance(child, nodes.Block) or child.name not in SET_APART:
            yield from lost_lines(child)


def is_blank(node: nodes.Node) -> bool:
    """Tell whether nothing would be seen of it."""
    return isinstance(node, nodes.TemplateData) and bool(NOTHING.fullmatch(node.data))
