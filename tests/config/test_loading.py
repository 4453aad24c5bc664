"""What is written in the files is what the program gets."""

import os
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_config
from digest.errors import ConfigError
from digest.models import Interest
from tests.config.folders import DIGEST, load, write

FULL = """\
site:
  name: Morning Papers
  from: Papers, Ada & Co. <digest@example.org>
  operator: ops@Example.ORG
  base_url: ${BASE_URL:-}
  postal_address: ""
state: sqlite:///var/digest.db
sources:
  - arxiv: [cs.CL, cs.LG]
    announce: new
  - huggingface: daily
  - biorxiv: neuroscience
  - feed: https://www.nature.com/nature.rss
    name: Nature
  - feed: https://www.nature.com/nbt.rss
  - feed: https://www.nature.com/ng.rss/
  - feed: https://www.nature.com/ng.rss
  - file: papers/today.xml
delivery:
  smtp: {host: smtp.example.org, port: "${PORT:-587}", username: me, password_file: key.txt}
  bounce_mailbox: mail/bounces
templates: templates
keep_days: 90
"""


def test_a_full_file_becomes_a_config(tmp_path: Path) -> None:
    """Every part is read; relative paths start from the file's folder; names are unique."""
    (tmp_path / "key.txt").write_bytes(b"\xef\xbb\xbfhunter2\r\n")  # as Notepad writes it
    config = load(tmp_path, FULL)
    relay = config.delivery.smtp[0]
    assert config.path == tmp_path / "digest.yaml"
    assert config.site.sender == '"Papers, Ada & Co." <digest@example.org>'
    assert (config.site.operator, config.site.base_url) == ("ops@example.org", "")
    assert config.state == f"sqlite:///{tmp_path}/var/digest.db"
    assert [source.name for source in config.sources] == [
        "arXiv cs.CL + cs.LG",
        "Hugging Face daily",
        "bioRxiv neuroscience",
        "Nature",
        "nature.com",
        "nature.com/ng.rss",
        "nature.com/ng.rss (2)",
        "today.xml",
    ]
    assert config.sources[0].announce == ("new",)
    assert config.sources[-1].query == (str(tmp_path / "papers/today.xml"),)
    assert (relay.port, relay.tls, relay.password.get_secret_value()) == (
        587,
        "starttls",
        "hunter2",
    )
    assert config.delivery.bounce_mailbox == str(tmp_path / "mail/bounces")
    assert (config.templates, config.keep_days) == (tmp_path / "templates", 90)


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    """Letters go to a folder, state lies beside the file, one address and one word suffice."""
    config = load(tmp_path)
    assert config.delivery.folder == tmp_path / "outbox"
    assert config.state == f"sqlite:///{tmp_path}/var/digest.db"
    ada = config.subscribers[0]
    assert (ada.email, ada.papers, ada.timezone) == ("ada@example.org", 10, "UTC")
    assert ada.interests == (Interest(name="KV cache", keywords=("KV cache",)),)


def test_a_relative_path_of_the_file_gives_absolute_paths_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cron starts in another folder than a person does."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    config = load_config(Path("digest.yaml"), {})
    assert config.path == tmp_path / "digest.yaml"
    assert config.delivery.folder == tmp_path / "outbox"


