"""Letters per second of one core: ours beside the usual ways, interleaved in one process, medians.

    python -m tests.bench.render

Every letter is distinct: another reader, with another ten of the day's 500 papers in two sections,
of which one is named as every 25th reader names it and one as nobody else does. Of
the reasons beside the papers one half is said to others too (there are 300 such keywords), and one
half to this reader alone. "ours, no reason twice" is the harder case in which all are. The papers'
cards are made before, as a run makes them once a day; `cards_seconds` says how long that takes.
"""

import gc
import json
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from digest.config.schema import Site
from digest.models import Edition, Paper, Pick, Reason, Section
from digest.rendering.layout import Layout
from digest.rendering.press import Press
from digest.rendering.templates import LETTER_MJML, compile_mjml, read_mjml, render
from digest.resources import resource_dir
from tests.rendering import editions
from tests.rendering.slowly import html_values, laid_out, letter_texts, text_values

NODE = Path(__file__).parent.parent / "node"
PAPERS = 500
KEYWORDS = 300  # that several readers have
ROUNDS = 15
SENTENCES = (
    "We look at a question that earlier work has left open, and measure what others assumed.",
    "The method needs no labels, and its cost grows with the length of the input alone.",
    "On three public collections it does better than systems many times its size.",
    "An ablation shows which of its parts matter, and two of them turn out to be superfluous.",
    "Code, data and the exact settings of every experiment are public.",
    "We close with the cases in which the method fails, and with what they have in common.",
)


def day_of_papers() -> list[Paper]:
    """Make a day's papers with abstracts of about 1,000 characters."""
    pool = (editions.FLASH, editions.LONGFORMER, editions.RAG, editions.ALPHAFOLD)
    return [
        replace(
            pool[n % 4],
            ids=(f"arxiv:2611.{n:05}",),
            title=f"{pool[n % 4].title}, part {n}",
            abstract=f"Study {n}. " + " ".join(SENTENCES[(n + k) % 6] for k in range(12)),
        )
        for n in range(PAPERS)
    ]


def edition_of(number: int, papers: Sequence[Paper], shared: float = 0.5) -> Edition:
    """Make one reader's edition; no two are alike.

    Args:
        shared: how likely a reason is one that other readers get too, 0 to 1.
    """
    chance = Random(number)
    picks = [
        Pick(paper, "topic", 3.0, reasons_of(f"{number} of {place}", chance, shared))
        for place, paper in enumerate(chance.sample(papers, 10))
    ]
    sections = (
        Section(f"Field {number % 25}", tuple(picks[:6])),
        Section(f"What reader {number} asks", tuple(picks[6:])),
    )
    return replace(
        editions.DAILY,
        id=f"n{number}",
        email=f"reader{number}@example.org",
        name=f"Reader {number}",
        sections=sections,
        trending=(),
        reports=(),
    )


def reasons_of(own: str, chance: Random, shared: float) -> tuple[Reason, ...]:
    """Say why a paper was picked, as the ranking would."""
    if chance.random() < shared:
        return (Reason("keyword", f"matches “keyword {chance.randrange(KEYWORDS)}”"),)
    return (Reason("phrase", f"matches “topic {own}” in the title"),)


class Contest:
    """The competitors; each makes the whole message of one edition."""

    def __init__(self) -> None:
        site = Site.model_validate({"from": "Morning Papers <digest@example.org>"})
        self.press = Press(site, folders=[resource_dir("templates")], secret=b"s" * 32)
        self.mjml = self.press.templates.words.environment.from_string(
            read_mjml([resource_dir("templates")], LETTER_MJML)
        )

    def ours(self, edition: Edition) -> bytes:
        """Join cards."""
        return self.press.compose(edition).message

    def mjml_per_letter(self, edition: Edition) -> bytes:
        """Fill the MJML, compile it, hand both parts to EmailMessage."""
        layout = laid_out(edition)
        values = html_values(self.press, edition, layout)
        return self._message(edition, compile_mjml(render(self.mjml, values)), layout).as_bytes()

    def jinja_per_letter(self, edition: Edition) -> bytes:
        """Fill precompiled HTML, hand both parts to EmailMessage."""
        layout = laid_out(edition)
        html = render(self.press.templates.html.template, html_values(self.press, edition, layout))
        return self._message(edition, html, layout).as_bytes()

    def django(self, edition: Edition) -> bytes:
        """Fill precompiled HTML, hand both parts to Django's EmailMultiAlternatives."""
        from django.core.mail import EmailMultiAlternatives

        layout = laid_out(edition)
        html = render(self.press.templates.html.template, html_values(self.press, edition, layout))
        text = render(self.press.templates.text.template, text_values(self.press, edition, layout))
        mail = EmailMultiAlternatives(
            letter_texts(self.press, edition, layout)["subject"],
            text,
            "Morning Papers <digest@example.org>",
            [edition.email],
        )
        mail.attach_alternative(html, "text/html")
        return bytes(mail.message().as_bytes())

    def _message(self, edition: Edition, html: str, layout: Layout) -> EmailMessage:
        message = EmailMessage()
        message["From"] = "Morning Papers <digest@example.org>"
        message["To"] = edition.email
        message["Subject"] = letter_texts(self.press, edition, layout)["subject"]
        message["Date"] = format_datetime(edition.made_at)
        text = render(self.press.templates.text.template, text_values(self.press, edition, layout))
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message


