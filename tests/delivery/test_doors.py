"""Each door takes letters and says what became of them: command, LMTP, TLS."""

import asyncio
import stat
import sys
import time
from asyncio.subprocess import Process
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from digest.config.schema import Delivery, Lmtp
from digest.delivery import sendmail as sendmail_door
from digest.delivery.belt import Belt, Item
from digest.delivery.envelope import address_envelope, wire_content
from digest.delivery.replies import Verdict
from digest.delivery.sendmail import Sendmail, judge_exit
from digest.errors import DeliveryError
from digest.models import Edition, Letter, Outcome
from digest.state.outbox import Outbox
from tests.delivery.conftest import (
    NOW,
    deliver,
    edition_for,
    last_receipt,
    letter_of,
    loopback,
    outcomes,
)
from tests.delivery.fault_server import FaultServer, make_certificate
from tests.delivery.faults import Late, Rule, Say


def sendmail(path: Path, body: str) -> str:
    """Write a command that behaves as the body says; return it."""
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_command(outbox: Outbox, tmp_path: Path) -> None:
    """The command gets envelope and letter; its exit status is the receipt."""
    body = f"""
name = sys.argv[-1].partition("@")[0]
given = repr(sys.argv[1:]).encode() + sys.stdin.buffer.read()
open({str(tmp_path)!r} + "/" + name, "wb").write(given)
print("it is " + name, file=sys.stderr)
sys.exit({{"fine": 0, "later": 75, "gone": 67, "odd": 1}}[name])
"""
    names = ["fine", "later", "gone", "odd"]
    outbox.freeze([edition_for(f"{name}@b.org", i) for i, name in enumerate(names)], NOW)
    command = sendmail(tmp_path / "sendmail", body)
    report = deliver(outbox, settings=Delivery(sendmail=command))
    assert outcomes(report) == {"deferred": 2, "failed": 1, "sent": 1}
    given = (tmp_path / "fine").read_bytes()
    assert given.startswith(b"['-i', '-f', 'b+id000000@example.org', '--', 'fine@b.org']")
    assert given.endswith(b"\n.one dot\n..two dots\nid000000\n.\nend\n")
    assert last_receipt(outbox, "id000002").text == "exit status 67 it is gone"


@pytest.mark.parametrize("command", ["/nowhere/sendmail", "EX_CONFIG"])
def test_a_command_that_cannot_work(outbox: Outbox, tmp_path: Path, command: str) -> None:
    """A missing or misconfigured command stops the run; every letter stays planned."""
    if command == "EX_CONFIG":
        command = sendmail(tmp_path / "sendmail", "sys.stdin.read(); sys.exit(78)")
    outbox.freeze([edition_for(f"u{i}@b.org", i) for i in range(9)], NOW)
    report = deliver(outbox, settings=Delivery(sendmail=command))
    assert "check `delivery: sendmail:`" in str(report.error)
    assert outbox.counts() == {Outcome.PLANNED: 9}


@pytest.mark.parametrize("status", [0, 67])
def test_a_command_that_does_not_read_its_letter(
    outbox: Outbox, tmp_path: Path, status: int
) -> None:
    """Its exit status counts, however many letters it closes its ears to."""
    command = sendmail(tmp_path / "sendmail", f"sys.exit({status})")
    letters = [edition_for(f"u{i}@b.org", i) for i in range(40)]
    outbox.freeze(letters, NOW)

    def large(edition: Edition) -> Letter:
        small = letter_of(edition)
        return small._replace(pieces=(*small.pieces, b"x" * 70 + b"\r\n" * 50_000))

    report = deliver(outbox, settings=Delivery(sendmail=command), compose=large)
    assert list(outcomes(report)) == ["failed" if status else "sent"]
    assert report.released == (0 if status == 0 else 40 - report.counts[Outcome.FAILED])