def test_own_words_beat_the_group_and_the_group_beats_defaults(tmp_path: Path) -> None:
    """digest.yaml < the file's defaults < group < entry; groups are known in all files."""
    digest = f"{DIGEST}defaults: {{timezone: Europe/Berlin, papers: 3, language: de}}\n"
    digest += "groups: {lab: {papers: 7, interests: [rings], paused_until: 2027-01-31}}\n"
    subscribers = """\
defaults: {papers: 5, send_at: 17:30, days: [mon, weekends]}
subscribers:
  - {email: a@example.org, group: lab}
  - {email: b@example.org, group: lab, papers: 9, paused: no, interests: fields}
  - {email: c@example.org, interests: groups, paused: yes}
"""
    a, b, c = load(tmp_path, digest, subscribers).subscribers
    assert [person.papers for person in (a, b, c)] == [7, 9, 5]
    assert [person.interests[0].name for person in (a, b, c)] == ["rings", "fields", "groups"]
    assert [p.paused_until for p in (a, b, c)] == [date(2027, 1, 31), None, date.max]
    assert {p.send_at for p in (a, b, c)} == {time(17, 30)}
    assert {(p.timezone, p.language) for p in (a, b, c)} == {("Europe/Berlin", "de")}
    assert a.days == frozenset({0, 5, 6})


@pytest.mark.parametrize(
    ("written", "keywords"),
    [
        ("soil microbes, fungi", ("soil microbes", "fungi")),
        ('"soil microbes, fungi"', ("soil microbes, fungi",)),
        ("1,2-dichloroethane", ("1,2-dichloroethane",)),
        ("[a, b]", ("a", "b")),
        ("a, , b,", ("a", "b")),
    ],
)
def test_a_list_without_brackets(tmp_path: Path, written: str, keywords: tuple[str, ...]) -> None:
    """Key words are parted at commas with a blank behind them; a title is not."""
    subscribers = f"""\
subscribers:
  - email: ada@example.org
    days: mon, thu
    interests:
      - name: x
        keywords: {written}
        like: A title, with a comma
"""
    subscribers += f"      - {written}\n" if written[0] != "[" else ""
    ada = load(tmp_path, subscribers=subscribers).subscribers[0]
    assert ada.interests[0].keywords == keywords
    assert all(
        (one.name, one.keywords) == (written.strip('"'), keywords) for one in ada.interests[1:]
    )
    assert ada.interests[0].like == ("A title, with a comma",)
    assert ada.days == {0, 3}


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("paused: true", date.max),
        ("paused: true, paused_until: 2027-01-31", date(2027, 1, 31)),
        ("paused_until: 2027-01-31", date(2027, 1, 31)),
        ("paused: false, paused_until: 2027-01-31", None),
        ("paused: no", None),
    ],
)
def test_a_pause_ends_when_it_says(tmp_path: Path, written: str, until: date | None) -> None:
    """A date beside `paused: true` is not forgotten."""
    subscribers = f"subscribers: {{email: ada@example.org, interests: x, {written}}}\n"
    assert load(tmp_path, subscribers=subscribers).subscribers[0].paused_until == until


@pytest.mark.parametrize(
    "written",
    [
        "17:30",
        "no",
        "on",
        "2501.10",
        "1e5",
        "2027-01-31",
        "0x1F",
        "007",
        "1_000",
        "null hypothesis",
        "Null",
        "~x",
        ".5",
        "2501.10123v2",
        "12:30:45",
        "y",
        "=",
        "$5",
        "a$b",
        "+1",
        "NaN",
    ],
)
def test_a_text_stays_as_it_was_written(tmp_path: Path, written: str) -> None:
    """What YAML 1.1 would make a number, a date or a truth value is still text."""
    subscribers = f"subscribers:\n  - email: ada@example.org\n    name: {written}\n"
    subscribers += f"    interests: [{{like: {written}, keywords: [{written}]}}]\n"
    ada = load(tmp_path, subscribers=subscribers).subscribers[0]
    assert ada.name == written
    assert ada.interests[0].like == ada.interests[0].keywords == (written,)


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_a_key_without_a_value_counts_as_not_given(tmp_path: Path, written: str) -> None:
    """Taking the value away is as good as taking the line away."""
    config = load(tmp_path, f"{DIGEST}site:\n  operator: {written}\nranking: {written}\n")
    assert config == load(tmp_path)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1", 1.0), ("0.5", 0.5), ("1e1", 10.0), ('"2"', 2.0), ('"${W}"', 3.0), (".5", 0.5)],
)
def test_numbers_are_numbers_where_the_field_wants_one(
    tmp_path: Path, written: str, expected: float
) -> None:
    """Quotes and variables make no difference."""
    subscribers = (
        f"subscribers: {{email: ada@example.org, interests: {{about: x, weight: {written}}}}}"
    )
    config = load(tmp_path, subscribers=subscribers, environ={"W": "3"})
    assert config.subscribers[0].interests[0].weight == expected


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("weekends", {5, 6}),
        ("weekly", {0}),
        ("[mon, Thu]", {0, 3}),
        ("sunday", {6}),
    ],
)
def test_days_are_read_in_words(tmp_path: Path, written: str, days: set[int]) -> None:
    """Monday is 0."""
    subscribers = f"defaults: {{days: {written}, interests: x}}\nsubscribers: [a@example.org]\n"
    assert load(tmp_path, subscribers=subscribers).subscribers[0].days == days


