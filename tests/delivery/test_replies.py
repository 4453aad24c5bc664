"""The table of replies, once as arithmetic and once over a real connection."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.config.schema import Delivery, Lmtp, Relay
from digest.delivery.conversation import DOT_SECONDS
from digest.delivery.replies import Action, Fault, Reply, Step, judge
from digest.models import Outcome
from digest.state.outbox import Outbox
from digest.state.suppression import Suppressions
from tests.delivery.conftest import NOW, deliver, edition_for, loopback, outcomes
from tests.delivery.fault_server import FaultServer
from tests.delivery.faults import Accept, Drip, Drop, Late, Raw, Rule, Say

LETTER_STEPS = (Step.MAIL, Step.RCPT, Step.DATA, Step.DOT)

PURE = [
    # reply, what it means at MAIL, RCPT, DATA and at the final dot
    ("421 4.3.2 closing", "back off", "back off", "back off", "back off"),
    ("450 4.2.1 busy", "defer", "defer", "defer", "defer"),
    ("451 4.7.1 greylisted", "defer", "defer", "defer", "defer"),
    ("452 4.3.1 disk full", "defer", "defer", "defer", "defer"),
    ("454 4.7.0 no TLS now", "stop", "stop", "stop", "stop"),
    ("454 Throttling failure", "stop", "stop", "stop", "back off"),
    ("530 5.7.0 log in", "stop", "stop", "stop", "stop"),
    ("535 5.7.8 wrong", "stop", "stop", "stop", "stop"),
    ("534 5.7.9 weak", "stop", "stop", "stop", "stop"),
    ("538 5.7.11 encrypt", "stop", "stop", "stop", "stop"),
    ("500 what?", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("503 order", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("555 option", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("502 what?", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("504 not here", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("521 no mail here", "back off", "back off", "back off", "back off"),
    ("500 5.5.2 syntax", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("501 bad parameter", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("503 5.5.1 order", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("555 5.5.4 option", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("550 5.1.1 nobody", "fail other", "fail address", "fail other", "fail address"),
    ("550 5.1.2 no host", "fail other", "fail address", "fail other", "fail address"),
    ("550 5.1.4 ambiguous", "fail other", "fail other", "fail other", "fail other"),
    ("551 5.1.6 moved", "fail other", "fail address", "fail other", "fail address"),
    ("553 5.1.3 syntax", "fail other", "fail address", "fail other", "fail address"),
    ("556 5.1.10 null MX", "fail other", "fail address", "fail other", "fail address"),
    ("550 5.1.8 sender", "fail policy", "fail policy", "fail policy", "fail policy"),
    ("553 5.1.7 sender", "fail policy", "fail policy", "fail policy", "fail policy"),
    ("550 5.7.1 blocked", "fail policy", "fail policy", "fail policy", "fail policy"),
    ("554 5.7.26 no SPF", "fail policy", "fail policy", "fail policy", "fail policy"),
    ("554 refused", "fail policy", "fail policy", "fail policy", "fail policy"),
    ("550 no such user", "fail policy", "fail doubtful address", "fail policy", "fail policy"),
    ("550 5.1.0 whose?", "fail other", "fail doubtful address", "fail other", "fail other"),
    ("550 5.2.1 disabled", "fail other", "fail doubtful address", "fail other", "fail other"),
    ("550 5.4.1 access denied", "fail other", "fail doubtful address", "fail other", "fail other"),
    ("550 5.5.0 unavailable", "fail ours", "fail doubtful address", "fail ours", "fail ours"),
    ("552 5.2.2 box full", "fail size", "defer", "fail size", "fail size"),
    ("550 5.2.3 too long", "fail size", "fail size", "fail size", "fail size"),
    ("554 5.3.4 too large", "fail size", "fail size", "fail size", "fail size"),
    ("552 too large", "fail size", "defer", "fail size", "fail size"),
    ("551 not local", "fail other", "fail doubtful address", "fail other", "fail other"),
    ("553 not allowed", "fail other", "fail doubtful address", "fail other", "fail other"),
    ("556 null MX", "fail other", "fail doubtful address", "fail other", "fail other"),
    ("557 odd", "fail other", "fail other", "fail other", "fail other"),
    ("550 5.3.0 odd", "fail other", "fail other", "fail other", "fail other"),
    ("554 5.6.0 content", "fail ours", "fail ours", "fail ours", "fail ours"),
    ("550 4.1.1 odd class", "fail policy", "fail doubtful address", "fail policy", "fail policy"),
    ("354 go on", "retry", "retry", "accept", "uncertain"),
    ("250 2.0.0 ok", "accept", "accept", "retry", "accept"),
    ("251 2.1.5 forwarded", "accept", "accept", "retry", "accept"),
]


@pytest.mark.parametrize("row", PURE, ids=[row[0] for row in PURE])
def test_the_table(row: tuple[str, ...]) -> None:
    """Each reply means at each step what the table says."""
    code, _, text = row[0].partition(" ")
    found = [judge(step, Reply(int(code), (text,))) for step in LETTER_STEPS]
    words = [f"{v.action} {v.fault}".strip() for v in found]
    assert words == list(row[1:])


@pytest.mark.parametrize(
    ("reply", "slow"),
    [
        ("421 4.7.0 too fast", True),
        ("421 busy", True),
        ("421 4.4.2 timeout", False),
        ("521 5.3.2 no mail", False),
        ("451 4.7.1 rate", True),
        ("451 4.3.0 hm", False),
        ("451 later", False),
        ("454 Throttling failure", True),
        ("550 5.7.1 blocked", False),
    ],
)
def test_what_is_a_sign_that_we_are_too_fast(reply: str, slow: bool) -> None:
    """A 421 but of a time-out, a 4.7.x, and what Amazon SES says."""
    code, _, text = reply.partition(" ")
    assert judge(Step.DOT, Reply(int(code), (text,))).slow_down is slow


def test_only_the_address_itself_is_to_blame() -> None:
    """Of all replies at all steps, only 5.1.x about the recipient names the address."""
    for code in range(200, 600):
        for subject in range(8):
            for detail in range(12):  # and no rule names a larger one
                reply = Reply(code, (f"{code // 100}.{subject}.{detail} words",))
                for step in LETTER_STEPS:
                    if judge(step, reply).fault is Fault.ADDRESS:
                        assert subject == 1
                        assert code // 100 == 5
                        assert step in (Step.RCPT, Step.DOT)


def test_no_reply_after_the_content_is_a_safe_retry() -> None:
    """After the final dot nothing is tried again at once but what the relay said it has not."""
    for code in range(200, 600):
        assert judge(Step.DOT, Reply(code)).action is not Action.RETRY


def every(ending: str) -> dict[str, str]:
    """Return the same ending for every step of a letter."""
    return dict.fromkeys(("mail", "rcpt", "data", "dot"), ending)


OVER_THE_WIRE = [
    (Say(421, "4.3.2 closing", close=True), every("sent")),
    (Say(421, "4.3.2 closing"), every("sent")),
    (Say(450, "4.2.1 busy"), every("deferred")),
    (Say(451, "4.7.1 slow"), every("deferred")),
    (Say(452, "4.3.1 full"), every("deferred")),
    (Say(454, "4.7.0 tls"), every("planned")),
    (Say(454, "Throttling failure: Maximum sending rate exceeded."), {"dot": "sent"}),
    (Say(530, "5.7.0 login"), every("planned")),
    (Say(535, "5.7.8 login"), every("planned")),
    (Say(550, "5.1.1 nobody"), every("failed")),
    (Say(554, "5.7.1 blocked"), every("failed")),
    (Say(552, "5.3.4 large"), {**every("failed"), "rcpt": "deferred"}),
    (Say(500, "5.5.2 what"), every("failed")),
    (Say(555, "5.5.4 what"), every("failed")),
    (Say(354, "go on"), {"mail": "sent", "rcpt": "sent", "dot": "uncertain"}),
    (Say(250, "2.0.0 ok"), {"data": "sent"}),
    (Drop(), {**every("sent"), "dot": "uncertain"}),
    (Drop(reset=True), {**every("sent"), "dot": "uncertain"}),
    (Raw(b"25", close=True), {**every("sent"), "dot": "uncertain"}),
    (Raw(b"hello there\r\n"), {**every("sent"), "dot": "uncertain"}),
    (Raw(b"\0\xff\x80\r\n"), {**every("sent"), "dot": "uncertain"}),
    (Late(0.05), every("sent")),
    (Drip(0.002), every("sent")),
    (Say(550, "\n".join(["5.7.1 " + "x" * 94] * 2_000)), every("failed")),
    (Raw(b"550 " + b"y" * 200_000 + b"\r\n"), every("failed")),
    (Accept(), {"dot": "uncertain"}),
]


LIKE_ANOTHER = {450, 452, 500, 530, 535, 554}  # judged as 451, 555, 454 and 550 are


def wire_cases() -> Iterator[object]:
    """Yield (action, step, ending, pipelining); what another case shows too is for the soak."""
    for action, row in OVER_THE_WIRE:
        for step, ending in row.items():
            for pipelining in (True, False):
                twin = isinstance(action, Say) and action.code in LIKE_ANOTHER and not pipelining
                name = f"{str(action)[:30]}-{step}-{'pipelined' if pipelining else 'stepwise'}"
                marks = [pytest.mark.soak] if twin else []
                yield pytest.param(action, step, ending, pipelining, marks=marks, id=name)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("action", "step", "ending", "pipelining"), list(wire_cases()))
def test_over_the_wire(
    outbox: Outbox, action: Say | Drop, step: str, ending: str, pipelining: bool
) -> None:
    """The letter a fault hits ends as the table says; those around it arrive once."""
    emails = [f"u{i}@example{i}.org" for i in range(5)]
    outbox.freeze([edition_for(email, i) for i, email in enumerate(emails)], NOW)
    rule = Rule(step, action, times=1, after=2)
    with FaultServer([rule], pipelining=pipelining) as server:
        report = deliver(outbox, loopback(server.port, connections=1))
    states = [letter.outcome for letter in outbox.history()][::-1]
    if ending == "planned":
        assert states == ["sent", "sent", "planned", "planned", "planned"]
        assert report.error is not None
        assert report.released == 3
    else:
        assert states == ["sent", "sent", ending, "sent", "sent"]
        assert report.error is None
    assert report.balanced
    taken = sorted(server.recipients)
    assert len(taken) == len(set(taken))
    expected = {e for e, state in zip(emails, states, strict=True) if state == "sent"}
    assert (
        expected <= set(taken) <= expected | ({emails[2]} if isinstance(action, Accept) else set())
    )


@pytest.mark.parametrize("step", ["connect", "ehlo"])
@pytest.mark.parametrize("action", [Say(421, "later", close=True), Drop(), Raw(b"25", close=True)])
def test_a_bad_start_is_tried_again(outbox: Outbox, step: str, action: Say | Drop) -> None:
    """A connection that fails before the first letter costs no letter anything."""
    outbox.freeze([edition_for("a@example.org")], NOW)
    first = Rule("connect", Late(0), times=1)
    with FaultServer([first, Rule(step, action, times=1, after=1)]) as server:
        options = {"connections": 1, "messages_per_connection": 1}
        deliver(outbox, loopback(server.port, **options))
        outbox.freeze([edition_for(f"u{i}@example.org", i + 9) for i in range(3)], NOW)
        report = deliver(outbox, loopback(server.port, **options))
    assert outcomes(report) == {"sent": 3}
    assert len(server.messages) == 4


def test_a_wrong_password_stops_the_run(outbox: Outbox) -> None:
    """535 to AUTH: one attempt to log in, every letter planned, the sentence names the setting."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(10)], NOW)
    with FaultServer(login=("me", "right")) as server:
        relay = loopback(server.port, username="me", password="wrong", connections=4)
        report = deliver(outbox, relay)
    assert "check username and password" in str(report.error)
    assert sum(command.startswith("AUTH PLAIN") for command in server.commands) == 1
    assert outbox.counts() == {Outcome.PLANNED: 10}
    assert not list(Suppressions(outbox.database).all())


