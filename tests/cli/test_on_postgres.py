"""The commands on PostgreSQL: the same promises as on SQLite, with a real server."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import make_url, text

from digest.errors import AwayError
from digest.models import Edition, Paper, Pick, Section
from digest.state.database import Database, open_database, present_version
from digest.state.memories import HostClocks
from digest.state.outbox import Outbox
from tests.delivery.faults import Late, Rule, Say
from tests.postgres import Server
from tests.scene import PEOPLE, Answer, Scene, all_titles, feed
from tests.serving.test_serve import until

ADA = "email,interests\nada@example.org,attention\n"
DAY = ("--date", "2026-11-23")


@pytest.fixture
def scene(scene: Scene, postgres: str) -> Scene:
    """A journal and three readers, nothing collected yet."""
    scene.state = postgres
    scene.write(PEOPLE)
    return scene


def start_run(scene: Scene) -> subprocess.Popen[bytes]:
    """Start `digest run` as a process of its own."""
    command = [sys.executable, "-m", "digest", "run", "-c", str(scene.config), *DAY]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def test_a_day_from_feed_to_history(scene: Scene) -> None:
    """An empty database gets its tables; running twice is one letter; every command agrees."""
    for _ in range(2):
        called = scene.call("run", *DAY)
        assert (called.code, called.out, called.err) == (0, "", "")
    assert len(scene.smtp.messages) == 3
    status = scene.call("status", "--json").json
    assert status["letters"] == {"sent": 3}
    assert status["database_bytes"] > 100_000
    letters = scene.call("history", "--json").json["letters"]
    assert [letter["outcome"] for letter in letters] == ["sent"] * 3
    assert "Journal" in scene.call("sources").out
    backup = scene.call("backup", str(scene.folder))
    assert (backup.code, backup.err) == (0, "")
    [copy] = scene.folder.glob("digest-20*.dump")
    assert scene.call("restore", str(copy), "--yes").code == 0
    assert scene.call("status", "--json").json["letters"] == {"sent": 3}


def test_processes_that_freeze_the_same_papers_do_not_wait_for_each_other(postgres: str) -> None:
    """Whatever order two of them met the papers in, both write them in one."""
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    papers = [Paper((f"arxiv:2611.{number:05d}",), "A title") for number in range(300)]
    with closing(open_database(postgres)) as one, closing(open_database(postgres)) as other:
        meeting = Barrier(2, timeout=20)

        def freeze(database: Database, name: str, order: list[Paper]) -> None:
            outbox = Outbox(database)
            for turn in range(5):
                picks = tuple(Pick(paper, "All", 1.0) for paper in order)
                letter, email = f"{name}{turn}", f"{name}{turn}@example.org"
                section = Section("All", picks)
                meeting.wait()
                edition = Edition(letter, now.date(), "daily", email, now, sections=(section,))
                outbox.freeze([edition], now)

        with ThreadPoolExecutor(2) as threads:
            both = [
                threads.submit(freeze, one, "a", papers),
                threads.submit(freeze, other, "b", papers[::-1]),
            ]
            for done in both:
                done.result()


def test_letters_to_a_folder(scene: Scene) -> None:
    """Without a mail server the letters are files, as on SQLite."""
    scene.delivery = "delivery: {folder: outbox}"
    scene.write(PEOPLE)
    report = scene.call("run", *DAY, "--json").json
    assert {letter["outcome"] for letter in report["letters"]} == {"sent"}
    assert all(Path(letter["eml"]).is_file() for letter in report["letters"])


def test_people_in_the_database(scene: Scene) -> None:
    """They are imported, get letters, are suppressed, forgotten, and leave nothing behind."""
    scene.write("subscribers: []\n")
    (scene.folder / "people.csv").write_text(ADA, "utf-8")
    called = scene.call("subscribers", "import", str(scene.folder / "people.csv"), "--to-database")
    assert (called.code, called.out) == (0, "added 1, 0 stood there already\n"), called.err
    assert scene.call("run", *DAY).code == 0
    assert [message.recipient for message in scene.smtp.messages] == ["ada@example.org"]
    assert scene.call("suppress", "ada@example.org").code == 0
    scene.web.documents["/Journal"] = Answer(feed(24, all_titles(24)))
    assert scene.call("run", "--date", "2026-11-24").code == 0
    assert len(scene.smtp.messages) == 1
    export = scene.folder / "ada.json"
    assert scene.call("forget", "ada@example.org", "--export", str(export), "--yes").code == 0
    assert {"letters", "suppressions", "subscribers"} <= json.loads(export.read_text()).keys()
    assert scene.call("history", "--json").json["letters"] == []
    assert scene.call("subscribers", "export").out.count("\n") == 1


def test_a_run_that_is_killed(scene: Scene) -> None:
    """The next run knows what was on the wire: nobody is left out, one letter may come twice."""
    scene.smtp.rules[:] = [Rule("dot", Late(0.15))]
    scene.delivery = (
        f"delivery:\n  smtp: {{host: 127.0.0.1, port: {scene.smtp.port}, tls: none, "
        "connections: 1}"
    )
    scene.write(PEOPLE + "".join(f"  - email: u{n}@example.org\n    interests: [attention]\n"
                                 for n in range(5)))  # fmt: skip
    with start_run(scene) as process:
        until(lambda: len(scene.smtp.messages) >= 3, "the first letters")
        process.kill()
    assert scene.call("run", *DAY).code in (0, 3)
    letters = scene.call("history", "--json").json["letters"]
    outcomes = [letter["outcome"] for letter in letters]
    assert outcomes.count("sent") >= 7
    assert outcomes.count("sent") + outcomes.count("uncertain") == 8
    scene.call("retry", "--uncertain")
    recipients = [message.recipient for message in scene.smtp.messages]
    assert len(set(recipients)) == 8
    assert len(recipients) <= 9


def test_two_runs_at_once(scene: Scene, postgres: str) -> None:
    """The second one leaves with 75 and a sentence."""
    with closing(open_database(postgres)) as database, database.lock():
        called = scene.call("run", *DAY)
    assert called.code == 75
    assert "another run is under way" in called.err
    assert scene.call("run", *DAY).code == 0
    assert len(scene.smtp.messages) == 3


def test_a_lock_that_is_lost(
    postgres: str, postgres_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has done everything has not failed because the lock's connection went."""
    holder = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
    with closing(open_database(postgres)) as database:
        with database.lock():
            postgres_server.do(holder)
        assert "lock event=lost" in caplog.text
        with database.lock():
            pass


