"""Edits the text of one subscribers file: only the lines of one entry change, comments stay.

The places come from PyYAML's marks, new text from ruamel.yaml. The text must be valid already.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from digest.config.round_trip import plainly, yaml_text

EMPTY_LIST = re.compile(r"(^[^:#]*:)\s*\[\s*\]")  # `subscribers: []`
Loader: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Uneditable(ValueError):
    """The file is written in a way that cannot be edited line by line; says which."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The `subscribers` of a file: its text and the nodes of its entries."""

    text: str
    listing: yaml.SequenceNode | None  # None: the key is missing or has no value
    key: yaml.ScalarNode | None

    @property
    def newline(self) -> str:
        """The line end of this file."""
        return "\r\n" if "\r\n" in self.text else "\n"


def entries_of(text: str) -> Entries:
    """Find the entries of a subscribers file.

    Raises:
        Uneditable: `subscribers` is not a list with one entry per line.
    """
    root = yaml.compose(text, Loader=Loader)
    for key, value in root.value if root else ():
        if key.value == "subscribers":
            if isinstance(value, yaml.ScalarNode) and not value.value:
                return Entries(text, None, key)
            if isinstance(value, yaml.SequenceNode) and not (value.flow_style and value.value):
                return Entries(text, value if value.value else None, key)
            raise Uneditable("`subscribers` must be a list with one `- ` line for each entry")
    return Entries(text, None, None)


def with_entries(text: str, new: Iterable[Mapping[str, Any]]) -> str:
    """Return the text with more subscribers at the end of the list."""
    entries = entries_of(text)
    if entries.listing is None:
        return with_first_entries(entries, new)
    column = dash_column(entries, entries.listing.value[0])
    lines = text.splitlines(keepends=True)
    at = last_line(entries.listing.value[-1]) + 1
    if at == len(lines) and not lines[-1].endswith("\n"):
        lines[-1] += entries.newline
    lines[at:at] = [line for entry in new for line in entry_lines(entry, column, entries.newline)]
    return "".join(lines)


def with_first_entries(entries: Entries, new: Iterable[Mapping[str, Any]]) -> str:
    """Return the text with a list of subscribers in the place of an empty one."""
    text, newline = entries.text, entries.newline
    members = [line for entry in new for line in entry_lines(entry, 2, newline)]
    if entries.key is None:
        gap = "" if text.endswith("\n") else newline
        return "".join([text, gap, newline, "subscribers:", newline, *members])
    lines, at = text.splitlines(keepends=True), entries.key.start_mark.line
    key = EMPTY_LIST.sub(r"\1", lines[at].rstrip("\r\n"))
    lines[at : at + 1] = [key, newline, *members]
    return "".join(lines)


def without_entry(text: str, index: int) -> str:
    """Return the text without one entry; the comments above and below it stay."""
    entries = entries_of(text)
    node = entry_node(entries, index)
    lines = text.splitlines(keepends=True)
    first, last = dash_line(lines, node), last_line(node)
    del lines[first : last + 1]
    if entries.listing is not None and len(entries.listing.value) == 1 and entries.key:
        line = entries.key.start_mark.line
        lines[line] = lines[line].replace("subscribers:", "subscribers: []", 1)
    return "".join(lines)


def with_values(text: str, index: int, values: Mapping[str, str | None]) -> str:
    """Return the text with some keys of one entry set, or taken out where the value is None."""
    for key, value in values.items():
        text = with_value(text, index, key, value)
    return text


def with_value(text: str, index: int, key: str, value: str | None) -> str:
    """Return the text with one key of one entry set to a plain value, or taken out."""
    entries = entries_of(text)
    node = entry_node(entries, index)
    if isinstance(node, yaml.ScalarNode):
        if value is None:
            return text
        column = " " * node.start_mark.column
        written = text[node.start_mark.index : node.end_mark.index]
        new = f"email: {written}{entries.newline}{column}{key}: {value}"
        return replaced(text, node, new)
    for name, old in node.value:
        if name.value == key:
            return replaced(text, old, value) if value is not None else without(text, node, name)
    return text if value is None else inserted(entries, node, f"{key}: {value}")


def inserted(entries: Entries, node: yaml.MappingNode, pair: str) -> str:
    """Return the text with a pair after the address of an entry."""
    text = entries.text
    after = next(value for key, value in node.value if key.value == "email")
    if node.flow_style:
        at = after.end_mark.index
        return f"{text[:at]}, {pair}{text[at:]}"
    lines = text.splitlines(keepends=True)
    at = last_line(after) + 1
    if not lines[at - 1].endswith("\n"):
        lines[at - 1] += entries.newline
    lines.insert(at, " " * node.start_mark.column + pair + entries.newline)
    return "".join(lines)


def without(text: str, node: yaml.MappingNode, name: yaml.Node) -> str:
    """Return the text without one key of an entry."""
    place = next(number for number, (key, _) in enumerate(node.value) if key is name)
    value = node.value[place][1]
    if node.flow_style:
        begin, end = name.start_mark.index, value.end_mark.index
        before = text[:begin].rstrip()
        return before.removesuffix(",") + text[end:] if place else before + text[end:].lstrip(", ")
    lines = text.splitlines(keepends=True)
    first, last = name.start_mark.line, max(name.start_mark.line, last_line(value))
    if place == 0:
        lead = lines[first][: name.start_mark.column]
        following = lines[last + 1]
        lines[last + 1] = lead + following[len(lead) :]
    del lines[first : last + 1]
    return "".join(lines)


def replaced(text: str, node: yaml.Node, value: str) -> str:
    """Return the text with a node's own characters replaced."""
    at, end = node.start_mark.index, node.end_mark.index
    gap = "" if text[:at].endswith((" ", "\n")) else " "
    return f"{text[:at]}{gap}{value}{text[end:]}"


def entry_node(entries: Entries, index: int) -> Any:
    """Return the node of one entry."""
    if entries.listing is None:
        raise Uneditable("`subscribers` has no entries")
    return entries.listing.value[index]


def entry_lines(entry: Mapping[str, Any], column: int, newline: str) -> list[str]:
    """Return the lines of a new entry whose dash stands in a column (from 0)."""
    lines = yaml_text(plainly(entry)).splitlines()
    marks = ["- ", *["  "] * (len(lines) - 1)]
    pairs = zip(marks, lines, strict=True)
    return [f"{' ' * column}{mark}{line}{newline}" for mark, line in pairs]


def dash_line(lines: list[str], node: yaml.Node) -> int:
    """Return the line (from 0) of the dash that begins an entry."""
    line = node.start_mark.line
    while line > 0 and not lines[line].lstrip().startswith("-"):
        line -= 1
    return line


def dash_column(entries: Entries, node: yaml.Node) -> int:
    """Return the column (from 0) of the dash that begins an entry."""
    line = dash_line(lines := entries.text.splitlines(), node)
    return len(lines[line]) - len(lines[line].lstrip())


def last_line(node: Any) -> int:
    """Return the last line (from 0) with something of a node; comments after it do not count.

    A block collection's own end mark is where the next token begins, so its members are asked.
    """
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        first, last = int(node.start_mark.line), int(node.end_mark.line)
        return last - 1 if node.end_mark.column == 0 and last > first else last
    members = node.value[-1]
    return last_line(members[1] if isinstance(members, tuple) else members)
