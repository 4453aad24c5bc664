"""Every mistake is told with its place, its key and the way out: each message word for word."""

import re
from pathlib import Path

import pytest

from digest.config import load_config
from digest.config.schema import KINDS
from digest.errors import ConfigError
from tests.config.folders import DIGEST, SUBSCRIBERS, complaint, write

BOOK = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8")


def cases() -> list[pytest.param]:
    """Read the broken files and their messages out of mistakes.txt."""
    found = []
    for case in BOOK.split("\n=== ")[1:]:
        name, *blocks = re.split(r"\n--- ", case)
        parts = dict(block.split("\n", 1) for block in blocks)
        texts = [
            (parts[file] + "\n").replace("␉", "\t") if file in parts else valid
            for file, valid in (("digest.yaml", DIGEST), ("subscribers.yaml", SUBSCRIBERS))
        ]
        told = parts["is told"].strip("\n").replace("«KINDS»", ", ".join(KINDS))
        found.append(pytest.param(*texts, told, id=name))
    return found


@pytest.mark.parametrize(("digest", "subscribers", "told"), cases())
def test_a_broken_file_is_explained(
    tmp_path: Path, digest: str, subscribers: str, told: str
) -> None:
    """All mistakes of a file come at once, in their order, and nothing else."""
    assert complaint(tmp_path, digest, subscribers) == told


def test_the_book_holds_more_than_twelve_broken_files() -> None:
    """A mistake in reading the book cannot make the test above empty."""
    assert len(cases()) > 30


def test_mistakes_of_all_files_come_together(tmp_path: Path) -> None:
    """digest.yaml first, then the subscribers files in their order."""
    config = write(tmp_path, "sources: []\nsubscribers: [b.yaml, a.yaml]\n")
    (tmp_path / "a.yaml").write_text("subscribers: [a]\n")
    (tmp_path / "b.yaml").write_text("zzz: 1\nsubscribers: [b]\n")
    with pytest.raises(ConfigError) as caught:
        load_config(config, {})
    places = [(problem.path.name, problem.line, problem.key) for problem in caught.value.problems]
    assert places == [
        ("digest.yaml", 1, "sources"),
        ("b.yaml", 1, "zzz"),
        ("b.yaml", 2, "subscribers[0].email"),
        ("a.yaml", 1, "subscribers[0].email"),
    ]


def test_a_group_of_two_files(tmp_path: Path) -> None:
    """Whose words count would hang on the order of the files."""
    group = "groups:\n  lab: {papers: 5}\n"
    told = complaint(tmp_path, f"{DIGEST}{group}", f"{SUBSCRIBERS}{group}")
    assert told == "subscribers.yaml:5:3: another file has a group 'lab' too"


def test_one_address_in_two_files_names_the_first(tmp_path: Path) -> None:
    """The second place is the mistake; case and the domain's script do not matter."""
    config = write(tmp_path, f"{DIGEST}subscribers: [subscribers.yaml, more.yaml]\n")
    (tmp_path / "more.yaml").write_text("defaults: {interests: x}\nsubscribers: ADA@Example.org\n")
    with pytest.raises(ConfigError) as caught:
        load_config(config, {})
    assert str(caught.value) == (
        f"{tmp_path}/more.yaml:2:14: email: ADA@example.org is a subscriber already, "
        f"at {tmp_path}/subscribers.yaml:2"
    )


def test_a_control_character_is_shown_by_its_number(tmp_path: Path) -> None:
    """What cannot be seen is named."""
    assert complaint(tmp_path, DIGEST + "site: {name: a\x01b}\n") == (
        "digest.yaml:3:15: the control character U+0001 is not allowed; delete it"
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("name: J\u00f6rg".encode("latin-1"), ":1:8: this character is not valid UTF-8; save the "),
        (b"", ": the file is empty"),
        (b"\xef\xbb\xbf", ": the file is empty"),
        (b"subscribers: " + b"[" * 300, ":1:53: nested deeper than 40 levels"),
        (b"subscribers: " + b"[" * 100_000, ": nested deeper than 40 levels"),  # libyaml's place
        (b"subscribers:\n" + b"- " * 100_000, ":2:79: nested deeper than 40 levels"),
        (b"{a: " * 100_000, ":1:161: nested deeper than 40 levels"),
    ],
)
def test_hostile_bytes_are_refused(tmp_path: Path, body: bytes, told: str) -> None:
    """Neither the encoding nor the nesting of a file can end the process."""
    config = write(tmp_path)
    (tmp_path / "subscribers.yaml").write_bytes(body)
    with pytest.raises(ConfigError, match=rf"subscribers\.yaml.*{re.escape(told)}"):
        load_config(config, {})


def test_aliases_cannot_multiply_without_end(tmp_path: Path) -> None:
    """The billion laughs are cut off while they are read."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    told = complaint(tmp_path, subscribers="\n".join(lines))
    assert told == "subscribers.yaml:6:45: aliases multiply beyond 1,000,000 values"


def test_a_file_that_is_a_folder_cannot_be_read(tmp_path: Path) -> None:
    """The operating system's reason is passed on."""
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path, {})


@pytest.mark.parametrize(
    "line",
    [
        "templates: {}",
        "state: 'sqlite:///{}/digest.db?timeout=9'",
        "subscribers: [subscribers.yaml, {}]",
        "delivery: {{bounce_mailbox: {}}}",
        "  - file: {}",
    ],
)
def test_a_path_that_is_too_long_has_its_line(tmp_path: Path, line: str) -> None:
    """As where a closing quotation mark is missing; the system would refuse it without a place."""
    told = complaint(tmp_path, f"{DIGEST}{line.format('x' * 300)}\n")
    assert re.match(r"digest\.yaml:3:\d+: ", told)
    assert "too long for the name of a file" in told or "there is no file" in told


@pytest.mark.parametrize(
    "digest",
    [
        f"{DIGEST}delivery: {{smtp: {{host: x.org, password: [hunter2]}}}}\n",
        f"{DIGEST}delivery: {{smtp: {{hots: x.org, username: me, password: hunter2}}}}\n",
        f"{DIGEST}state: mysql://me:hunter2@db/digest\n",
        f"{DIGEST}state: postgresql://me:hunter2@db:hunter2/digest\n",
        f"{DIGEST}state: postgresql://me:a@b:hunter2@db/digest\n",
        f"{DIGEST}state: sqlite://me:hunter2@db/digest\n",
        f"{DIGEST}delivery: {{bounce_mailbox: 'imaps://me:hunter2@mail.example.org/INBOX'}}\n",
        f"{DIGEST}delivery: {{bounce_mailbox: '${{MAILBOX}}'}}\n",
    ],
)
def test_no_message_holds_a_secret(tmp_path: Path, digest: str) -> None:
    """Neither a literal password nor one from the environment is ever quoted."""
    told = complaint(tmp_path, digest, environ={"MAILBOX": "imap://me:hunter2@x"})
    assert told
    assert "hunter2" not in told