def test_a_right_password_opens(outbox: Outbox) -> None:
    """AUTH is aiosmtplib's and works."""
    outbox.freeze([edition_for("u@example.org")], NOW)
    with FaultServer(login=("me", "right")) as server:
        report = deliver(outbox, loopback(server.port, username="me", password="right"))
    assert outcomes(report) == {"sent": 1}


def test_who_is_suppressed(outbox: Outbox) -> None:
    """A box that does not exist is suppressed; one refused for our sake is not."""
    emails = ["gone@a.org", "policy@b.org", "full@c.org", "vague@d.org", "fine@e.org"]
    outbox.freeze([edition_for(email, i) for i, email in enumerate(emails)], NOW)
    rules = [
        Rule("rcpt", Say(550, "5.1.1 nobody"), about="gone"),
        Rule("rcpt", Say(554, "5.7.1 blocked"), about="policy"),
        Rule("dot", Say(552, "5.2.2 full"), about="full"),
        Rule("rcpt", Say(550, "no such user"), about="vague"),
    ]
    with FaultServer(rules) as server:
        report = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"failed": 4, "sent": 1}
    [entry] = Suppressions(outbox.database).all()
    assert (entry.email, entry.reason) == ("gone@a.org", "hard bounce")


def test_a_relay_that_refuses_everybody_suppresses_nobody(outbox: Outbox) -> None:
    """The breaker ends a run in which everything fails, and believes none of it."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(200)], NOW)
    with FaultServer([Rule("rcpt", Say(550, "5.1.1 nobody"))]) as server:
        report = deliver(outbox, loopback(server.port))
    assert "letters in a row were not sent" in str(report.error)
    assert 25 <= report.counts[Outcome.FAILED] <= 40
    assert report.balanced
    assert not list(Suppressions(outbox.database).all())


def test_a_domain_that_refuses_us_is_left_alone(outbox: Outbox) -> None:
    """After 5.7.1 the domain's other letters wait, untried; the next run begins with a probe."""
    outbox.freeze([edition_for(f"u{i}@strict.org", i) for i in range(30)], NOW)
    outbox.freeze([edition_for(f"u{i}@kind.org", 100 + i) for i in range(30)], NOW)
    rule = Rule("rcpt", Say(550, "5.7.1 blocked"), about="strict", times=2)
    with FaultServer([rule]) as server:
        first = deliver(outbox, loopback(server.port, connections=1))
        tried = sum("strict" in command for command in server.commands)
        soon = deliver(outbox, loopback(server.port), now=NOW + timedelta(minutes=5))
        later = deliver(outbox, loopback(server.port), now=NOW + timedelta(minutes=20))
    assert first.counts[Outcome.SENT] >= 30
    assert tried <= 30
    assert first.balanced
    assert soon.claimed == 0
    assert later.balanced