def test_anchors_and_merges_work(tmp_path: Path) -> None:
    """What is written once may be used again; what stands in the mapping itself wins."""
    subscribers = """\
subscribers:
  - &ada {email: ada@example.org, papers: 3, interests: &topics [rings, fields]}
  - {<<: *ada, email: emmy@example.org, papers: 4}
  - {email: alan@example.org, interests: *topics}
"""
    people = load(tmp_path, subscribers=subscribers).subscribers
    assert [(p.email[:4], p.papers, len(p.interests)) for p in people] == [
        ("ada@", 3, 2),
        ("emmy", 4, 2),
        ("alan", 10, 2),
    ]


def test_patterns_name_many_files_each_once(tmp_path: Path) -> None:
    """Files come in the order of the patterns, then of their names."""
    config = write(tmp_path, f"{DIGEST}subscribers: [people/b.yaml, people/*.yaml]\n")
    (tmp_path / "people").mkdir()
    for name in "cab":
        text = f"defaults: {{interests: x}}\nsubscribers: [{name}@example.org]\n"
        (tmp_path / "people" / f"{name}.yaml").write_text(text)
    people = load_config(config, {}).subscribers
    assert [person.email[0] for person in people] == ["b", "a", "c"]


def test_nobody_need_be_subscribed(tmp_path: Path) -> None:
    """An empty list is meant, a missing file is not."""
    assert load(tmp_path, f"{DIGEST}subscribers: []\n").subscribers == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_with_a_byte_order_mark_are_read(tmp_path: Path, encoding: str) -> None:
    """Windows editors write one."""
    config = write(tmp_path)
    text = "subscribers:\r\n  - email: ada@example.org\r\n    name: Zoë\r\n    interests: x\r\n"
    (tmp_path / "subscribers.yaml").write_bytes(text.encode(encoding))
    assert load_config(config, {}).subscribers[0].name == "Zoë"


def test_a_library_is_kept_as_an_absolute_path(tmp_path: Path) -> None:
    """Its name serves an interest that says nothing else."""
    (tmp_path / "papers.bib").write_text("")
    subscribers = "subscribers: {email: ada@example.org, interests: {library: papers.bib}}\n"
    interest = load(tmp_path, subscribers=subscribers).subscribers[0].interests[0]
    assert interest == Interest(name="papers", library=str(tmp_path / "papers.bib"))


def test_secrets_hide_in_every_print(tmp_path: Path) -> None:
    """Neither repr nor str of a Config shows a password, wherever it came from."""
    digest = """\
sources: [{openalex: attention, key: "${KEY}"}]
state: postgresql://me:hunter2@localhost/digest
delivery: {smtp: {host: localhost, username: me, password: hunter2}, bounce_password: hunter2}
"""
    config = load(tmp_path, digest, environ={"KEY": "hunter2"})
    assert config.sources[0].key.get_secret_value() == "hunter2"
    assert config.state == "postgresql+psycopg://me:hunter2@localhost/digest"
    assert "hunter2" not in f"{config!r}{config}"