@pytest.mark.parametrize(
    ("rest", "outcome"), [("", "sent"), ("subprocess.run(['sleep', '4'])", "uncertain")]
)
def test_a_command_that_leaves_a_process_behind(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: str, outcome: str
) -> None:
    """What goes on in the background neither hides the exit status nor outlives the time-out."""
    monkeypatch.setattr("digest.delivery.sendmail.TIMEOUT_SECONDS", 0.5)
    body = f"import subprocess\nsys.stdin.read()\nsubprocess.Popen(['sleep', '4'])\n{rest}"
    command = sendmail(tmp_path / "sendmail", body)
    outbox.freeze([edition_for("a@b.org")], NOW)
    started = time.monotonic()
    report = deliver(outbox, settings=Delivery(sendmail=command))
    assert outcomes(report) == {outcome: 1}
    assert time.monotonic() - started < 3


def test_a_mistake_at_one_letter_keeps_no_other_waiting(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter that nobody settles ends the run; it does not stand still."""
    command = sendmail(tmp_path / "sendmail", "sys.stdin.read()")
    outbox.freeze([edition_for(f"u{i}@b.org", i) for i in range(9)], NOW)
    hand_over = sendmail_door.hand_over

    async def broken(process: Process, complaint: IO[bytes], belt: Belt, item: Item) -> Verdict:
        if item.letter.email == "u3@b.org":
            raise RuntimeError("a bug")
        return await hand_over(process, complaint, belt, item)

    monkeypatch.setattr("digest.delivery.sendmail.hand_over", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        deliver(outbox, settings=Delivery(sendmail=command))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.stdin.read()", ["begin", "accept"]),
        ("import os; os.kill(os.getpid(), 9)", ["begin", "uncertain"]),
        ("sys.stdin.read(); sys.exit(77)", ["begin", "forgo"]),
    ],
)
def test_what_a_command_may_have_sent_is_written_down_before(
    tmp_path: Path, body: str, said: list[str]
) -> None:
    """A run that is killed meanwhile knows which letters it must not send again as if new."""
    books, letter = Books(), letter_of(edition_for("a@b.org"))
    command = sendmail(tmp_path / "sendmail", body)

    async def work() -> None:
        belt = Belt(1, books)
        await belt.put(Item(letter, address_envelope(letter), wire_content(letter)))
        belt.close()
        await Sendmail(command).work(belt)

    with suppress(DeliveryError):
        asyncio.run(work())
    assert books.said == said


class Books:
    """Notes what is told of letters."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, _item: Item) -> None:
        """Note it."""
        self.said.append("begin")

    def forgo(self, _item: Item) -> None:
        """Note it."""
        self.said.append("forgo")

    def settle(self, _item: Item, verdict: Verdict) -> None:
        """Note what became of it."""
        self.said.append(str(verdict.action))


def test_what_the_exit_status_of_a_command_means() -> None:
    """As sysexits.h has it; what may pass is tried again, and only an address suppressed."""
    meant = {
        "accept": [0],
        "fail address": [67, 68],
        "fail ours": [65],
        "stop": [64, 77, 78, 126, 127],
        "uncertain": [-9, -15],
        "defer": [1, 2, 66, 69, 70, 71, 72, 73, 74, 75, 76, 255],
    }
    for words, statuses in meant.items():
        for status in statuses:
            verdict = judge_exit(status, "because")
            assert (status, f"{verdict.action} {verdict.fault}".strip()) == (status, words)


def test_lmtp(outbox: Outbox, tmp_path: Path) -> None:
    """LMTP over a socket: LHLO, and one reply after the final dot."""
    outbox.freeze([edition_for(f"u{i}@b.org", i) for i in range(30)], NOW)
    rules = [Rule("dot", Say(452, "4.2.2 full"), about="u3@")]
    with FaultServer(rules, lmtp=True, socket_path=tmp_path / "lmtp") as server:
        report = deliver(outbox, settings=Delivery(lmtp=Lmtp(socket=tmp_path / "lmtp")))
    assert outcomes(report) == {"deferred": 1, "sent": 29}
    assert server.commands[0].startswith("LHLO ")
    assert len(set(server.recipients)) == 29


def test_an_lmtp_host_may_stand_in_brackets(outbox: Outbox) -> None:
    """An address of IPv6 does in URLs, and may for a relay, too."""
    outbox.freeze([edition_for("u@example.org")], NOW)
    with FaultServer(lmtp=True) as server:
        deliver(outbox, settings=Delivery(lmtp=Lmtp(host="[127.0.0.1]", port=server.port)))
    assert outbox.counts() == {Outcome.SENT: 1}


def test_an_smtp_server_is_no_lmtp_server(outbox: Outbox) -> None:
    """The sentence says so."""
    outbox.freeze([edition_for("u@b.org")], NOW)
    with FaultServer() as server:
        report = deliver(outbox, settings=Delivery(lmtp=Lmtp(port=server.port)))
    assert "is it an LMTP server?" in str(report.error)


def test_no_door(outbox: Outbox) -> None:
    """A configuration that names none is an error with the way out."""
    report = deliver(outbox, settings=Delivery())
    assert "names no smtp, lmtp, sendmail or folder" in str(report.error)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls(outbox: Outbox, certificate: tuple[Path, Path], tls: str) -> None:
    """Encrypted and verified, letters arrive; login happens after encryption."""
    outbox.freeze([edition_for(f"u{i}@b.org", i) for i in range(40)], NOW)
    with FaultServer(tls=tls, certificate=certificate, login=("me", "pw")) as server:
        relay = loopback(
            server.port, host="localhost", tls=tls, ca_file=certificate[0],
            username="me", password="pw",
        )  # fmt: skip
        report = deliver(outbox, relay)
    assert outcomes(report) == {"sent": 40}
    if tls == "starttls":
        words = [command.split()[0] for command in server.commands[:4]]
        assert words == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_certificates_beside_the_system_s(
    outbox: Outbox,
    certificate: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A relay that the system trusts is trusted, whatever else `ca_file` names."""
    outbox.freeze([edition_for("ada@b.org", 1)], NOW)
    another, _ = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with FaultServer(tls="starttls", certificate=certificate) as server:
        relay = loopback(server.port, host="localhost", tls="starttls", ca_file=another)
        report = deliver(outbox, relay)
    assert outcomes(report) == {"sent": 1}


TLS_FAILURES = [
    ("starttls", {"tls": "none"}, {}, "STARTTLS extension not supported"),
    ("starttls", {}, {"ca_file": None}, "TLS failed"),
    ("implicit", {}, {"ca_file": None}, "TLS failed"),
    ("starttls", {}, {"host": "127.0.0.1"}, "TLS failed"),
    ("starttls", {"rules": [Rule("starttls", Say(454, "4.7.0 not now"))]}, {}, "answered 454"),
]


@pytest.mark.parametrize(("tls", "server_side", "relay_side", "words"), TLS_FAILURES)
def test_tls_that_fails(
    outbox: Outbox,
    certificate: tuple[Path, Path],
    tls: str,
    server_side: dict[str, object],
    relay_side: dict[str, object],
    words: str,
) -> None:
    """No letter and no password leaves in clear; the run stops with a sentence."""
    outbox.freeze([edition_for(f"u{i}@b.org", i) for i in range(5)], NOW)
    server = FaultServer(**{"tls": tls, "certificate": certificate, **server_side})  # type: ignore[arg-type]
    with server:
        options = {"host": "localhost", "tls": tls, "ca_file": certificate[0], **relay_side}
        report = deliver(outbox, loopback(server.port, username="me", password="pw", **options))
    assert words in str(report.error)
    assert "`delivery: smtp:`" in str(report.error)
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)
    assert outbox.counts() == {Outcome.PLANNED: 5}


def test_several_relays_share_by_weight(outbox: Outbox) -> None:
    """Two relays of weights 3 and 1 get about three letters to one."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(400)], NOW)
    with FaultServer() as heavy, FaultServer() as light:
        report = deliver(outbox, loopback(heavy.port, weight=3), loopback(light.port, weight=1))
    assert outcomes(report) == {"sent": 400}
    assert 250 <= len(heavy.messages) <= 350


def test_a_dead_relay_leaves_its_share_to_the_others(outbox: Outbox) -> None:
    """All letters go out by the healthy one, and the report still names the dead one."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(60)], NOW)
    with FaultServer() as server:
        report = deliver(outbox, loopback(1), loopback(server.port))
    assert outcomes(report) == {"sent": 60}
    assert "127.0.0.1:1" in str(report.error)


def test_a_relay_that_limits_connections(outbox: Outbox) -> None:
    """421 to the third connection: the run goes on with the two it has."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(200)], NOW)
    with FaultServer([Rule("connect", Say(421, "too many", close=True), after=2)]) as server:
        report = deliver(outbox, loopback(server.port, connections=6))
    assert outcomes(report) == {"sent": 200}


def test_connections_are_replaced_when_worn(outbox: Outbox) -> None:
    """No connection carries more letters than configured."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(50)], NOW)
    with FaultServer() as server:
        deliver(outbox, loopback(server.port, connections=1, messages_per_connection=10))
    assert len(server.messages) == 50
    assert server.connections == 5


def test_connections_are_replaced_when_old(outbox: Outbox) -> None:
    """No connection is used for longer than configured."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(4)], NOW)
    with FaultServer([Rule("dot", Late(0.6))]) as server:
        deliver(outbox, loopback(server.port, connections=1, connection_seconds=1))
    assert len(server.messages) == 4
    assert server.connections > 1


def test_graceful_stop(outbox: Outbox) -> None:
    """What is on the wire is finished, the rest stays planned, nothing is in doubt."""
    outbox.freeze([edition_for(f"u{i}@b{i}.org", i) for i in range(500)], NOW)
    stop = asyncio.Event()
    with FaultServer() as server:
        report = deliver(outbox, loopback(server.port), stop=stop, progress=lambda _: stop.set())
    counts = outbox.counts()
    assert report.stopped
    assert report.balanced
    assert set(counts) == {Outcome.SENT, Outcome.PLANNED}
    assert counts[Outcome.SENT] == len(server.messages) < 500


def test_addresses_beyond_ascii(outbox: Outbox) -> None:
    """IDN domains go as A-labels; a local part beyond ASCII needs SMTPUTF8."""
    emails = ["ada@bücher.example", "jürgen@example.org", "bob@example.org"]
    outbox.freeze([edition_for(email, i) for i, email in enumerate(emails)], NOW)
    with FaultServer(extensions=()) as server:
        plain = deliver(outbox, loopback(server.port))
    assert outcomes(plain) == {"failed": 1, "sent": 2}
    assert sorted(server.recipients) == ["ada@xn--bcher-kva.example", "bob@example.org"]
    assert outbox.requeue(Outcome.FAILED, NOW, lifetime=timedelta(hours=20)) == 1
    with FaultServer(extensions=["SMTPUTF8"]) as server:
        assert outcomes(deliver(outbox, loopback(server.port))) == {"sent": 1}
    assert server.recipients == ["jürgen@example.org"]
    assert any(command.endswith("SMTPUTF8") for command in server.commands)


def test_a_letter_that_cannot_be_made_is_its_own_failure(outbox: Outbox) -> None:
    """One render error and one bad address fail alone."""
    emails = ["a@b.org", "broken@b.org", "two@x,b@y.org", "c@b.org"]
    outbox.freeze([edition_for(email, i) for i, email in enumerate(emails)], NOW)

    def compose(edition: object) -> object:
        if edition.email.startswith("broken"):  # type: ignore[attr-defined]
            raise RuntimeError("no such filter")
        return letter_of(edition)  # type: ignore[arg-type]

    with FaultServer() as server:
        report = deliver(outbox, loopback(server.port), compose=compose)  # type: ignore[arg-type]
    assert outcomes(report) == {"failed": 2, "sent": 2}
    assert {problem.text.split(":")[0] for problem in report.problems} == {
        "cannot be made", "bad address",
    }  # fmt: skip


def test_a_letter_too_large_for_the_relay_is_not_sent(outbox: Outbox) -> None:
    """SIZE is believed before a byte of content leaves."""
    outbox.freeze([edition_for("a@b.org")], NOW)
    with FaultServer(extensions=["SIZE 50"]) as server:
        report = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"failed": 1}
    assert not any(command.startswith("MAIL") for command in server.commands)
