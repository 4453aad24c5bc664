"""Sends one real letter by the way that all letters take, and looks at what arrives."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from email import message_from_bytes
from email.message import Message
from secrets import token_hex

from digest.config.schema import Config
from digest.delivery.bounces.mailboxes import open_mailbox
from digest.delivery.posting import post_letter
from digest.doctor.findings import Finding, bad, good, note
from digest.doctor.tools import Tools
from digest.errors import DeliveryError, DigestError
from digest.models import Edition, Letter, Outcome, Paper, Pick, Reason, Section
from digest.pipeline.printing import open_press

PATIENCE = timedelta(minutes=2)
LOOK_SECONDS = 5.0
VERDICTS = ("spf", "dkim", "dmarc")  # of the receiver's Authentication-Results (RFC 8601)
SAMPLE = Paper(
    ids=("arxiv:2205.14135",),
    title="FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness",
    authors=("Tri Dao", "Daniel Y. Fu", "Stefano Ermon", "Atri Rudra", "Christopher Ré"),
    abstract="This is the test letter of `digest doctor`. It was made and sent like every other.",
    url="https://arxiv.org/abs/2205.14135",
    venue="arXiv",
)


def try_letter(config: Config, to: str, mailbox: str, tools: Tools) -> Iterator[Finding]:
    """Send a letter and yield what became of it.

    Args:
        mailbox: where it should arrive, a Maildir or `imaps://user@host/INBOX`; "" to not look.
    """
    try:
        letter = sample_letter(config, to, tools)
    except DigestError as error:
        yield bad("test letter", f"cannot be made: {error}", "`digest check` says more")
        return
    receipt = post_letter(letter, config.delivery, tools.now)
    answer = f"{receipt.code or ''} {receipt.text}".strip()
    if receipt.outcome is not Outcome.SENT:
        own, network = "the reply is the relay's own words", "check host, port and network"
        yield bad("test letter", f"was not taken: {answer}", own if receipt.code else network)
        return
    yield good("test letter", f"was taken for {to}: {answer}")
    if mailbox:
        yield from check_arrival(letter, mailbox, config, tools)


def sample_letter(config: Config, to: str, tools: Tools) -> Letter:
    """Compose a letter of one paper by the press that makes all letters."""
    reason = Reason("keyword", "this is a test", "test")
    edition = Edition(
        id=token_hex(12),
        date=tools.now.astimezone(UTC).date(),
        slot="doctor",
        email=to,
        made_at=tools.now.replace(microsecond=0),
        sections=(Section("A test", (Pick(SAMPLE, "A test", 0.0, (reason,)),)),),
        considered=1,
    )
    return open_press(config, bytes(32)).compose(edition)


def check_arrival(letter: Letter, mailbox: str, config: Config, tools: Tools) -> Iterator[Finding]:
    """Wait for the letter and look at it as it came."""
    wanted = str(message_from_bytes(letter.message)["Message-ID"])
    try:
        arrived = await_letter(wanted, mailbox, config, tools)
    except DeliveryError as error:
        yield bad("arrival", str(error), "check the mailbox given with --arrives-in")
        return
    if arrived is None:
        minutes = int(PATIENCE.total_seconds() // 60)
        advice = "look into the spam folder, and at the relay's log"
        yield bad("arrival", f"nothing came within {minutes} minutes", advice)
        return
    yield good("arrival", f"came as {wanted}")
    yield from check_verdicts(arrived)
    yield check_button(arrived)


def await_letter(wanted: str, mailbox: str, config: Config, tools: Tools) -> Message | None:
    """Look into the mailbox until the letter is there; None: it did not come."""
    password = config.delivery.bounce_password.get_secret_value()
    for _ in range(int(PATIENCE.total_seconds() / LOOK_SECONDS)):
        with open_mailbox(mailbox, password) as box:
            for _key, content in box.unread():
                message = message_from_bytes(content)
                if str(message["Message-ID"]) == wanted:
                    return message
        tools.sleep(LOOK_SECONDS)
    return None


def check_verdicts(arrived: Message) -> Iterator[Finding]:
    """Read what the receiver made of SPF, DKIM and DMARC."""
    told = " ".join(map(str, arrived.get_all("Authentication-Results", []))).lower()
    if not told:
        yield note("arrival", "the receiver wrote down no verdict on SPF, DKIM and DMARC")
        return
    for name in VERDICTS:
        if f"{name}=pass" in told:
            yield good("arrival", f"{name.upper()} passed")
        elif f"{name}=" in told:
            verdict = told.split(f"{name}=")[1].split()[0].rstrip(";")
            yield bad("arrival", f"{name.upper()}: {verdict}", "see the findings on the DNS above")


def check_button(arrived: Message) -> Finding:
    """Look whether the unsubscribe header came through unharmed (RFC 2369, RFC 8058)."""
    header = str(arrived.get("List-Unsubscribe", ""))
    if not header.lstrip().startswith("<") or "=?" in header:
        advice = "some relay between rewrites headers; letters then show no button"
        return bad("arrival", "List-Unsubscribe was changed on the way", advice)
    return good("arrival", "List-Unsubscribe came through")