def test_a_lock_outlives_silence(postgres: str, postgres_server: Server) -> None:
    """A server that ends idle sessions does not end the one that holds the lock."""
    name = str(make_url(postgres).database)
    postgres_server.do(f"alter database {name} set idle_session_timeout = '300ms'")
    with closing(open_database(postgres)) as one, closing(open_database(postgres)) as other:
        with one.lock():
            time.sleep(1)
            assert other.is_locked
        assert not other.is_locked


def test_a_reply_with_a_null_character(scene: Scene) -> None:
    """PostgreSQL keeps no such character: the letter's fate is known all the same."""
    scene.smtp.rules[:] = [Rule("rcpt", Say(550, "no\0body"), "ben@")]
    assert scene.call("run", *DAY).code == 3
    assert scene.call("status", "--json").json["letters"] == {"sent": 2, "failed": 1}


def test_many_machines_begin_at_once(postgres: str) -> None:
    """One of them makes the tables, all of them have the same secret, nobody gets an error."""

    def begin(_number: int) -> tuple[str, bytes]:
        with closing(open_database(postgres)) as database:
            return present_version(database), database.secret()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(begin, range(6)))) == 1


def test_hosts_are_asked_in_turn(postgres: str) -> None:
    """Twenty requests at once, from several processes' connections, get twenty moments."""
    with closing(open_database(postgres)) as database:
        clocks = HostClocks(database, lambda: 1_000.0)
        with ThreadPoolExecutor(5) as pool:
            waits = sorted(pool.map(lambda _: clocks.reserve("arxiv.org", 3.0), range(20)))
    assert waits == [3.0 * n for n in range(20)]


@pytest.mark.parametrize("address", ["me:hunter2@127.0.0.1:9/d", "127.0.0.1:9/d?password=hunter2"])
def test_a_server_that_is_away(scene: Scene, address: str) -> None:
    """The error names the server without its password, and says what to look at."""
    scene.state = f"postgresql://{address}"
    scene.write(PEOPLE)
    called = scene.call("run", *DAY)
    assert called.code == 2
    assert "the PostgreSQL server cannot be reached" in called.err
    assert "hunter2" not in called.err


def test_a_damaged_row_of_people(scene: Scene) -> None:
    """The error names the server, and no password that stands among the URL's options."""
    scene.state += "&password=hunter2"
    with closing(open_database(scene.state)) as database, database.begin() as connection:
        connection.execute(text("insert into subscribers values ('x@example.org', '{', 0)"))
    scene.write(PEOPLE)
    called = scene.call("run", *DAY)
    assert called.code == 2
    assert "a row of its subscribers is damaged" in called.err
    assert "hunter2" not in called.err


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_takes_no_unicode(
    scene: Scene, postgres_server: Server, encoding: str
) -> None:
    """It is refused before anything is written, with how to make another."""
    scene.state = postgres_server.new_database(encoding)
    scene.write(PEOPLE)
    called = scene.call("run", *DAY)
    assert called.code == 2
    assert f"its encoding is {encoding}; `createdb --encoding UTF8" in called.err


def test_a_session_that_would_speak_latin1(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of the encoding does not matter: letters hold any character."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    scene.write(PEOPLE)
    called = scene.call("run", *DAY)
    assert (called.code, called.err) == (0, "")
    assert len(scene.smtp.messages) == 3
    assert scene.call("backup", str(scene.folder)).err == ""


def test_a_server_that_takes_no_changes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failover the old address is that of a standby."""
    assert scene.call("run", *DAY).code == 0
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    called = scene.call("run", "--date", "2026-11-24")
    assert called.code == 2
    assert "takes no changes; name one that is no standby" in called.err


def test_a_server_with_too_many_connections(postgres: str, postgres_server: Server) -> None:
    """It may have room later: a daemon waits for it, as for a server that is not up yet."""
    name = make_url(postgres).database
    postgres_server.do("drop role if exists few", "create role few login connection limit 0")
    url = make_url(postgres).set(username="few").render_as_string(hide_password=False)
    with pytest.raises(AwayError, match="too many connections; run again later"):
        open_database(url)
    postgres_server.do(
        f"alter database {name} connection limit 0", "alter role few connection limit 1"
    )
    with pytest.raises(AwayError, match="too many connections; run again later"):
        open_database(url)
