"""Words for the errors pydantic finds, each at its place in the file."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digest.config.nodes import Mapping, Node, Scalar, key_at, node_at
from digest.config.problems import did_you_mean, quoted
from digest.config.shaping import BAD, Shaper

NOT_PARSED = {  # every value is a text
    "int_parsing": "is not a whole number",
    "int_parsing_size": "is not a whole number",
    "float_parsing": "is not a number",
    "finite_number": "is not a number",
    "bool_parsing": "is neither true nor false",
}
BOUNDS = {
    "greater_than_equal": ("ge", "is too small; at least {} is possible"),
    "greater_than": ("gt", "is too small; it must be more than {}"),
    "less_than_equal": ("le", "is too large; at most {} is possible"),
}


def note_errors(error: ValidationError, root: Node, shaper: Shaper) -> None:
    """Add every error of a model to the problems of the file."""
    for detail in error.errors(include_url=False):
        value = detail["input"]
        members = value if isinstance(value, list) else [value]
        if not any(member is BAD for member in members):
            note_error(detail, root, shaper)


def note_error(detail: ErrorDetails, root: Node, shaper: Shaper) -> None:
    """Add one error, unless it only follows from one that was reported already."""
    loc, kind = detail["loc"], detail["type"]
    if follows(detail, root, shaper):
        return
    context = detail.get("ctx", {})
    if kind == "missing":
        shaper.problems.add(shaper.path, key_at(root, loc), loc, f"{loc[-1]}: this key is required")
    elif kind == "at_key":
        place = (*loc, context["key"])
        node = node_at(root, place)
        shaper.problems.add(shaper.path, node, place, detail["msg"])
    else:
        node = node_at(root, loc)
        shaper.bad(node, loc, sentence(kind, context, detail["msg"], node))


def follows(detail: ErrorDetails, root: Node, shaper: Shaper) -> bool:
    """Say whether an error only follows from an unknown key that was reported already."""
    if detail["type"] == "missing":
        return detail["loc"][-1] in shaper.guesses.get(id(node_at(root, detail["loc"][:-1])), ())
    node = node_at(root, detail["loc"])
    return isinstance(node, Mapping) and id(node) in shaper.guesses


def sentence(kind: str, context: dict[str, Any], said: str, node: Node) -> str:
    """Say what is wrong with a value; a check whose value may be a secret raises `hidden`."""
    if kind == "hidden":
        return said
    rest = predicate(kind, context, said, node)
    if not isinstance(node, Scalar):
        return rest
    repeats = rest.startswith(repr(node.text))
    return rest if repeats else f"{quoted(node.text)} {rest}"


def predicate(kind: str, context: dict[str, Any], said: str, node: Node) -> str:
    """Return the half of the sentence that follows the value."""
    if kind == "value_error":
        return str(context["error"])
    if kind in NOT_PARSED:
        return NOT_PARSED[kind]
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return words.format(f"{context[name]:,g}")
    if kind == "literal_error":
        return one_of(context["expected"], node)
    return f"does not fit: {said}"


def one_of(expected: str, node: Node) -> str:
    """Name the choices of a field, and the one that was probably meant."""
    choices = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = did_you_mean(node.text, choices) if isinstance(node, Scalar) else ""
    return f"is not one of {', '.join(choices)}{hint}"
