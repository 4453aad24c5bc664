"""`digest serve` as a real process: real feeds, a real relay, real signals, real files."""

import gc
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from digest.cli.serve import Service, letter_pages
from digest.demo.inbox import free_port
from digest.errors import ConfigError
from digest.serving.pace import NEVER
from digest.serving.watching import Watched
from tests.delivery.faults import Late, Rule, Say
from tests.scene import PEOPLE, Answer, Scene, all_titles, feed, html_of

PATIENCE_SECONDS = 30.0
TICK_AND_MORE = 1.5  # seconds
EVE = "  - email: eve@example.org\n    interests: [attention]\n"


@dataclass
class Daemon:
    """A `digest serve` under way."""

    process: subprocess.Popen[bytes]
    errors: Path

    @property
    def said(self) -> str:
        """What it has printed to stderr."""
        return self.errors.read_text("utf-8")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def serving(scene: Scene, name: str = "serve", *options: str) -> Iterator[Daemon]:
    """Run the daemon, with a tick every second."""
    errors = scene.folder / f"{name}.err"
    command = [sys.executable, "-m", "digest", "serve", "-c", str(scene.config), "--every", "1"]
    with (
        errors.open("wb") as log,
        subprocess.Popen([*command, *options], stderr=log, env=dict(os.environ)) as process,
    ):
        try:
            yield Daemon(process, errors)
        finally:
            process.kill()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that must come; no statement about how fast."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


def recipients(scene: Scene) -> list[str]:
    """Return who was written to, in order of addresses."""
    return sorted(message.recipient for message in scene.smtp.messages)


ALL = ["ada@example.org", "ben@example.org", "cleo@example.org"]


def test_it_serves_and_stops(scene: Scene) -> None:
    """Whoever is due gets one letter, ticks later bring no second one, SIGTERM ends it with 143."""
    with serving(scene) as daemon:
        until(lambda: len(scene.smtp.messages) == 3, "the letters")
        asked = len(scene.web.requests)
        until(lambda: bool(scene.call("history", "--json").json["runs"][0]["ended"]), "the end")
        time.sleep(TICK_AND_MORE)
        assert len(scene.web.requests) == asked
        assert daemon.stop() == 143
        assert daemon.said == ""
    assert recipients(scene) == ALL


def test_sigterm_while_letters_are_on_the_wire(scene: Scene) -> None:
    """What is on the wire is finished, nothing is sent twice, the rest goes out by the next one."""
    people = PEOPLE + "".join(EVE.replace("eve", f"eve{n}") for n in range(5))
    scene.smtp.rules[:] = [Rule("dot", Late(0.3))]
    scene.delivery = (
        f"delivery:\n  smtp: {{host: 127.0.0.1, port: {scene.smtp.port}, tls: none, "
        "connections: 1}"
    )
    scene.write(people)
    with serving(scene) as daemon:
        until(lambda: len(scene.smtp.messages) >= 2, "the first letters")
        assert daemon.stop() == 143
    stopped_after = len(scene.smtp.messages)
    assert 2 <= stopped_after < 8
    outcomes = [one["outcome"] for one in scene.call("history", "--json").json["letters"]]
    assert outcomes.count("sent") == stopped_after
    assert set(outcomes) == {"sent", "planned"}
    scene.smtp.rules.clear()
    with serving(scene, "again") as daemon:
        until(lambda: len(scene.smtp.messages) == 8, "the rest")
        assert daemon.stop() == 143
    assert len(set(recipients(scene))) == 8


def test_sigterm_while_the_start_is_told(scene: Scene) -> None:
    """A check service that is slow to answer holds no SIGTERM up, and no pass is made after it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with scene.config.open("a", encoding="utf-8") as file:
            file.write(f"ping_url: http://127.0.0.1:{silent.getsockname()[1]}/ping\n")
        with serving(scene) as daemon:
            silent.settimeout(PATIENCE_SECONDS)
            asked, _ = silent.accept()
            with asked:
                assert daemon.stop() == 143
    assert recipients(scene) == []
    assert scene.web.requests == []


def test_broken_yaml_keeps_the_old_configuration(scene: Scene) -> None:
    """The mistake is told with file and line, the daemon lives, and the mended file counts: a new
    subscriber in it gets a letter without a restart."""
    people = scene.folder / "subscribers.yaml"
    with serving(scene) as daemon:
        until(lambda: len(scene.smtp.messages) == 3, "the letters")
        people.write_text(PEOPLE + "  - emial: eve@example.org\n", "utf-8")
        until(lambda: "subscribers.yaml" in daemon.said, "the complaint")
        time.sleep(TICK_AND_MORE)
        assert daemon.process.poll() is None
        assert daemon.said.count("the one from before stays in force") == 1
        assert "'email'" in daemon.said
        people.write_text(PEOPLE + EVE, "utf-8")
        until(lambda: len(scene.smtp.messages) == 4, "Eve's letter")
        assert daemon.stop() == 143
    assert recipients(scene) == [*ALL, "eve@example.org"]


def test_sighup_reloads(scene: Scene) -> None:
    """SIGHUP reads the configuration again, though no file changed, and ends nothing."""
    with serving(scene, "serve", "-v") as daemon:
        until(lambda: len(scene.smtp.messages) == 3, "the letters")
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: "event=reloaded subscribers=3" in daemon.said, "the reload")
        assert daemon.stop() == 143


def test_sighup_before_it_serves(scene: Scene) -> None:
    """A reload that comes while the daemon waits for its database does not end it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        scene.state = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        scene.write(PEOPLE)
        with serving(scene) as daemon:
            silent.settimeout(PATIENCE_SECONDS)
            asking, _ = silent.accept()
            daemon.process.send_signal(signal.SIGHUP)
            asking.close()
            silent.close()
            until(lambda: "cannot be reached" in daemon.said, "the complaint")
            assert daemon.stop() == 143


