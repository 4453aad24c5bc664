"""Reads one YAML file into a tree of texts with their places; refuses what could hurt.

PyYAML gives the events (YAML 1.1); the tree is built here without recursion, because its C
composer overflows the stack on deep nesting (measured: `- ` 5,000 times ends the process).
"""

from pathlib import Path

import yaml

from digest.config.nodes import Mapping, Node, Scalar, Sequence
from digest.config.problems import Problems
from digest.config.syntax import syntax_message

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 40  # the deepest valid file has 8 levels
MAX_ALIASED_NODES = 1_000_000  # "billion laughs": nine aliases of nine aliases of ...

Parser: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CORE_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
ALLOWED_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in CORE_TAGS)}


class Refused(Exception):
    """The file cannot be read any further."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        self.place = Scalar(line, column, "", plain=True) if line else None
        super().__init__(message)


def read_tree(path: Path, problems: Problems, text: str | None = None) -> Mapping | None:
    """Read a file whose top is a mapping; None where it cannot be read, with the reason noted.

    Args:
        path: The file, and its name in messages.
        problems: Where mistakes are noted.
        text: Read instead of the file where it is given.
    """
    try:
        tree = TreeBuilder(path, problems).build(text or decoded(read_bytes(path)))
        if isinstance(tree, Mapping):
            return tree
        raise Refused("the file must be a mapping of keys to values, like `key: value`", 1, 1)
    except Refused as refusal:
        problems.add(path, refusal.place, (), str(refusal))
    return None


def read_bytes(path: Path) -> bytes:
    """Return the whole file, unless it is too big to be meant."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Refused(f"the file is larger than {MAX_FILE_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror or error}") from error


def decoded(body: bytes) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark (YAML 1.1, section 5.2)."""
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        column = error.start - (body.rfind(b"\n", 0, error.start) + 1) + 1
        message = "this character is not valid UTF-8; save the file with the encoding UTF-8"
        raise Refused(message, line, column) from error
    if not text.strip():
        raise Refused("the file is empty")
    return text


class TreeBuilder:
    """Turns the events of one document into nodes; an explicit stack, so depth is bounded."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path, self.problems = path, problems
        self.stack: list[Open] = []
        self.anchors: dict[str, Node | None] = {}  # None: still open
        self.aliased = 0
        self.root: Node | None = None

    def build(self, text: str) -> Node:
        """Return the root of the only document.

        Raises:
            Refused: Syntax, more than one document, or something that could hurt.
        """
        try:
            parser = Parser(text)
            while parser.check_event():
                self.take(parser.get_event())
        except yaml.YAMLError as error:
            message, line, column = syntax_message(error, text)
            raise Refused(message, line, column) from error
        if self.root is None:
            raise Refused("the file holds nothing but comments")
        return self.root

    def take(self, event: yaml.Event) -> None:
        """Take in one event."""
        if isinstance(event, yaml.ScalarEvent):
            node = scalar(event)
            if event.anchor:
                self.anchors[event.anchor] = node
            self.add(node)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close()
        elif isinstance(event, yaml.AliasEvent):
            self.add(self.alias(event))
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise Refused("a second document begins here; one file holds one", *place(event))

    def open(self, event: yaml.CollectionStartEvent) -> None:
        """Begin a list or a mapping."""
        check_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            raise Refused(f"nested deeper than {MAX_DEPTH} levels", *place(event))
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(Open(*place(event), event.anchor, type(event)))

    def close(self) -> None:
        """Finish the innermost list or mapping and hand it to what surrounds it."""
        done = self.stack.pop()
        node = done.mapping(self) if done.is_mapping else done.sequence()
        if done.anchor:
            self.anchors[done.anchor] = node
        self.add(node)

    def add(self, node: Node) -> None:
        """Put a finished node where it belongs."""
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node

    def alias(self, event: yaml.AliasEvent) -> Node:
        """Return what an alias stands for, within bounds."""
        name = event.anchor
        if name not in self.anchors:
            hint = "text that begins with '*' needs quotes"
            raise Refused(f"no anchor &{name} stands above; {hint}", *place(event))
        node = self.anchors[name]
        if node is None:
            raise Refused(f"*{name} stands inside of &{name} itself", *place(event))
        self.aliased += 1 if isinstance(node, Scalar) else node.size
        if self.aliased > MAX_ALIASED_NODES:
            raise Refused(f"aliases multiply beyond {MAX_ALIASED_NODES:,} values", *place(event))
        return node


class Open:
    """A list or mapping whose end was not seen yet."""

    __slots__ = ("anchor", "children", "column", "is_mapping", "line")

    def __init__(self, line: int, column: int, anchor: str | None, kind: type) -> None:
        self.line, self.column, self.anchor = line, column, anchor
        self.is_mapping = kind is yaml.MappingStartEvent
        self.children: list[Node] = []

    def size(self) -> int:
        """Count the nodes in it, itself among them."""
        return 1 + sum(1 if isinstance(c, Scalar) else c.size for c in self.children)

    def sequence(self) -> Sequence:
        """Return the finished list."""
        return Sequence(self.line, self.column, self.children, self.size())

    def mapping(self, builder: TreeBuilder) -> Mapping:
        """Return the finished mapping; equal keys are noted, `<<` is merged in."""
        entries: dict[str, tuple[Scalar, Node]] = {}
        merged: list[tuple[Scalar, Node]] = []
        for key, value in zip(self.children[::2], self.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                message = "a key must be plain text; text with '{' or '[' in front needs quotes"
                raise Refused(message, key.line, key.column)
            if key.plain and key.text == "<<":
                merged.append((key, value))
            elif key.text in entries:
                first = entries[key.text][0].line
                message = f"duplicate key {key.text!r}; it stands already in line {first}"
                builder.problems.add(builder.path, key, (key.text,), message)
            else:
                entries[key.text] = (key, value)
        for key, value in merged:
            merge(entries, key, value)
        return Mapping(self.line, self.column, entries, self.size())


def merge(entries: dict[str, tuple[Scalar, Node]], key: Scalar, value: Node) -> None:
    """Add the entries of `<<: *anchor`; what stands in the mapping itself wins (YAML merge key)."""
    for source in value.items if isinstance(value, Sequence) else [value]:
        if not isinstance(source, Mapping):
            raise Refused("`<<` wants a mapping, such as *anchor", key.line, key.column)
        for name, entry in source.entries.items():
            entries.setdefault(name, entry)


def scalar(event: yaml.ScalarEvent) -> Scalar:
    """Return a scalar event as text with its place."""
    check_tag(event)
    return Scalar(*place(event), event.value, not event.style)


def check_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
    """Refuse tags: nothing in these files is ever turned into an object."""
    if event.tag not in ALLOWED_TAGS:
        message = f"the tag {event.tag!r} is not allowed; text that begins with '!' needs quotes"
        raise Refused(message, *place(event))


def place(event: yaml.Event) -> tuple[int, int]:
    """Return line and column, both from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)
