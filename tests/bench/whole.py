"""The whole of `digest run` beside the physical limit: collect, rank, freeze, compose, send.

    digest bench whole
    DIGEST_BENCH_SUBSCRIBERS=100000 digest bench whole
    DIGEST_BENCH_INTERESTS=topics digest bench whole
    DIGEST_BENCH_CONNECTIONS=8 digest bench whole

A day of 500 papers, SQLite with synchronous=FULL, letters of some 60 kB to postfix's smtp-sink;
beside it smtp-source sends as many messages of the same mean size, and nodemailer composes and
sends the same letters, a hundred of them in turn, from a pool. The installation is not new: its
database is there. Past 5,000 the subscribers live in it, before that in YAML.

Interests come from a menu of 200 pairs, or one to three of 50 topics are ticked (`topics`), or two
are each reader's own (`own`). The time is that of the process, from its start to its end;
`start_seconds` of it pass before the run collects: Python and the configuration.
"""

import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from random import Random
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from digest.config import load_config
from digest.models import Interest, Paper, Subscriber
from digest.pipeline.printing import open_press
from digest.state.database import open_database
from digest.state.outbox import Outbox
from digest.state.runs import last_runs
from digest.state.subscribers import add_people
from tests.bench.deliver import NODE, TOOLS, sink
from tests.bench.rank import TOPIC_WORDS, TOPICS, VOCABULARY, made_papers, spelled

# Of each sender. Ours shares the processors with who plans and with the sink, and may wake some
# milliseconds late: the sink has work meanwhile. smtp-source is as fast with eight.
CONNECTIONS = 24
PAPERS = 500
WORDS = 300  # of an abstract: letters of 60 kB
SOME = 100  # letters, for the peer that composes them
WATCH_SECONDS = 1.0  # a look takes the processor for 15 ms: four a second made a run 0.1 s longer
IN_YAML = 5_000  # subscribers; more live in the database
OWN_WORDS = 60  # of a topic, from which readers choose who do not choose from the menu
TICKED = 50  # topics on a list of which readers tick some
DAY = "2026-11-18"  # of the feed
INTERESTS = os.environ.get("DIGEST_BENCH_INTERESTS", "menu")


def feed() -> bytes:
    """Return an Atom feed of the day's made papers."""
    entries = "".join(
        f"<entry><id>oai:arXiv.org:2611.{number:05d}v1</id><title>{paper.title}</title>"
        f"<updated>{DAY}T06:00:00Z</updated><author><name>Ada Author{number}</name></author>"
        f'<link href="https://arxiv.org/abs/2611.{number:05d}"/>'
        f"<summary>{abstract(paper, more)}</summary></entry>"
        for number, (paper, more) in enumerate(
            zip(made_papers(PAPERS), made_papers(PAPERS, PAPERS), strict=True)
        )
    )
    head = f"<id>urn:day</id><title>Day</title><updated>{DAY}T06:00:00Z</updated>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def abstract(paper: Paper, more: Paper) -> str:
    """Return a long abstract: that of one paper and the beginning of another's of its topic."""
    return " ".join(f"{paper.abstract} {more.abstract}".split()[:WORDS])


def write_scene(folder: Path, subscribers: int, port: int) -> Path:
    """Write the feed and the configuration of one run, and make its database."""
    (folder / "feed.xml").write_bytes(feed())
    (folder / "digest.yaml").write_text(
        "site: {from: Morning Papers <digest@example.org>}\n"
        "sources: [{file: feed.xml}]\n"
        f"delivery: {{smtp: {{host: 127.0.0.1, port: {port}, tls: none, "
        f"connections: {connections()}, messages_per_connection: 10000}}}}\n"
    )
    readers = map(reader, range(subscribers))
    database = open_database(f"sqlite:///{folder}/var/digest.db")
    lines = ["defaults: {papers: 12, explore: 0}"]
    if subscribers > IN_YAML:
        add_people(database, list(readers), datetime.now(UTC))
    else:
        lines += ["subscribers:", *map(entry, readers), ""]
    (folder / "subscribers.yaml").write_text("\n".join(lines))
    database.close()
    return folder / "digest.yaml"


def connections() -> int:
    """Return how many connections each sender keeps."""
    return int(os.environ.get("DIGEST_BENCH_CONNECTIONS", CONNECTIONS))


def reader(number: int) -> Subscriber:
    """Return a subscriber of two interests, or of as many as they have ticked."""
    topics = {"First": number, "Second": 7 * number + 3}
    if INTERESTS == "topics":
        chance = Random(number)
        ticked = chance.sample(range(TICKED), chance.choice((1, 2, 2, 3)))
        topics = {f"Topic {at}": at for at in ticked}
    interests = tuple(Interest(name, keywords=keywords(at)) for name, at in topics.items())
    return Subscriber(f"u{number}@example.org", interests=interests, papers=12, explore=0.0)


def entry(subscriber: Subscriber) -> str:
    """Return a subscriber as YAML."""
    lines = [f"  - email: {subscriber.email}", "    interests:"]
    for interest in subscriber.interests:
        words = ", ".join(interest.keywords)
        lines.append(f"      - {{name: {interest.name}, keywords: [{words}]}}")
    return "\n".join(lines)


