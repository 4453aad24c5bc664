"""Finds what a template says around its papers, where no letter has it."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import nodes

from digest.errors import Problem

PAPERS = "papers"
SET_APART = ("section", "card")  # blocks that are filled by themselves; letters are joined of them
NOTHING = re.compile(r"(?:\s|</?mj-raw>)*")
LOST = "never stands in a letter: what is between papers belongs into the block section or card"


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
