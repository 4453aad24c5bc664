"""The first files load at once, hold what was answered, and never replace anything."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_config
from digest.config.init import Answers, digest_text, split_topics, write_starting_files
from digest.config.topics import classes_for
from digest.errors import ConfigError
from digest.resources import resource_dir


def test_the_shipped_examples_are_valid_as_they_stand() -> None:
    """`digest check -c config/digest.example.yaml` finds nothing, with an empty environment."""
    config = load_config(resource_dir("config") / "digest.example.yaml", {})
    assert [source.name for source in config.sources] == [
        "arXiv cs.CL + cs.LG",
        "Hugging Face daily",
    ]
    assert config.subscribers[0].interests[1].keywords == ("protein design",)


def test_the_commented_mail_server_of_the_example_is_valid_too(tmp_path: Path) -> None:
    """Doing what the comment says gives a relay with STARTTLS and the password."""
    (config, _) = write_starting_files(tmp_path, Answers())
    lines = config.read_text().splitlines()
    at = lines.index("delivery:")
    smtp = [line.removeprefix("# ") for line in lines[at + 2 : at + 9]]
    config.write_text("\n".join([*lines[:at], *smtp, *lines[at + 9 :]]))
    (tmp_path / "password.txt").write_text("hunter2\n")
    relay = load_config(config, {}).delivery.smtp[0]
    assert (relay.tls, relay.port) == ("starttls", 587)
    assert relay.password.get_secret_value() == "hunter2"


def test_the_answers_stand_in_the_files(tmp_path: Path) -> None:
    """One interest for each topic, classes that fit them, letters into a folder, from oneself."""
    answers = Answers("ada@example.org", "Ada", ("KV cache", "protein design"), "Europe/Berlin")
    config = load_config(write_starting_files(tmp_path / "new", answers)[0], {})
    ada = config.subscribers[0]
    assert (ada.email, ada.name, ada.timezone) == ("ada@example.org", "Ada", "Europe/Berlin")
    assert [interest.keywords for interest in ada.interests] == [("KV cache",), ("protein design",)]
    assert config.sources[0].query == ("cs.CL", "cs.LG", "q-bio.BM")
    assert config.site.sender == "Morning Papers <ada@example.org>"
    assert config.delivery.folder == tmp_path / "new" / "outbox"


def test_both_files_name_their_schema_which_lies_beside_them(tmp_path: Path) -> None:
    """An editor finds the schema from the first line."""
    for path in write_starting_files(tmp_path, Answers()):
        first = path.read_text().splitlines()[0]
        assert (tmp_path / first.partition("$schema=")[2]).is_file()


def test_nothing_is_ever_replaced(tmp_path: Path) -> None:
    """With one of the two files there, neither is written."""
    (tmp_path / "subscribers.yaml").write_text("mine")
    with pytest.raises(ConfigError, match=r"subscribers\.yaml: exists already"):
        write_starting_files(tmp_path, Answers())
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.yaml"]


def test_a_wrong_address_writes_nothing(tmp_path: Path) -> None:
    """What is no address is told by the key that it would stand at."""
    with pytest.raises(ConfigError) as caught:
        write_starting_files(tmp_path / "new", Answers("ada"))
    assert [problem.key for problem in caught.value.problems] == ["email"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (Answers("josé@example.org"), "email: 'josé@example.org' has letters beyond ASCII"),
        (Answers(name="A\tB"), r"'A\\tB' must be a single line"),
        (Answers(topics=["x\x01y"]), "must be a single line"),
    ],
)
def test_after_an_answer_that_no_file_may_hold_a_second_try_works(
    tmp_path: Path, answers: Answers, said: str
) -> None:
    """Files that would be refused by every command are not left behind."""
    with pytest.raises(ConfigError, match=said):
        write_starting_files(tmp_path, answers)
    write_starting_files(tmp_path, Answers())


@given(
    name=st.text(st.characters(exclude_categories=("C", "Z")), max_size=20),
    topics=st.lists(
        st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20),
        min_size=1,
        max_size=3,
        unique_by=str.casefold,
    ),
)
def test_any_name_and_any_topics_survive(
    tmp_path_factory: pytest.TempPathFactory, name: str, topics: list[str]
) -> None:
    """Whatever a person types comes back from the files as it was."""
    answers = Answers("ada@example.org", name, topics)
    path = write_starting_files(tmp_path_factory.mktemp("init"), answers)[0]
    ada = load_config(path, {}).subscribers[0]
    assert ada.name == name
    assert [interest.keywords for interest in ada.interests] == [(topic,) for topic in topics]


def test_topics_are_split_and_told_once() -> None:
    """Commas and semicolons divide, white space and repetition do not count."""
    assert split_topics(" KV  cache, ;kv cache;Robots,") == ("KV cache", "Robots")


def test_unknown_topics_get_machine_learning() -> None:
    """There is always something to read."""
    answers = Answers(topics=("underwater basket weaving",))
    assert classes_for(answers.topics) == []
    assert "arxiv: [cs.LG]" in digest_text(answers)