def test_what_we_said_is_kept_when_it_was_wrong(outbox: Outbox) -> None:
    """Of a letter that the relay calls malformed, the history shows our commands."""
    outbox.freeze([edition_for("ada@example.org")], NOW)
    with FaultServer([Rule("rcpt", Say(501, "5.5.4 bad parameter"))]) as server:
        deliver(outbox, loopback(server.port))
    [letter] = outbox.history()
    assert letter.text.startswith("5.5.4 bad parameter | MAIL FROM:<b+id000001@example.org>")
    assert "RCPT TO:<ada@example.org>" in letter.text


def test_a_closed_domain_does_not_end_the_run(outbox: Outbox) -> None:
    """However many letters wait for one domain, those of the others go out."""
    outbox.freeze([edition_for("probe@strict.org", 0)], NOW)
    with FaultServer([Rule("rcpt", Say(550, "5.7.1 blocked"), about="strict")]) as server:
        deliver(outbox, loopback(server.port))
        outbox.freeze([edition_for(f"u{i}@strict.org", i + 1) for i in range(150)], NOW)
        outbox.freeze([edition_for(f"u{i}@kind.org", 500 + i) for i in range(20)], NOW)
        report = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"deferred": 150, "sent": 20}
    assert report.error is None
    assert report.balanced


