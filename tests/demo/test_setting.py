"""The demo's configuration, as the config room reads it."""

from datetime import date
from itertools import chain
from pathlib import Path

import pytest

from digest.config.loading import load_config
from digest.config.schema import Config
from digest.demo.play import demo_files
from digest.demo.samples import DOCUMENTS
from tests.demo.reading import samples

URL = "http://127.0.0.1:8123"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The demo's configuration, read back."""
    return load_config(demo_files(tmp_path / "demo", http_url=URL, smtp_port=2525), {})


def test_every_document_has_its_source(config: Config) -> None:
    """The six sources point at the six routes of the feed server."""
    urls = [source.url or source.query[0] for source in config.sources]
    assert all(url.startswith(f"{URL}/") for url in urls)
    routes = [url.removeprefix(f"{URL}/").split("/")[0].split("?")[0] for url in urls]
    assert routes == [document.route for document in DOCUMENTS]


def test_letters_go_to_the_inbox(config: Config, tmp_path: Path) -> None:
    """The relay is the loopback one, and the database lies beside the configuration."""
    (relay,) = config.delivery.smtp
    assert (relay.host, relay.port, relay.tls) == ("127.0.0.1", 2525, "none")
    assert str(tmp_path / "demo") in config.state


def test_three_readers_have_several_interests(config: Config) -> None:
    """Three people in three zones, each with several interests, get their letter on any day."""
    assert len(config.subscribers) == 3
    assert len({reader.timezone for reader in config.subscribers}) == 3
    for reader in config.subscribers:
        assert len(reader.interests) >= 3
        assert reader.days == frozenset(range(7))
        assert reader.email.endswith("@example.org")


def test_every_keyword_occurs_in_the_samples(config: Config) -> None:
    """No keyword is empty talk: all its words stand together in some sample paper."""
    papers = chain.from_iterable(samples(date(2026, 7, 1)).values())
    texts = [f"{paper.title} {paper.abstract}".lower() for paper in papers]
    for reader in config.subscribers:
        for interest in reader.interests:
            for keyword in interest.keywords:
                words = keyword.lower().replace("-", " ").split()
                assert any(all(word in text for word in words) for text in texts), keyword


def test_the_files_can_be_written_twice(tmp_path: Path) -> None:
    """A second demo in the same folder replaces the first's addresses."""
    demo_files(tmp_path, http_url="http://127.0.0.1:1", smtp_port=1)
    text = demo_files(tmp_path, http_url=URL, smtp_port=2525).read_text()
    assert URL in text
    assert "127.0.0.1:1/" not in text
    assert "${" not in text
