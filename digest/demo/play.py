"""Plays the whole day: sample feeds over HTTP, the pipeline, letters to a real SMTP server."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile

from digest.config import load_config
from digest.demo.inbox import Received, open_inbox
from digest.demo.server import feed_server
from digest.models import Due, Letter
from digest.pipeline.run import Run, RunReport, run_once
from digest.rendering.checks import opened
from digest.sources.plans.arxiv_calendar import eastern_day
from digest.state.database import open_database

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Played:
    """What the demo came to."""

    run: Run
    report: RunReport
    files: dict[str, dict[str, Path]]  # by recipient: the paths of "eml" and "html"


def play(folder: Path, clock: Callable[[], datetime], on_source: Callable[[str], None]) -> Played:
    """Run the pipeline once for the three sample subscribers; leave all files in the folder."""
    now = clock()
    with feed_server(eastern_day(now)) as url, open_inbox() as inbox:
        path = demo_files(folder, http_url=url, smtp_port=inbox.port)
        config = load_config(path, os.environ)
        run = Run(config, open_database(config.state), clock, on_source=on_source)
        due = [Due(person, now.date()) for person in config.subscribers]
        report = run_once(run, due)
        received = tuple(inbox.received)
    return Played(run, report, {one.recipients[0]: write_letter(folder, one) for one in received})


def demo_files(folder: Path, *, http_url: str, smtp_port: int) -> Path:
    """Write `digest.yaml` and `subscribers.yaml` and return the path of the former.

    The database will lie beside them.

    Args:
        folder: Made where it is missing.
        http_url: Of the feed server, without a final slash.
        smtp_port: Of the inbox on 127.0.0.1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = (HERE / "digest.yaml.in").read_text("utf-8")
    text = text.replace("${DEMO_URL}", http_url).replace("${DEMO_SMTP_PORT}", str(smtp_port))
    path = folder / "digest.yaml"
    path.write_text(text, "utf-8")
    copyfile(HERE / "subscribers.yaml", folder / "subscribers.yaml")
    return path


def write_letter(folder: Path, received: Received) -> dict[str, Path]:
    """Write a received message as .eml and its HTML part as .html."""
    to = received.recipients[0]
    letter = opened(Letter("", to, received.mail_from, "", (received.message,)))
    paths = {"eml": folder / f"{to}.eml", "html": folder / f"{to}.html"}
    paths["eml"].write_bytes(received.message)
    paths["html"].write_text(letter.html, encoding="utf-8")
    return paths