def keywords(number: int) -> tuple[str, ...]:
    """Return three words of one topic of the made papers."""
    first = VOCABULARY + number % TOPICS * TOPIC_WORDS
    if INTERESTS == "own":
        return tuple(spelled(first + at) for at in Random(number).sample(range(OWN_WORDS), 3))
    return tuple(spelled(first + number % 5 + place) for place in range(3))


def run_digest(config: Path) -> dict[str, float]:
    """Time one `digest run` from the process's start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, clock = time.perf_counter(), datetime.now(UTC)
    command = [sys.executable, "-m", "digest", "run", "-c", str(config), "--date", DAY]
    # As installed: with its bytecode, whatever this shell says of it.
    env = {name: os.environ[name] for name in os.environ if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
    ) as process:
        peak = watch_memory(process)
        seconds = time.perf_counter() - began
        assert process.stdout is not None
        if process.returncode:
            raise RuntimeError(process.stdout.read().decode()[-2_000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    start = (begin_of_run(config) - clock).total_seconds()
    return {"seconds": seconds, "start_seconds": start, "cpu_seconds": cpu, "peak_mb": peak}


def begin_of_run(config: Path) -> datetime:
    """Return when the run began to collect, as its diary has it."""
    database = open_database(load_config(config, os.environ).state)
    [run] = last_runs(database, 1)
    database.close()
    return run.started


def watch_memory(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; return the most that it and its children held at once, in MB.

    Pages that processes share count once (PSS).
    """
    peak = 0.0
    while True:
        family = [process.pid, *children_of(process.pid)]
        peak = max(peak, sum(map(held_mb, family)))
        try:
            process.wait(WATCH_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return peak


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def held_mb(pid: int) -> float:
    """Return a process's proportional share of memory in MB; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def some_letters(config: Path) -> list[bytes]:
    """Return a hundred letters, made again from the outbox."""
    loaded = load_config(config, os.environ)
    database = open_database(loaded.state)
    outbox, press = Outbox(database), open_press(loaded, database.secret())
    editions = [outbox.edition(letter.id) for letter in outbox.history(limit=SOME)]
    messages = [press.compose(edition).message for edition in editions if edition]
    database.close()
    return messages


def parts_of(message: bytes) -> dict[str, str]:
    """Return what another mailer needs to make a letter of the same content."""
    parsed = message_from_bytes(message, policy=default)
    parts = {part.get_content_subtype(): part.get_content() for part in parsed.iter_parts()}
    return {"subject": parsed["Subject"], "text": parts["plain"], "html": parts["html"]}


def seconds_of(command: list[str]) -> float:
    """Time a peer's process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
    return time.perf_counter() - began


def bench(subscribers: int = 10_000, rounds: int = 1) -> dict[str, Any]:
    """Run everything side by side.

    Returns:
        Letters per second, CPU per letter (us) and peak memory of the whole run, the peers' rates
        and our ratio to each, also that of the run without its start; `skipped`: what is not
        installed.
    """
    skipped = [name for name, path in TOOLS.items() if path is None]
    if {"smtp-sink", "smtp-source"} & set(skipped):
        return {"skipped": skipped}
    subscribers = int(os.environ.get("DIGEST_BENCH_SUBSCRIBERS", subscribers))
    runs = [one_round(subscribers, "node" not in skipped) for _ in range(rounds)]
    best = min(runs, key=lambda figures: figures["ours"]["seconds"])
    return {
        **best,
        "subscribers": subscribers,
        "papers": PAPERS,
        "connections": connections(),
        "interests": INTERESTS,
        "skipped": skipped,
    }


def one_round(subscribers: int, with_node: bool) -> dict[str, Any]:
    """Run us and each peer once, one after the other, against one sink."""
    with TemporaryDirectory() as name, sink(str(TOOLS["smtp-sink"])) as port:
        config = write_scene(Path(name), subscribers, port)
        ours = run_digest(config)
        letters = some_letters(config)
        size = round(mean(map(len, letters)))
        peers = {"smtp_source": source_seconds(port, subscribers, size)}
        if with_node and (NODE / "node_modules" / "nodemailer").is_dir():
            node = [str(TOOLS["node"]), str(NODE / "deliver.js"), str(port), str(subscribers)]
            contents = Path(name) / "letters.json"
            contents.write_text(json.dumps(list(map(parts_of, letters))))
            node += [str(connections()), str(size), str(contents)]
            peers["nodemailer_compose"] = seconds_of(node)
    whole, running = ours["seconds"], ours["seconds"] - ours["start_seconds"]
    return {
        "letter_bytes": size,
        "ours": {
            "seconds": round(whole, 2),
            "start_seconds": round(ours["start_seconds"], 2),
            "letters_per_second": round(subscribers / whole),
            "cpu_us_per_letter": round(ours["cpu_seconds"] / subscribers * 1e6),
            "peak_mb": round(ours["peak_mb"]),
        },
        "peers": {
            peer: {
                "letters_per_second": round(subscribers / seconds),
                "ratio": round(seconds / whole, 2),
                "ratio_without_start": round(seconds / running, 2),
            }
            for peer, seconds in peers.items()
        },
    }


def source_seconds(port: int, count: int, size: int) -> float:
    """Let postfix's generator send as many messages of that size."""
    options = ["-d", "-s", str(connections()), "-m", str(count), "-l", str(size)]
    return seconds_of([str(TOOLS["smtp-source"]), *options, f"127.0.0.1:{port}"])


if __name__ == "__main__":
    print(json.dumps(bench(), indent=2))