@given(text=st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=40))
def test_any_quoted_text_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Quotes keep everything but white space at the ends, and variables are escaped by `$$`."""
    if not text.strip():
        return
    inside = text.replace("'", "''").replace("$", "$$")
    digest = f"{DIGEST}site: {{name: '{inside}'}}\n"
    folder = tmp_path_factory.mktemp("any")
    assert load(folder, digest).site.name == text.strip()


def test_ten_thousand_subscribers_are_read(tmp_path: Path) -> None:
    """A large list is no special case."""
    entry = "  - email: reader{}@example.org\n    interests: [{{keywords: [a, b], weight: 2}}, c]\n"
    lines = [entry.format(number) for number in range(10_000)]
    config = load(tmp_path, subscribers="subscribers:\n" + "".join(lines))
    assert len(config.subscribers) == 10_000


def test_a_long_interest_is_called_by_its_beginning(tmp_path: Path) -> None:
    """It ends at a word where there are words, and says that more follows."""
    words, signs = "soil " * 30, "土" * 100
    subscribers = f"""\
subscribers:
  - email: ada@example.org
    interests: [{{about: {words}}}, {{about: {signs}}}]
"""
    ada = load(tmp_path, subscribers=subscribers).subscribers[0]
    assert [one.name for one in ada.interests] == ["soil " * 14 + "soil…", "土" * 79 + "…"]


def test_a_heading_has_no_quotes_of_a_keyword(tmp_path: Path) -> None:
    """They say how it is looked for; a name that was written stays as it is."""
    subscribers = """\
subscribers:
  - email: ada@example.org
    interests: ['"base editing"', {keywords: ['„base editing“ of rice']}, {name: '"x"', about: x}]
"""
    ada = load(tmp_path, subscribers=subscribers).subscribers[0]
    assert [one.name for one in ada.interests] == ["base editing", "base editing of rice", '"x"']
    assert ada.interests[0].keywords == ('"base editing"',)


def test_a_source_of_one_word_is_a_feed(tmp_path: Path) -> None:
    """An address alone is enough."""
    config = load(tmp_path, "sources: [https://example.org/rss]\n")
    assert [(one.kind, one.query) for one in config.sources] == [
        ("feed", ("https://example.org/rss",))
    ]


def test_sources_without_brackets(tmp_path: Path) -> None:
    """Two categories are two also there: as one, no preprint would ever be of it."""
    entries = ("arxiv: cs.CL, stat.ML", "biorxiv: neuroscience, genomics", "pubmed: soil, roots")
    config = load(tmp_path, "sources:\n" + "".join(f"- {entry}\n" for entry in entries))
    asked = [source.query for source in config.sources]
    assert asked == [("cs.CL", "stat.ML"), ("neuroscience", "genomics"), ("soil, roots",)]
    assert config.sources[1].name == "bioRxiv neuroscience + genomics"


def test_interests_without_brackets_are_called_as_they_are_written(tmp_path: Path) -> None:
    """Two that begin alike are two; a variable's default keeps its commas."""
    subscribers = """\
subscribers:
  - email: ada@example.org
    interests:
      - soil, fungi
      - keywords: soil, worms
      - ${TX:-soil, water}
"""
    ada = load(tmp_path, subscribers=subscribers).subscribers[0]
    assert [(one.name, one.keywords) for one in ada.interests] == [
        ("soil, fungi", ("soil", "fungi")),
        ("soil, worms", ("soil", "worms")),
        ("soil, water", ("soil, water",)),
    ]


def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    """It is said what to do about it, before a path of it is written down."""
    folder = tmp_path / os.fsdecode(b"M\xfcller")
    folder.mkdir()
    (folder / "digest.yaml").write_text("site: {from: me@example.org}")
    with pytest.raises(ConfigError, match="rename that"):
        load_config(folder / "digest.yaml", {})
