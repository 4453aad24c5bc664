"""Who is due on a database that other clocks and other spellings have written into."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from digest.cli.run import newest_editions, who_is_due
from digest.config import load_config
from digest.models import Edition, Outcome, Paper, Pick, Section, Subscriber
from digest.pipeline.run import Brake, Run, run_once
from digest.state.calendar import is_clock_trusted
from digest.state.database import Database
from digest.state.outbox import Outbox
from digest.state.runs import begin_run
from tests.delivery.fault_server import Rule, Say
from tests.scene import PEOPLE, Scene, all_titles, feed, html_of

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
ADA = Subscriber("ada@example.org")
PAPER = Paper(("arxiv:2205.14135",), "FlashAttention")


def make_edition(database: Database, made: datetime, email: str = ADA.email) -> None:
    """Put one edition into the outbox, and the run that made it into the diary."""
    begin_run(database, made)
    picked = (Section("Attention", (Pick(PAPER, "Attention", 2.0),)),)
    name = f"{email[:3]}{made:%y%m%d}"
    edition = Edition(name, made.date(), "daily", email, made, sections=picked)
    Outbox(database).freeze([edition], made)


def newest(database: Database, now: datetime, person: Subscriber = ADA) -> dict[str, date]:
    """Look a reader's newest edition up, as a run does that begins now."""
    return newest_editions(database, [person], now, trusted=is_clock_trusted(database, now))


def test_a_clock_that_was_ahead(database: Database) -> None:
    """What it made for next month blocks nobody once the right clock has been believed."""
    make_edition(database, NOW - timedelta(days=1))
    make_edition(database, NOW + timedelta(days=30))
    begin_run(database, NOW)
    assert newest(database, NOW) == {ADA.email: NOW.date()}
    later = NOW + timedelta(hours=20)
    assert newest(database, later) == {ADA.email: date(2026, 11, 22)}


def test_a_clock_that_is_behind(database: Database) -> None:
    """A machine that believes for an hour that it is last year sends nothing of last year."""
    make_edition(database, NOW)
    back = NOW - timedelta(days=365)
    assert newest(database, back) == {ADA.email: back.date()}
    begin_run(database, back)
    soon = back + timedelta(hours=1)
    assert newest(database, soon) == {ADA.email: soon.date()}
    assert newest(database, NOW) == {ADA.email: NOW.date()}


@pytest.mark.parametrize("days", [1, 30])
def test_a_pretended_day_does_not_delay_today(scene: Scene, days: int) -> None:
    """After `--date` of a day to come, today's letter comes today, with today's papers."""
    today = datetime.now(UTC).date()
    ahead = (today + timedelta(days=days)).isoformat()
    assert scene.call("run", "--date", ahead, "--only", "ben").code == 0
    assert scene.call("run").code == 0
    recipients = [message.recipient for message in scene.smtp.messages]
    assert sorted(recipients[1:]) == ["ada@example.org", "cleo@example.org"]
    letters = scene.call("history", today.isoformat(), "--json").json["letters"]
    assert {letter["to"]: letter["outcome"] for letter in letters} == {
        "ada@example.org": "sent", "ben@example.org": "skipped", "cleo@example.org": "sent",
    }  # fmt: skip


def test_papers_seen_since_are_not_lost(scene: Scene) -> None:
    """Whoever had a letter of a pretended day gets the papers that came after it."""
    today = datetime.now(UTC).date()
    ahead = (today + timedelta(days=30)).isoformat()
    assert scene.call("run", "--date", ahead).code == 0
    scene.web.documents["/Journal"].body = feed(24, all_titles(24))
    assert scene.call("run", "--now").code == 0
    assert len(scene.smtp.messages) == 6
    assert "Sparse attention for long documents (24)" in html_of(scene.mail()["ada@example.org"])


def test_another_case_is_the_same_reader(scene: Scene) -> None:
    """Ada@ is ada@: no second letter that day, and none of the papers she had on the next."""
    assert scene.call("run", "--date", "2026-11-23").code == 0
    scene.write(PEOPLE.replace("ada@", "Ada@"))
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert len(scene.smtp.messages) == 3
    scene.web.documents["/Journal"].body = feed(24, all_titles(24) + all_titles(23))
    assert scene.call("run", "--date", "2026-11-24").code == 0
    html = html_of(scene.mail()["Ada@example.org"])
    assert "(24)" in html
    assert "(23)" not in html
    letters = scene.call("history", "Ada@example.org", "--json").json["letters"]
    assert [letter["outcome"] for letter in letters] == ["sent", "sent"]


def test_a_letter_that_never_came_is_made_good_by_the_next(scene: Scene, tmp_path: Path) -> None:
    """It says since when it does; to whom none has come yet it is the first."""
    assert scene.call("run", "--date", "2026-11-23", "--only", "ada").code == 0
    scene.smtp.rules[:] = [Rule("rcpt", Say(451, "4.3.0 later"))]
    scene.web.documents["/Journal"].body = feed(24, all_titles(24))
    assert scene.call("run", "--date", "2026-11-24").code == 3
    scene.smtp.rules.clear()
    scene.web.documents["/Journal"].body = feed(26, all_titles(26))
    scene.call("preview", "--all", "--date", "2026-11-26", "--folder", str(tmp_path))
    shown = "".join(path.read_text("utf-8") for path in tmp_path.glob("*.txt"))
    assert shown.count("days since Tuesday, 24 November") == 1
    assert shown.count("first letter") == 2
    assert scene.call("run", "--date", "2026-11-26").code == 3  # three that never came
    mail = scene.mail()
    assert "days since Tuesday, 24 November" in html_of(mail["ada@example.org"])
    assert "(24)" in html_of(mail["ada@example.org"])
    assert "first letter" in html_of(mail["ben@example.org"])


def test_a_stop_before_the_people_are_looked_through_cancels_nobodys_letter(
    database: Database, tmp_path: Path
) -> None:
    """A letter to the old spelling waits for a run that knows the new one."""
    (tmp_path / "digest.yaml").write_text(
        "site: {from: digest@example.org}\nsources: [{arxiv: [cs.LG]}]\ndelivery: {folder: out}\n"
    )
    (tmp_path / "subscribers.yaml").write_text(
        "subscribers: [{email: Ada@example.org, interests: [attention]}]\n"
    )
    config = load_config(tmp_path / "digest.yaml", {})
    make_edition(database, NOW, "ada@example.org")

    def outcomes(brake: Brake) -> list[tuple[str, str]]:
        due = who_is_due(database, config, config.subscribers, NOW, at_once=True)
        run_once(Run(config, database, lambda: NOW, brake), due, collect=False)
        return [(letter.email, letter.outcome) for letter in Outbox(database).history()]

    assert outcomes(Brake(asked=True)) == [("ada@example.org", "planned")]
    assert outcomes(Brake()) == [("Ada@example.org", "sent")]


def test_a_new_spelling_takes_over_what_it_can(database: Database) -> None:
    """Where both spellings had the same day's edition, both rows stay as they are."""
    make_edition(database, NOW - timedelta(days=1), "ADA@example.org")
    make_edition(database, NOW, "ada@example.org")
    assert newest(database, NOW, Subscriber("Ada@example.org"))
    found = {letter.email for letter in Outbox(database).history()}
    assert "Ada@example.org" in found
    assert {letter.outcome for letter in Outbox(database).history()} == {Outcome.PLANNED}