def impatient(port: int) -> Relay:
    """Return the relay on that port, whose replies but the last are waited for half a second."""
    return loopback(port).model_copy(update={"timeout_seconds": 0.5})


def test_a_late_final_reply_is_waited_for(outbox: Outbox) -> None:
    """The final reply may come long after the time-out of the other steps (RFC 5321 4.5.3.2.6)."""
    assert DOT_SECONDS == 600
    outbox.freeze([edition_for("u@example.org")], NOW)
    with FaultServer([Rule("dot", Late(0.8))]) as server:
        report = deliver(outbox, impatient(server.port))
    assert outcomes(report) == {"sent": 1}


def test_silence_before_the_content_is_safe(outbox: Outbox) -> None:
    """A relay that falls silent before 354 gets the letter again on a new connection."""
    outbox.freeze([edition_for("u@example.org")], NOW)
    with FaultServer([Rule("data", Late(3), times=1)]) as server:
        report = deliver(outbox, impatient(server.port))
    assert outcomes(report) == {"sent": 1}
    assert server.recipients == ["u@example.org"]


@pytest.mark.parametrize(
    "action",
    [
        Say(550, "5.1.1 nobody", close=True),
        Raw(b"550 5.1.1 nobody\r\n421 4.7.0 too many\r\n", close=True),
    ],
)
def test_a_refusal_counts_though_the_relay_hangs_up_behind_it(outbox: Outbox, action: Say) -> None:
    """Exim's `drop` and servers that count errors do so; the address is suppressed."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(9)], NOW)
    with FaultServer([Rule("rcpt", action, about="u3@")]) as server:
        report = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"failed": 1, "sent": 8}
    assert "u3@example.org" in Suppressions(outbox.database).active(["u3@example.org"], NOW)


def test_a_relay_that_hangs_up_before_any_letter_is_left_alone(outbox: Outbox) -> None:
    """It is not called again and again without end, and no letter pays."""
    outbox.freeze([edition_for("u@example.org")], NOW)
    bye = Raw(b"250 fault.example\r\n421 4.3.2 busy\r\n", close=True)
    with FaultServer([Rule("ehlo", bye, times=200)], lmtp=True) as server:
        report = deliver(outbox, settings=Delivery(lmtp=Lmtp(port=server.port)))
    assert "keeps failing" in str(report.error)
    assert outbox.counts() == {Outcome.PLANNED: 1}


def test_a_relay_that_is_busy_is_called_once_after_each_pause(outbox: Outbox) -> None:
    """And not once for each connection that is configured."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(9)], NOW)
    with FaultServer([Rule("connect", Say(421, "4.3.2 busy", close=True))]) as server:
        report = deliver(outbox, loopback(server.port, connections=8))
    assert "keeps failing" in str(report.error)
    assert outbox.counts() == {Outcome.PLANNED: 9}
    assert server.connections <= 4, "one more than there are pauses"