def seconds_per_letter(make: Callable[[Edition], bytes], batch: Sequence[Edition]) -> float:
    """Measure one batch, in CPU time, which a busy machine disturbs least."""
    gc.collect()  # nobody pays for what the others left behind
    started = time.process_time()
    for edition in batch:
        make(edition)
    return (time.process_time() - started) / len(batch)


def nodemailer(contest: Contest, batch: Sequence[Edition]) -> float:
    """Let nodemailer's composer encode the same texts, rendered beforehand; seconds per letter."""
    letters = []
    for edition in batch:
        layout = laid_out(edition)
        html = render(
            contest.press.templates.html.template, html_values(contest.press, edition, layout)
        )
        text = render(
            contest.press.templates.text.template, text_values(contest.press, edition, layout)
        )
        subject = letter_texts(contest.press, edition, layout)["subject"]
        letters.append({"to": edition.email, "subject": subject, "html": html, "text": text})
    done = subprocess.run(
        ["node", str(NODE / "compose.js")],
        input=json.dumps(letters),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return float(json.loads(done.stdout)["seconds_per_letter"])


def bench(letters: int = 100) -> dict[str, Any]:
    """Run the contest.

    Returns:
        `cards_seconds` for the day's 500 papers, and per competitor `letters_per_second` and
        `times_slower`, the median of fifteen interleaved rounds.
    """
    contest, papers = Contest(), day_of_papers()
    numbers = cycle(range(1_000_000))
    warm = warm_up(contest, papers)
    ways: dict[str, tuple[Callable[[Edition], bytes], int, float]] = {
        "ours": (contest.ours, letters, 0.5),
        "ours, no reason twice": (contest.ours, letters, 0.0),
        "EmailMessage, MJML per letter": (contest.mjml_per_letter, 20, 0.5),
        "EmailMessage, MJML once": (contest.jinja_per_letter, 20, 0.5),
        **({"Django mail, MJML once": (contest.django, 20, 0.5)} if has_django() else {}),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (make, size, shared) in ways.items():  # 100 at a time, as a run claims them
            batch = [edition_of(next(numbers), papers, shared) for _ in range(size)]
            times[name].append(seconds_per_letter(make, batch))
        if (NODE / "node_modules" / "nodemailer").is_dir():
            batch = [edition_of(next(numbers), papers) for _ in range(20)]
            name = "nodemailer, encoding alone"
            times.setdefault(name, []).append(nodemailer(contest, batch))
    return {
        "cards_seconds": round(warm, 3),
        "letter_bytes": len(contest.ours(edition_of(1, papers))),
        "ways": summary(times),
    }


def warm_up(contest: Contest, papers: Sequence[Paper]) -> float:
    """Make every paper's card; CPU seconds."""
    started = time.process_time()
    reason = (Reason("phrase", "x"),)
    for paper in papers:
        section = Section("", (Pick(paper, "", 0.0, reason),))
        contest.ours(replace(edition_of(0, papers), sections=(section,)))
    warm = time.process_time() - started
    gc.collect()
    gc.freeze()  # what the whole day lives is not walked through again and again
    return warm


def summary(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Turn times into rates and ratios to ours."""
    medians = {name: statistics.median(values) for name, values in times.items() if values}
    ours = medians["ours"]
    return {
        name: {
            "letters_per_second": round(1 / median),
            "us_per_letter": round(median * 1e6),
            "times_slower": round(median / ours, 1),
        }
        for name, median in medians.items()
    }


def has_django() -> bool:
    """Tell whether Django is installed, and give it the settings it asks for."""
    try:
        from django.conf import settings
    except ImportError:
        return False
    if not settings.configured:
        settings.configure(DEFAULT_CHARSET="utf-8", USE_TZ=True)
    return True


if __name__ == "__main__":
    print(json.dumps(bench(), indent=2, ensure_ascii=False))
