"""Speed of collecting: a day's arXiv feed against bare feedparser, and how merging grows.

`python -m tests.bench.collect` prints the figures as JSON. Comparisons are interleaved, medians of
the rounds are compared: on a busy machine trust the ratios, not the rates.
"""

import io
import json
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import process_time
from typing import Any
from xml.sax.saxutils import escape

import feedparser

from digest.models import Collected, Paper, SourceMemory, SourceReport, SourceState
from digest.papers import merge_papers
from digest.sources.document import Origin
from digest.sources.recognition import parse_document
from digest.state.archive import Archive
from digest.state.database import open_database

ENTRIES = 1_000
ROUNDS = 5
TEXT = "we study how the model learns from data with a new method and show that it is better"
WORDS = TEXT.split()
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def arxiv_feed(count: int) -> bytes:
    """Return an Atom feed as arXiv writes it: abstracts of 1,200 characters, a third with LaTeX."""
    dice = random.Random(1)
    entries = []
    for number in range(count):
        text = " ".join(dice.choice(WORDS) for _ in range(240))
        if number % 3 == 0:
            text += rf" with $\alpha_{{{number % 7}}} < 10^{{-{number % 9}}}$ and 5\% of $O(n^2)$"
        names = ", ".join(f"Ada{n} Author{number % 97}" for n in range(1 + number % 8))
        summary = escape(f"arXiv:2611.{number:05d}v1 Announce Type: new \nAbstract: {text}")
        entries.append(
            f"<entry><id>oai:arXiv.org:2611.{number:05d}v1</id>"
            f"<title>On matter number {number} and {dice.choice(WORDS)}</title>"
            f"<updated>2026-11-18T05:00:19.899254+00:00</updated>"
            f'<link href="https://arxiv.org/abs/2611.{number:05d}" rel="alternate" '
            f'type="text/html"/><summary>{summary}</summary>'
            f'<category term="cs.CL"/><category term="cs.LG"/>'
            f"<published>2026-11-18T00:00:00-05:00</published>"
            f"<arxiv:announce_type>new</arxiv:announce_type>"
            f"<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>"
            f"<dc:creator>{names}</dc:creator></entry>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<id>http://rss.arxiv.org/atom/cs.CL</id><title>cs.CL updates on arXiv.org</title>"
        f"<updated>2026-11-18T05:00:19+00:00</updated>{''.join(entries)}</feed>"
    ).encode()


def collect(body: bytes) -> None:
    """Parse, clean, merge and store one feed in a new database."""
    document = parse_document(body, Origin("arXiv", "https://rss.arxiv.org/atom/cs.CL", NOW))
    assert len(document.papers) == ENTRIES
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/digest.db")
        report = SourceReport("arXiv", SourceState.FRESH, papers=ENTRIES)
        one = Collected(report, document.papers, SourceMemory())
        stored = Archive(database).store([one], NOW, merge_papers)
        assert len(stored.new) == ENTRIES
        database.close()


def bare(body: bytes) -> None:
    """Parse with feedparser as it comes."""
    assert len(feedparser.parse(io.BytesIO(body)).entries) == ENTRIES


def bare_unsanitized(body: bytes) -> None:
    """Parse with feedparser's sanitiser off, its fastest setting."""
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    assert len(parsed.entries) == ENTRIES


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that some work takes."""
    start = process_time()
    work()
    return process_time() - start


def merge_seconds(count: int) -> float:
    """Return the CPU seconds of merging so many works, each told twice."""
    told = [
        Paper(
            ids=(f"arxiv:2611.{n % count:05d}",),
            title=f"What we found about the matter number {n % count}",
            authors=("Ada Author",),
            version=n // count,
        )
        for n in range(2 * count)
    ]
    return seconds(lambda: merge_papers(told))


def bench() -> dict[str, Any]:
    """Return the figures: entries/s, ratios to feedparser, merging's growth."""
    body = arxiv_feed(ENTRIES)
    jobs = {"digest": collect, "feedparser": bare, "feedparser, sanitiser off": bare_unsanitized}
    rounds = [
        {name: seconds(lambda job=job: job(body)) for name, job in jobs.items()}
        for _ in range(ROUNDS)
    ]
    typical = {name: median(one[name] for one in rounds) for name in jobs}
    merging = {count: median(merge_seconds(count) for _ in range(3)) for count in (1_000, 10_000)}
    return {
        "entries_per_second": {name: round(ENTRIES / value) for name, value in typical.items()},
        "ratio_to_feedparser": round(typical["feedparser"] / typical["digest"], 2),
        "ratio_to_feedparser_sanitiser_off": round(
            typical["feedparser, sanitiser off"] / typical["digest"], 2
        ),
        "merge_seconds": {str(count): round(value, 3) for count, value in merging.items()},
        "merge_growth_for_ten_times": round(merging[10_000] / merging[1_000], 1),
    }


if __name__ == "__main__":
    print(json.dumps(bench(), indent=2))
