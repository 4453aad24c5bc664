"""Variables are filled in as a shell would, and nothing else is touched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.expansion import Unexpandable, escaped, expand

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "one"),
        ("x${A}y${A}", "xoneyone"),
        ("${EMPTY}", ""),
        ("${EMPTY:-two}", "two"),
        ("${UNSET:-two words}", "two words"),
        ("${UNSET:-}", ""),
        ("$${A}", "${A}"),
        ("$$", "$"),
        ("pa$word $5 $", "pa$word $5 $"),
        ("${DOLLAR}", "$${A}"),
    ],
)
def test_variables_are_filled_in(text: str, expected: str) -> None:
    """A value is never looked at again."""
    assert expand(text, {"A": "one", "EMPTY": "", "DOLLAR": "$${A}"}) == expected


@pytest.mark.parametrize("text", ["${UNSET}", "${", "${1}", "${A", "${A:=b}", "a ${} b"])
def test_what_cannot_be_filled_in_is_an_error(text: str) -> None:
    """An unset variable never becomes an empty password."""
    with pytest.raises(Unexpandable):
        expand(text, {"A": "one"})


@given(text=st.text())
def test_escaped_text_comes_back(text: str) -> None:
    """Anything can be written."""
    assert expand(escaped(text), {}) == text


@given(text=st.text(st.characters(exclude_characters="$")))
def test_text_without_dollars_is_untouched(text: str) -> None:
    """Braces alone mean nothing."""
    assert expand(text, {}) == text


@given(name=NAMES, value=st.text(), before=st.text(st.characters(exclude_characters="$")))
def test_a_set_variable_stands_for_its_value(name: str, value: str, before: str) -> None:
    """Whatever the value holds."""
    assert expand(f"{before}${{{name}}}", {name: value}) == before + value


@given(value=st.text(min_size=1))
def test_an_error_never_holds_a_value(value: str) -> None:
    """Only the variable is named."""
    with pytest.raises(Unexpandable, match=re.escape("variable OTHER is not set")):
        expand("${A}${OTHER}", {"A": value})
