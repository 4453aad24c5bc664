"""The README and the program say the same."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from digest.cli import COMMANDS, group
from digest.config.schema import InterestEntry, SourceEntry, SubscriberEntry
from tests.test_rooms import FLOORS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    """The table of commands names each one that exists, and none that does not."""
    table = README.split("## Commands")[1].split("##")[0]
    assert set(re.findall(r"^\| `digest ([a-z]+)", table, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """`--help` works for each command and says in a sentence what it does."""
    result = CliRunner().invoke(group, [name, "--help"])
    assert result.exit_code == 0, result.output
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.help
    assert command.help.split("\n")[0].rstrip().endswith((".", ";", ","))


def commands(name: str) -> dict[str, click.Command]:
    """Return a command and what lies beneath it, by the words that call them."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    inner = command.commands if isinstance(command, click.Group) else {}
    return {name: command, **{f"{name} {sub}": one for sub, one in inner.items()}}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_are_right(name: str) -> None:
    """Examples in `--help` call that command, and others, with options that they have."""
    known = {words: one for every in COMMANDS for words, one in commands(every).items()}
    for words, command in commands(name).items():
        shown = (command.help or "").partition("Examples:\n")[2]
        examples = re.findall(r"^ +digest (.+)$", shown, re.MULTILINE)
        assert any(example.startswith(words) for example in examples), words
        for example in examples:
            called = next(key for key in sorted(known, reverse=True) if example.startswith(key))
            options = {option for one in known[called].params for option in one.opts}
            assert set(re.findall(r"(?<= )--?[a-z][a-z-]*", example)) <= options, example


def test_the_list_of_commands_is_whole() -> None:
    """`digest --help` says of each command what it is for, on a line of its own."""
    text = CliRunner().invoke(group, ["--help"]).output
    for name, (_, said) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(said)}$", text, re.MULTILINE), name


def test_make_lists_the_targets_of_the_readme() -> None:
    """Each `make` target that the README names exists."""
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z]+)", README):
        assert f"\n{target}:" in makefile, target


def test_options_in_the_readme_exist() -> None:
    """Each `--option` in the README is an option of some command."""
    every = (one for name in COMMANDS for one in commands(name).values())
    known = {word for one in every for parameter in one.params for word in parameter.opts}
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    assert set(re.findall(r"(--[a-z][a-z-]+)", prose)) <= known | {"--help", "--no-deps"}  # pip's


def test_the_picture_is_there() -> None:
    """Every picture that the README shows lies in the checkout."""
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("entry", [SubscriberEntry, InterestEntry, SourceEntry])
def test_every_key_of_an_entry_is_in_the_readme(entry: type[BaseModel]) -> None:
    """Whoever writes sources and subscribers finds there what may be said."""
    for key in entry.model_fields:
        found = re.search(rf"\b{key}\b", README)
        assert found, f"the README does not say what the key {key!r} is for"


def test_the_map_of_rooms_is_true() -> None:
    """It names each room with its floor."""
    lines = re.findall(r"^(\d)  (\w+) {2,}\S", README, re.MULTILINE)
    rooms = [(int(floor), room) for floor, room in lines]
    assert sorted(rooms) == sorted((n, r) for n in range(6) for r in FLOORS[n])