def test_two_daemons_on_one_database(scene: Scene) -> None:
    """Each reader gets one letter, and neither daemon calls the other a failure."""
    with serving(scene, "one") as one, serving(scene, "two") as two:
        until(lambda: len(scene.smtp.messages) == 3, "the letters")
        time.sleep(TICK_AND_MORE)
        assert (one.process.poll(), two.process.poll()) == (None, None)
        assert (one.stop(), two.stop()) == (143, 143)
        assert (one.said, two.said) == ("", "")
    assert recipients(scene) == ALL


def test_a_relay_that_is_away_for_a_while(scene: Scene) -> None:
    """The daemon outlives it, says what is wrong, and does not ask the sources each second."""
    text = scene.config.read_text("utf-8")
    scene.config.write_text(text.replace(str(scene.smtp.port), str(free_port())), "utf-8")
    with serving(scene) as daemon:
        until(lambda: "cannot be reached" in daemon.said, "the complaint")
        asked = len(scene.web.requests)
        time.sleep(TICK_AND_MORE)
        assert daemon.process.poll() is None
        assert len(scene.web.requests) == asked
        assert daemon.said.count("cannot be reached") == 1
        assert daemon.stop() == 143
    letters = scene.call("history", "--json").json["letters"]
    assert {letter["outcome"] for letter in letters} == {"planned"}


def test_a_database_that_comes_up_later(scene: Scene, postgres: str) -> None:
    """The daemon waits for its server, says so once, and serves whoever is due when it is there."""
    address, _, place = postgres.partition("?host=")
    scene.state = f"{address}?host={scene.folder / 'socket'}"
    scene.write(PEOPLE)
    with serving(scene) as daemon:
        until(lambda: "cannot be reached" in daemon.said, "the complaint")
        time.sleep(TICK_AND_MORE)
        assert daemon.process.poll() is None
        (scene.folder / "socket").symlink_to(place)
        until(lambda: len(scene.smtp.messages) == 3, "the letters")
        assert daemon.said.count("cannot be reached") == 1
        assert daemon.stop() == 143


def test_metrics_that_cannot_be_written(scene: Scene) -> None:
    """It is said, and holds no letter back."""
    assert scene.call("run").code == 0
    with scene.config.open("a", encoding="utf-8") as file:
        file.write("metrics_file: nowhere/digest.prom\n")
    with serving(scene) as daemon:
        until(lambda: "metrics cannot be written" in daemon.said, "the complaint")
        (scene.folder / "subscribers.yaml").write_text(PEOPLE + EVE, "utf-8")
        until(lambda: len(scene.smtp.messages) == 4, "Eve's letter")
        assert daemon.stop() == 143


def test_wrong_from_the_start(scene: Scene) -> None:
    """A daemon does not start on mistakes; the service manager sees exit code 2."""
    scene.config.write_text("sources: []\n", "utf-8")
    with serving(scene) as daemon:
        assert daemon.process.wait(PATIENCE_SECONDS) == 2
        assert "digest.yaml:1:1" in daemon.said


def test_the_pages_of_letters(scene: Scene) -> None:
    """They are served beside the passes, and who unsubscribes there gets no letter of the next."""
    scene.write(PEOPLE, base_url="https://papers.example.org")
    port = free_port()
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"pages: {{port: {port}}}\n")
    with serving(scene) as daemon:
        until(lambda: len(scene.smtp.messages) == 3, "the letters")
        html = scene.smtp.messages[0].content.replace(b"=\r\n", b"")
        link = re.search(rb"https://papers\.example\.org(/u/[^>]+)>", html)
        assert link is not None
        url = f"http://127.0.0.1:{port}{link[1].decode()}"
        with urllib.request.urlopen(url, b"List-Unsubscribe=One-Click", timeout=10) as answer:
            assert b"You are unsubscribed" in answer.read()
        with serving(scene, "another") as other:  # the port is taken
            assert other.process.wait(PATIENCE_SECONDS) == 2
            assert f"127.0.0.1:{port}" in other.said
            assert "pages:" in other.said
        assert daemon.stop() == 143
        assert daemon.said == ""
    [entry] = scene.call("suppress", "--json").json
    assert (entry["email"], entry["reason"]) == (scene.smtp.messages[0].recipient, "unsubscribed")