def test_an_lmtp_server_that_is_busy_is_tried_again(outbox: Outbox) -> None:
    """A 421 to LHLO is no sign that it is none."""
    outbox.freeze([edition_for("u@example.org")], NOW)
    with FaultServer([Rule("ehlo", Say(421, "4.3.2 busy"), times=2)], lmtp=True) as server:
        report = deliver(outbox, settings=Delivery(lmtp=Lmtp(port=server.port)))
    assert outcomes(report) == {"sent": 1}


def test_a_sender_whom_the_relay_does_not_know_costs_no_reader_the_letters(outbox: Outbox) -> None:
    """Postfix refuses it at RCPT, with 5.1.0; that is no reader's fault."""
    outbox.freeze([edition_for(f"u{i}@example.org", i) for i in range(3)], NOW)
    unknown = Say(550, "5.1.0 <b@example.org>: Sender address rejected: User unknown")
    with FaultServer([Rule("rcpt", unknown)]) as server:
        report = deliver(outbox, loopback(server.port))
    assert outcomes(report) == {"failed": 3}
    assert not list(Suppressions(outbox.database).all())


@pytest.mark.parametrize(("refused", "taken", "suppressed"), [(3, 1, 0), (8, 1, 0), (1, 2, 1)])
def test_a_bare_refusal_counts_beside_more_letters_that_were_sent(
    outbox: Outbox, refused: int, taken: int, suppressed: int
) -> None:
    """Exim's "550 relay not permitted" looks like one of a box that does not exist."""
    for day in range(3):
        now = NOW + timedelta(days=day)
        emails = [f"u{i}@away.example" for i in range(refused)]
        emails += [f"u{i}@home.example" for i in range(taken)]
        editions = [edition_for(email, 10 * day + i) for i, email in enumerate(emails)]
        outbox.freeze([replace(e, date=now.date(), made_at=now) for e in editions], now)
        with FaultServer([Rule("rcpt", Say(550, "relay not permitted"), about="away")]) as server:
            report = deliver(outbox, loopback(server.port), now=now)
        assert outcomes(report) == {"failed": refused, "sent": taken}
    assert len(list(Suppressions(outbox.database).all())) == suppressed
