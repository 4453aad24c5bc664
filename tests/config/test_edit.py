"""Commands change one entry and leave every other character of the file as it was."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from digest.config import load_config
from digest.config.edit import (
    add_subscribers,
    pause_subscriber,
    remove_subscriber,
    resume_subscriber,
)
from digest.errors import ConfigError
from tests.config.folders import write

FILE = """\
# The lab's readers
defaults: {send_at: 17:30,   days: weekdays}  # odd   spacing

subscribers:
  # Ada asked in May
  - email: ada@example.org   # her work address
    name: Ada
    interests:
      - like: [2501.10]      # keeps its zero
        avoid: no
  # Grace, from the navy
  - {email: grace@example.org, interests: [compilers]}

  # two more
  -   interests: [logic]
      email: alan@example.org
  - email: emmy@example.org
    interests: [rings]
# the end
"""


def text_after(folder: Path) -> str:
    return (folder / "subscribers.yaml").read_text()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose subscribers file has comments in every place."""
    return write(tmp_path, subscribers=FILE)


def test_pausing_adds_one_line_below_the_address(config: Path, tmp_path: Path) -> None:
    """Only the line `paused: true` is new, and it works."""
    pause_subscriber(config, {}, "Ada@example.org")
    address = "  - email: ada@example.org   # her work address\n"
    assert text_after(tmp_path) == FILE.replace(address, f"{address}    paused: true\n")
    assert load_config(config, {}).subscribers[0].paused_until == date.max


def test_pausing_until_a_date_replaces_an_open_pause(config: Path, tmp_path: Path) -> None:
    """There is never more than one of the two keys."""
    pause_subscriber(config, {}, "alan@example.org")
    pause_subscriber(config, {}, "alan@example.org", date(2027, 1, 31))
    assert "paused: true" not in text_after(tmp_path)
    assert load_config(config, {}).subscribers[2].paused_until == date(2027, 1, 31)


@pytest.mark.parametrize("who", ["ada", "grace", "alan", "emmy"])
def test_pausing_and_resuming_gives_back_the_very_same_file(
    config: Path, tmp_path: Path, who: str
) -> None:
    """Block and flow entries, first and last ones: nothing else changes."""
    pause_subscriber(config, {}, f"{who}@example.org", date(2027, 1, 31))
    assert text_after(tmp_path) != FILE
    resume_subscriber(config, {}, f"{who}@example.org")
    assert text_after(tmp_path) == FILE


@pytest.mark.parametrize("who", ["ada", "grace", "alan", "emmy"])
def test_adding_after_removing_leaves_all_comments(config: Path, tmp_path: Path, who: str) -> None:
    """Removing takes the entry's lines alone, whatever stands around it."""
    remove_subscriber(config, {}, f"{who}@example.org")
    left = [s.email for s in load_config(config, {}).subscribers]
    assert left == [f"{w}@example.org" for w in ("ada", "grace", "alan", "emmy") if w != who]
    lines = [line for line in FILE.splitlines() if line.lstrip().startswith("#")]
    assert all(line in text_after(tmp_path).splitlines() for line in lines)


def test_the_last_subscriber_can_go_and_another_can_come(tmp_path: Path) -> None:
    """An empty list is written as [] and grows again."""
    config = write(tmp_path)
    remove_subscriber(config, {}, "ada@example.org")
    assert text_after(tmp_path) == "subscribers: []\n"
    add_subscribers(config, {}, [{"email": "no@example.org", "interests": ["17:30", "no: yes"]}])
    found = load_config(config, {}).subscribers[0]
    assert [interest.name for interest in found.interests] == ["17:30", "no: yes"]


def test_a_new_subscriber_stands_behind_the_others(config: Path, tmp_path: Path) -> None:
    """The entry is indented like its neighbours and the last comment stays last."""
    add_subscribers(config, {}, [{"email": "new@example.org", "interests": ["graphs"]}])
    entry = "  - email: new@example.org\n    interests: [graphs]\n"
    assert text_after(tmp_path) == FILE.replace("# the end\n", f"{entry}# the end\n")


OTHER = "subscribers:\n  - {email: b@example.org, interests: x}"


@pytest.mark.parametrize(
    ("text", "grown"),
    [
        ("defaults: {papers: 4}", "defaults: {papers: 4}\n\nsubscribers:\n"),
        ("subscribers:   # all\n", "subscribers:   # all\n"),
        (OTHER, f"{OTHER}\n"),
    ],
)
def test_a_file_that_nobody_stands_in_or_whose_last_line_has_no_end(
    tmp_path: Path, text: str, grown: str
) -> None:
    """The new entry begins on a line of its own below `subscribers:`."""
    config = write(tmp_path, subscribers=text)
    add_subscribers(config, {}, [{"email": "new@example.org", "interests": ["graphs"]}])
    assert text_after(tmp_path) == f"{grown}  - email: new@example.org\n    interests: [graphs]\n"


def test_entries_without_lines_of_their_own(tmp_path: Path) -> None:
    """Nothing is edited by guessing."""
    config = write(tmp_path, subscribers="subscribers: {email: b@example.org, interests: x}\n")
    with pytest.raises(ConfigError, match="cannot be edited by a command: `subscribers` must be"):
        pause_subscriber(config, {}, "b@example.org")