def test_a_port_that_only_root_may_take(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to let others read and write a port, as if it were a file."""

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    scene.write(PEOPLE, base_url="https://papers.example.org")
    with scene.config.open("a", encoding="utf-8") as file:
        file.write("pages: {port: 80}\n")
    monkeypatch.setattr(socket, "create_server", refuse)
    service = Service(Watched(scene.config, {}), lambda: datetime.now(UTC))
    with pytest.raises(ConfigError, match=r"listened on: Permission denied$"):
        letter_pages(service).__enter__()


def test_metrics_and_pings(scene: Scene) -> None:
    """Prometheus can scrape it, and a dead man's switch hears of every pass."""
    port = free_port()
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"metrics_port: {port}\nping_url: {scene.web.url}/ping/abc\n")
    with serving(scene) as daemon:
        until(lambda: "/ping/abc" in scene.web.requests, "the ping")
        url = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        assert 'digest_letters_day{outcome="sent"} 3' in text
        assert 'digest_source_up{source="Journal"} 1' in text
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            urllib.request.urlopen(f"{url}/etc/passwd", timeout=10)
        caught.value.close()
        assert daemon.stop() == 143
    pings = [path for path in scene.web.requests if path.startswith("/ping")]
    assert pings == ["/ping/abc/start", "/ping/abc"]


def test_a_dead_mans_switch_stays_alarmed_while_letters_wait(scene: Scene) -> None:
    """Between two tries of a broken source the daemon is alive, but all is not well."""
    scene.web.documents["/Journal"] = Answer(b"", 404)  # which is not asked again, after pauses
    scene.write(PEOPLE)
    with scene.config.open("a", encoding="utf-8") as file:
        file.write(f"ping_url: {scene.web.url}/ping\n")
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    service = Service(Watched(scene.config, os.environ), lambda: now)
    for minutes in (0, 16, 14, 16):
        now += timedelta(minutes=minutes)
        with time_machine.travel(now, tick=False):
            service.tick()
    pings = [path for path in scene.web.requests if path.startswith("/ping")]
    assert pings == ["/ping/start", "/ping/fail", "/ping/fail"] * 2


def test_passes_leave_no_garbage(scene: Scene) -> None:
    """What a pass leaves in cycles is gone by the next: a daemon of many weeks does not grow."""
    now, objects = datetime(2026, 11, 24, 12, tzinfo=UTC), []
    service = Service(Watched(scene.config, os.environ), lambda: now)
    for _ in range(5):
        service.tick()
        objects.append(len(gc.get_objects()))
        now += timedelta(days=1)
    assert objects[-1] - objects[1] < 3_000


def test_a_night_with_the_machine_off(scene: Scene) -> None:
    """The letter after one whose time was over by then says since when it makes good for it."""
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    service = Service(Watched(scene.config, os.environ), lambda: now)
    service.tick()
    scene.smtp.rules[:] = [Rule("rcpt", Say(451, "4.3.0 later"))]
    for day in (25, 26):
        now = now.replace(day=day)
        scene.web.documents["/Journal"].body = feed(day, all_titles(day))
        service.tick()
        scene.smtp.rules.clear()
    assert "days since Wednesday, 25 November" in html_of(scene.mail()["ada@example.org"])


def test_a_database_that_stays_broken(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """It is complained of once, not every minute; and once more where it breaks again."""
    service = Service(Watched(scene.config, os.environ), lambda: datetime.now(UTC))
    path = scene.folder / "var" / "digest.db"
    for _ in range(2):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"this is no database" * 100)
        assert [service.tick() for _ in range(3)] == [3, 3, 3]
        assert capsys.readouterr().err.count(str(path)) == 1
        path.unlink()
        assert service.tick() == 0
        for file in path.parent.iterdir():
            file.unlink()


def test_a_lock_that_cannot_be_opened(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """As one that root's run has left: the daemon says so, and goes on when it is mended."""
    service = Service(Watched(scene.config, os.environ), lambda: datetime.now(UTC))
    lock = scene.folder / "var" / "digest.db.lock"
    lock.mkdir(parents=True)
    assert [service.tick() for _ in range(3)] == [3, 0, 0]
    assert capsys.readouterr().err.count(str(lock)) == 1
    lock.rmdir()
    service.pace.held_until = NEVER
    assert service.tick() == 0
    assert len(scene.mail()) == 3
