"""Signatures, judged by another implementation and after a trip through a real server."""

import asyncio
import getpass
import smtplib
import subprocess
import time
from pathlib import Path

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from digest.config.schema import Dkim
from digest.demo.inbox import free_port
from digest.errors import TemplateError
from digest.models import Letter
from digest.rendering.dkim import dns_record, load_signer, make_key
from digest.rendering.press import Press

from .conftest import SECRET, TEMPLATES, require, site
from .editions import CHINESE_ONLY, EDITIONS

KINDS = ("rsa", "ed25519")


@pytest.fixture(scope="module", params=KINDS)
def signing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dkim:
    """A configured key of each kind."""
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    path.write_bytes(make_key(request.param))
    return Dkim(domain="example.org", selector="s1", key_file=path)


def verifies(message: bytes, signing: Dkim) -> bool:
    """Let dkimpy verify against the record that we would have published."""
    record = dns_record(load_signer(signing.domain, signing.selector, Path(signing.key_file)))
    assert record.name == "s1._domainkey.example.org"

    def answer(name: bytes, timeout: int = 5) -> bytes:
        return record.value.encode() if name == b"s1._domainkey.example.org." else b""

    return bool(dkim.verify(message, dnsfunc=answer))


def letters(signing: Dkim) -> list[Letter]:
    """Compose and sign one of each."""
    press = Press(site(), folders=[TEMPLATES], secret=SECRET, dkim=signing)
    return [press.compose(edition) for edition in (*EDITIONS.values(), CHINESE_ONLY)]


def test_every_signature_verifies(signing: Dkim) -> None:
    """dkimpy accepts each kind of letter, and none that was changed."""
    for letter in letters(signing):
        assert verifies(letter.message, signing)
        changed = letter.message.replace(b"\r\nSubject: ", b"\r\nSubject: Re: ", 1)
        assert not verifies(changed, signing)
    assert not verifies(letter.message[:-2] + b"more\r\n", signing)


def test_signatures_cover_what_a_forger_would_change(signing: Dkim) -> None:
    """From is signed twice, the unsubscribe headers are signed, no length is given."""
    letter = letters(signing)[0]
    value = letter.message.partition(b"\r\nFrom:")[0].replace(b"\r\n", b"").replace(b" ", b"")
    tags = dict(tag.split(b"=", 1) for tag in value.partition(b":")[2].split(b";"))
    assert tags[b"h"].split(b":")[:2] == [b"from", b"from"]
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"subject"} <= set(
        tags[b"h"].split(b":")
    )
    assert b"l" not in tags
    assert tags[b"c"] == b"relaxed/simple"
    twice = b"From: Mallory <mallory@example.org>\r\n" + letter.message
    assert not verifies(twice, signing)


def test_the_same_letter_is_signed_the_same_way(signing: Dkim) -> None:
    """A retry sends identical bytes, the signature included."""
    assert letters(signing)[0].message == letters(signing)[0].message


class Inbox:
    """Keeps what a server took in."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        """Take one message."""
        await asyncio.sleep(0)
        self.messages.append(envelope.content)  # type: ignore[attr-defined]
        return "250 OK"


def test_signatures_survive_a_real_server(signing: Dkim) -> None:
    """What arrives over SMTP is what was signed."""
    inbox = Inbox()
    port = free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        sent = letters(signing)
        with smtplib.SMTP("127.0.0.1", port) as client:
            for letter in sent:
                client.sendmail(letter.mail_from, [letter.email], letter.message)
    finally:
        server.stop()
    assert inbox.messages == [letter.message for letter in sent]
    assert all(verifies(message, signing) for message in inbox.messages)


def test_signatures_survive_postfix(signing: Dkim, tmp_path: Path) -> None:
    """What Postfix's sink writes down is what was signed, below the lines that it adds on top."""
    sink = require("smtp-sink", "apt-get install postfix")
    port = free_port()
    command = [sink, "-u", getpass.getuser(), "-d", str(tmp_path / "m."), f"127.0.0.1:{port}", "9"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        with connect(port) as client:
            for letter in letters(signing):
                client.sendmail(letter.mail_from, [letter.email], letter.message)
    finally:
        process.terminate()
        process.wait(timeout=10)
    dumped = [path.read_bytes().replace(b"\n", b"\r\n") for path in tmp_path.glob("m.*")]
    assert len(dumped) == len(EDITIONS) + 1
    assert all(verifies(message, signing) for message in dumped)


def connect(port: int) -> smtplib.SMTP:
    """Connect as soon as the server listens."""
    for _ in range(100):
        try:
            return smtplib.SMTP("127.0.0.1", port)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def test_zone_lines_hold_strings_of_at_most_255_characters(signing: Dkim) -> None:
    """A TXT record is made of short strings (RFC 1035)."""
    record = dns_record(load_signer("example.org", "s1", Path(signing.key_file)))
    strings = record.zone_line.split('"')[1::2]
    assert "".join(strings) == record.value
    assert max(map(len, strings)) <= 255


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_without_a_key_is_an_error(tmp_path: Path, content: bytes) -> None:
    """The operator is told which file it is."""
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(TemplateError, match=r"key\.pem"):
        load_signer("example.org", "s1", path)


SHORT = (  # of 512 bits, for nothing else
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAqFf28RSz9VPt2+zvlOe65YS8+I/KCMZL7yvVcA+M4YPWQEXM\n"
    "nwZZhbbIUssDCBrQixOyZ3iUuSZhI2k559xnLwIDAQABAkBHfdPpXhluvk3tcBnu6tp8TnrSNH5ga5Yj5EGobXIu8tXUAOnN\n"
    "fl95MiRKPJ2Gn4kW0kX2/L9j/TqnRUtIYSxBAiEA1ETIqQGFWcHGeJCxYmdYeN2TirB707DUGqDubW9uhK0CIQDLBom+Aoib\n"
    "LfV8T1+ulEbe3gkNNnvsOEGCu+A/gRI6ywIhAMRW9y/0Oy9BoF3moFy/8MKjWRSAl5jASAB1ePR6jMRlAiBONLWIgPdYN2rx\n"
    "uK2V1T47iXIZKdywkLcDghWOwMxh4wIgUgY4VmmZNQsz7kf5BVakzG/NQHuphfoi5+w8TpdFuPg=\n"
    "-----END PRIVATE KEY-----\n"
)


def test_keys_that_cannot_sign_are_refused(tmp_path: Path) -> None:
    """One that is short, behind a password, or of a kind that no receiver knows, is called so."""
    path, pem = tmp_path / "key.pem", serialization.Encoding.PEM
    form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    rsa = generate_private_key(public_exponent=65537, key_size=1024)  # the least (RFC 8301)
    path.write_bytes(rsa.private_bytes(pem, form, bare))
    assert load_signer("example.org", "s1", path)
    locked = rsa.private_bytes(pem, form, serialization.BestAvailableEncryption(b"x"))
    for content, told in (
        (locked, "Password was not given"),
        (SHORT.encode(), "512 bits"),
        (Ed448PrivateKey.generate().private_bytes(pem, form, bare), "neither an RSA nor"),
    ):
        path.write_bytes(content)
        with pytest.raises(TemplateError, match=told):
            load_signer("example.org", "s1", path)
    with pytest.raises(TemplateError):
        load_signer("example.org", "s1", tmp_path / "missing.pem")
