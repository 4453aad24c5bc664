"""Holds the house together: floors, doors and what a room may not do."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

from digest.config.schema import Habits
from digest.models import Subscriber

PACKAGE = Path(__file__).parent.parent / "digest"

FLOORS = {
    0: {"errors", "files", "identities", "memo", "models", "resources", "sheets"},
    1: {"config", "state"},
    2: {"sources", "papers", "ranking", "rendering", "delivery"},
    3: {"pipeline"},
    4: {"schedule", "demo", "web", "serving", "doctor", "care"},
    5: {"cli"},
    6: {"__main__"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

DOORS = {
    "aiosmtpd": {"demo"},
    "aiosmtplib": {"delivery"},
    "alembic": {"state"},
    "apscheduler": {"serving"},
    "click": {"cli"},
    "cryptography": {"rendering"},
    "dns": {"doctor"},
    "email_validator": {"config"},
    "feedparser": {"sources"},
    "httpx2": {"sources"},
    "idna": {"delivery"},
    "jinja2": {"rendering"},
    "mjml": {"rendering"},
    "numpy": {"ranking"},
    "psycopg": {"state"},
    "pydantic": {"config", "state"},
    "pylatexenc": {"sources"},
    "rich": {"cli"},
    "ruamel": {"config"},
    "scipy": {"ranking"},
    "sqlalchemy": {"state"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "uvloop": {"delivery"},
    "yaml": {"config"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """Return the room a file belongs to: its folder, or itself when it lies at the top."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text())


def imports_of(path: Path) -> Iterator[str]:
    """Yield the dotted names of all modules a file imports, wherever in the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_go_down_only() -> None:
    """A room imports from itself and from floors beneath it, never from a neighbour."""
    for path in FILES:
        room = room_of(path)
        if room == "__init__":
            continue
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] != "digest" or len(parts) == 1 or parts[1] in {room, "__init__"}:
                continue
            assert parts[1] in FLOOR_OF, f"{path}: room {parts[1]} has no floor"
            assert FLOOR_OF[parts[1]] < FLOOR_OF[room], f"{path}: {room} may not import {parts[1]}"


def test_each_library_has_one_door() -> None:
    """An outside library is imported only in the rooms named as its door."""
    for path in FILES:
        for name in imports_of(path):
            library = name.split(".")[0]
            if library in DOORS:
                assert room_of(path) in DOORS[library], f"{path}: {library} has another door"


def calls_outside(*rooms: str) -> Iterator[tuple[str, Path]]:
    """Yield what is called, and where, in all rooms but these."""
    for path in FILES:
        if room_of(path) not in rooms:
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.Call):
                    yield ast.unparse(node.func), path


def test_only_the_commands_print_or_exit() -> None:
    """`print`, `sys.exit` and `input` stand in the room of the commands only."""
    for called, path in calls_outside("cli", "__main__"):
        assert called not in {"print", "sys.exit", "input", "exit"}, path


def test_the_commands_alone_read_the_clock() -> None:
    """The wall clock is read where a run begins, so that every room can be replayed."""
    for called, path in calls_outside("cli"):
        readings = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
        assert called not in readings, path


# Where anything may come out of somebody else's hands, and one failure must stay one failure.
BROAD_EXCEPTS = {
    "care/around.py",  # one chore around a run
    "delivery/bounces/notices.py",  # one returned mail on which the parser stumbles
    "delivery/delivering.py",  # one letter that cannot be composed
    "pipeline/apart.py",  # the same, in another process
    "ranking/ranker.py",  # one reader who cannot be ranked
    "sources/asking/threads.py",  # raised again where the thread is waited for
    "sources/collecting.py",  # one source whose parser has a mistake
    "sources/text/conversion.py",  # one title on which the LaTeX reader stumbles
}


def test_broad_excepts_are_rare() -> None:
    """`except Exception` stands only around one letter, one reader, one text."""
    broad = {
        str(path.relative_to(PACKAGE))
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    }
    assert broad <= BROAD_EXCEPTS


def test_what_subscribers_say_is_heard() -> None:
    """Whatever they may wish is known to the models, and asked for where letters are made."""
    known = {field.name for field in fields(Subscriber)}
    forgotten = set(Habits.model_fields) - known - {"paused"}  # which is a `paused_until`
    assert not forgotten, f"{forgotten}: said in Habits (config/schema.py) alone"
    makers = FLOORS[2] | FLOORS[3] | {"schedule"}
    nodes = (node for path in FILES if room_of(path) in makers for node in ast.walk(tree_of(path)))
    unheard = known - {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not unheard, f"{unheard}: nobody reads it who makes letters or knows their hour"


def test_every_file_says_what_it_is() -> None:
    """Each module opens with a docstring."""
    for path in FILES:
        assert ast.get_docstring(tree_of(path)), path
