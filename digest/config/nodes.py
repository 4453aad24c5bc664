"""The tree a YAML file is read into: texts as written, each with its place; no meaning yet.

Named tuples rather than classes, because a file of 10,000 subscribers makes 400,000 of them.
"""

from typing import NamedTuple

Loc = tuple[str | int, ...]  # a way down the tree: ("subscribers", 3, "email")


class Scalar(NamedTuple):
    """One text, never resolved to a number, a date or a truth value."""

    line: int  # from 1
    column: int  # from 1
    text: str
    plain: bool  # written without quotes and not as a block

    @property
    def empty(self) -> bool:
        """Whether a key with this value counts as not given: nothing, `~` or `null`."""
        return self.plain and self.text in ("", "~", "null")


class Sequence(NamedTuple):
    """One list."""

    line: int
    column: int
    items: list["Node"]
    size: int  # scalars and containers in it, aliases written out


class Mapping(NamedTuple):
    """One mapping; the first of equal keys stands."""

    line: int
    column: int
    entries: dict[str, tuple[Scalar, "Node"]]  # key -> (the key where it stands, its value)
    size: int


Node = Scalar | Sequence | Mapping


def node_at(root: Node, loc: Loc) -> Node:
    """Return the node at the end of a way, or the last one that exists on it.

    A list may be written as its single member, so that an index into anything else stays put.
    """
    node = root
    for step in loc:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
            node = node.entries[step][1]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
    return node


def key_at(root: Node, loc: Loc) -> Node:
    """Return the key that a way ends with; where there is none, what `node_at` returns."""
    parent = node_at(root, loc[:-1])
    if loc and isinstance(parent, Mapping) and loc[-1] in parent.entries:
        return parent.entries[str(loc[-1])][0]
    return node_at(root, loc)
