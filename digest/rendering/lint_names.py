"""Finds names in templates that no letter has."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta, nodes

from digest.errors import Problem
from digest.rendering.templates import WORDS
from digest.rendering.theme import Theme
from digest.rendering.views import CardView, LetterView, LinkView, SectionView, SiteView
from digest.rendering.wording import Facts

IN_LETTER = {"letter": LetterView, "site": SiteView, "card": CardView, "section": SectionView}
IN_WORDS = {"facts": Facts, "site": SiteView}
LOOPED = {"link": LinkView}  # the variable of a loop over card.links
ALWAYS = frozenset(("theme", "sections"))


def check_names(
    path: Path, tree: nodes.Template, environment: jinja2.Environment, theme: Theme
) -> Iterator[Problem]:
    """Yield variables, attributes, filters and theme values that do not exist."""
    known: dict[str, Any] = IN_WORDS if path.name == WORDS else IN_LETTER
    filters = [f for f in tree.find_all(nodes.Filter) if f.name not in environment.filters]
    if filters:  # nothing more can be asked of a tree that does not compile
        for used in filters:
            yield unknown(path, used.lineno, used.name, environment.filters)
        return
    own = set(own_names(tree))
    undeclared = meta.find_undeclared_variables(tree) - set(known) - ALWAYS - own
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared:
            yield unknown(path, name.lineno, name.name, known)
    looked_at = {name: view for name, view in {**known, **LOOPED}.items() if name not in own}
    for found in tree.find_all(nodes.Getattr):
        yield from check_attribute(path, found, looked_at, theme)


def own_names(tree: nodes.Template) -> Iterator[str]:
    """Yield the names that a template gives itself, wherever in it, but that of a card's links."""
    # By identity: to Jinja, nodes of the same content are equal.
    links = {id(one.target) for one in tree.find_all(nodes.For) if is_links(one.iter)}
    for name in tree.find_all(nodes.Name):
        if name.ctx != "load" and id(name) not in links:
            yield name.name
    for imported in tree.find_all(nodes.Import):
        yield imported.target
    for macro in tree.find_all(nodes.Macro):
        yield macro.name
    for found in tree.find_all(nodes.FromImport):
        yield from (one if isinstance(one, str) else one[1] for one in found.names)


def is_links(node: nodes.Node) -> bool:
    """Tell whether a node is `card.links`."""
    owner = node.node if isinstance(node, nodes.Getattr) and node.attr == "links" else None
    return isinstance(owner, nodes.Name) and owner.name == "card"


def check_attribute(
    path: Path, found: nodes.Getattr, known: dict[str, Any], theme: Theme
) -> Iterator[Problem]:
    """Yield an attribute that its object has not."""
    owner = found.node
    if isinstance(owner, nodes.Name) and owner.name in known:
        names = [field.name for field in fields(known[owner.name])]
        if found.attr not in names:
            yield unknown(path, found.lineno, f"{owner.name}.{found.attr}", names)
    elif isinstance(owner, nodes.Name) and owner.name == "theme" and found.attr not in theme:
        yield unknown(path, found.lineno, f"theme.{found.attr}", theme)
    elif (table := theme_table(owner)) in theme and found.attr not in theme[table]:
        yield unknown(path, found.lineno, f"theme.{table}.{found.attr}", theme[table])


def theme_table(node: nodes.Node) -> str:
    """Return the table that a node `theme.table` names, "" for other nodes."""
    if not isinstance(node, nodes.Getattr) or not isinstance(node.node, nodes.Name):
        return ""
    return node.attr if node.node.name == "theme" else ""


def unknown(path: Path, line: int, name: str, known: Iterable[str]) -> Problem:
    """Say that a name does not exist, and which one was perhaps meant."""
    hint = closest(name.rpartition(".")[2], known)
    return Problem(path, line, 1, name, f"{name!r} does not exist{hint}")


def closest(name: str, known: Iterable[str]) -> str:
    """Suggest the most similar name as the end of a sentence, or nothing."""
    similar = get_close_matches(name, list(known), n=1)
    return f"; did you mean {similar[0]!r}?" if similar else ""