def test_an_entry_that_is_only_an_address_can_be_paused(tmp_path: Path) -> None:
    """`- ada@example.org` becomes a mapping; resuming a paused group writes `paused: false`."""
    text = "defaults: {paused: true, interests: x}\nsubscribers:\n- ada@example.org # hi\n"
    config = write(tmp_path, subscribers=text)
    resume_subscriber(config, {}, "ada@example.org")
    expected = text.replace("- ada@example.org", "- email: ada@example.org\n  paused: false")
    assert text_after(tmp_path) == expected
    assert load_config(config, {}).subscribers[0].paused_until is None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"email": "ada@example.org"}, "is a subscriber already"),
        ({"email": "nobody"}, "is not an e-mail address"),
        ({"email": "new@example.org"}, "has no interests"),
    ],
)
def test_a_change_that_would_break_the_file_is_refused(
    config: Path, tmp_path: Path, entry: dict[str, str], message: str
) -> None:
    """The file is as it was and no temporary file is left."""
    with pytest.raises(ConfigError, match=message):
        add_subscribers(config, {}, [entry])
    assert text_after(tmp_path) == FILE
    assert sorted(p.name for p in tmp_path.iterdir()) == ["digest.yaml", "subscribers.yaml"]


def test_an_unknown_address_is_named(config: Path) -> None:
    """Nobody else is changed; who was probably meant is said by the commands, which look first."""
    with pytest.raises(ConfigError, match=r"there is no subscriber adda@example.org"):
        remove_subscriber(config, {}, "adda@example.org")


FORMS = [
    "  - email: ada@example.org  # note\n    interests: [a, b]\n",
    "  - {email: ada@example.org, interests: [a, b]}  # note\n",
    "  - email: ada@example.org\n    interests:\n      about: |\n        end\n\n        of it\n",
    "  - interests:\n    - about: >-\n        folded\n        text\n    email: ada@example.org\n",
    "  - email: 'ada@example.org'\n    interests: [a,\n      b,  # why\n      c]\n",
    "  -\n    name: plain\n      continued\n    email: ada@example.org\n    interests: a\n",
    "  -   interests:\n      - about: |+\n          kept\n\n      email: ada@example.org\n",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_entry_can_be_edited(tmp_path: Path, form: str) -> None:
    """Blocks, flows, folded texts and lone dashes: paused, resumed and removed without a trace."""
    head, tail = "subscribers:\n  # one\n", "  # two\n  - {email: b@example.org, interests: x}\n"
    config = write(tmp_path, subscribers=head + form + tail)
    before = load_config(config, {}).subscribers
    pause_subscriber(config, {}, "ada@example.org")
    assert load_config(config, {}).subscribers[0].paused_until == date.max
    resume_subscriber(config, {}, "ada@example.org")
    assert text_after(tmp_path) == head + form + tail
    remove_subscriber(config, {}, "ada@example.org")
    assert text_after(tmp_path).replace("\n\n", "\n") == head + tail
    assert load_config(config, {}).subscribers == before[1:]


def test_mode_links_and_line_ends_survive(tmp_path: Path) -> None:
    """A link stays a link, a private file stays private, CRLF stays CRLF."""
    config = write(tmp_path)
    real = tmp_path / "real.yaml"
    (tmp_path / "subscribers.yaml").rename(real)
    real.write_bytes(real.read_bytes().replace(b"\n", b"\r\n"))
    real.chmod(0o600)
    (tmp_path / "subscribers.yaml").symlink_to("real.yaml")
    pause_subscriber(config, {}, "ada@example.org")
    add_subscribers(config, {}, [{"email": "new@example.org", "interests": ["x"]}])
    assert (tmp_path / "subscribers.yaml").readlink() == Path("real.yaml")
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    body = real.read_bytes()
    assert body.count(b"\n") == body.count(b"\r\n") == 6
    assert len(load_config(config, {}).subscribers) == 2


def test_a_folder_that_takes_no_new_file_is_named(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is about the file that was asked for, not the one written beside it at first."""

    def refuse(_handle: int) -> None:
        raise PermissionError(13, "Permission denied", f"{tmp_path}/.0123.new")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(ConfigError) as refused:
        remove_subscriber(config, {}, "ada@example.org")
    told = str(refused.value)
    assert told.endswith("Permission denied; let this user read and write there (chown, chmod)")
    assert ".new" not in told
    assert f"subscribers.yaml: cannot be written, as a new one is made in {tmp_path}:" in told


def test_edits_at_the_same_time_are_all_kept(config: Path) -> None:
    """Each waits for the one before; else an address removed would come back, and its letters."""
    names = [f"r{number}@example.org" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        for name in names:
            pool.submit(add_subscribers, config, {}, [{"email": name, "interests": ["x"]}])
    assert {person.email for person in load_config(config, {}).subscribers} >= set(names)


def test_a_file_in_utf_16_can_be_edited(tmp_path: Path) -> None:
    """What can be read can be changed; it is UTF-8 then."""
    config = write(tmp_path)
    file = tmp_path / "subscribers.yaml"
    file.write_text(file.read_text().replace("KV", "Größe"), encoding="utf-16")
    pause_subscriber(config, {}, "ada@example.org")
    assert "Größe" in file.read_text(encoding="utf-8")


def test_what_stands_behind_an_empty_list_stays(tmp_path: Path) -> None:
    """The comment of `subscribers: []` is there when the first one comes."""
    config = write(tmp_path, subscribers="subscribers: []  # ask Ben: []\n")
    add_subscribers(config, {}, [{"email": "ada@example.org", "interests": ["x"]}])
    assert text_after(tmp_path).startswith("subscribers:  # ask Ben: []\n  - email: ada@")
