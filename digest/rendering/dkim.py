"""Signs letters (RFC 6376; Ed25519 by RFC 8463) and makes keys and their DNS records.

Header canonicalisation is relaxed, since relays refold; the body's is simple: ours is all ASCII
lines of at most 76 characters that no relay has reason to touch, and hashing it as it is costs a
third of the relaxed way. There is no `l=`: it would let others append to a letter.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from digest.errors import TemplateError
from digest.rendering.headers import Headers

Key = RSAPrivateKey | Ed25519PrivateKey
RSA_BITS = 2048  # RFC 8301 3.2: at least 1024, 2048 advised; a larger one outgrows a UDP answer
TXT_CHARACTERS = 255  # of one string in a TXT record (RFC 1035 3.3)
SPACES = re.compile(r"[ \t]+")
# From stands twice: a second From added on the way breaks the signature (RFC 6376 8.15).
SIGNED = (
    "from", "from", "to", "subject", "date", "message-id", "reply-to", "mime-version",
    "content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signer:
    """One key and the name under which the DNS knows it."""

    domain: str
    selector: str
    key: Key

    def signature(self, headers: Headers, body: bytes, *, at: datetime) -> str:
        """Return the value of the DKIM-Signature header for a letter.

        Args:
            headers: all others, as they will be sent.
            body: CRLF line ends.
            at: when the letter was made; the same letter always gets the same signature.
        """
        present = {name.lower(): value for name, value in headers}
        signed = [name for name in SIGNED if name in present]
        value = self._unsigned(signed, body, at)
        canonical = [relaxed(name, present[name]) for name in dict.fromkeys(signed)]
        text = "".join(line + "\r\n" for line in canonical) + relaxed("dkim-signature", value)
        return value + folded_base64(sign(self.key, text.encode()))

    def _unsigned(self, signed: list[str], body: bytes, at: datetime) -> str:
        """Write the signature's tags, the signature itself still empty."""
        algorithm = "ed25519-sha256" if isinstance(self.key, Ed25519PrivateKey) else "rsa-sha256"
        tags = (
            f"v=1; a={algorithm}; c=relaxed/simple; d={self.domain}",
            f"s={self.selector}; t={int(at.timestamp())}",
            f"h={' '.join(name + ':' for name in signed).removesuffix(':')}".replace(" ", "\r\n  "),
            f"bh={b64encode(sha256(simple_body(body)).digest()).decode()}",
            "b=",
        )
        return ";\r\n ".join(tags)


def relaxed(name: str, value: str) -> str:
    """Canonicalise one header: lower-case name, unfolded, single spaces (RFC 6376 3.4.2)."""
    return f"{name}:{SPACES.sub(' ', value.replace(chr(13) + chr(10), '')).strip()}"


def simple_body(body: bytes) -> bytes:
    """Canonicalise a body: one line end after the last line that is not empty (RFC 6376 3.4.3)."""
    return body.rstrip(b"\r\n") + b"\r\n"


def sign(key: Key, data: bytes) -> bytes:
    """Sign with RSASSA-PKCS1-v1_5, or the SHA-256 with Ed25519 (RFC 8463 3)."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(sha256(data).digest())
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def folded_base64(data: bytes) -> str:
    """Write base64 over lines of 70 characters; verifiers drop the white space."""
    text = b64encode(data).decode()
    return "\r\n ".join(text[at : at + 70] for at in range(0, len(text), 70))


def load_signer(domain: str, selector: str, key_file: Path) -> Signer:
    """Read a private key in PEM.

    Raises:
        TemplateError: the file holds no RSA or Ed25519 key, or one that is too short.
    """
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, OSError) as error:
        raise TemplateError(str(key_file), 0, f"is no DKIM key in PEM: {error}") from error
    if isinstance(key, RSAPrivateKey) and key.key_size < 1024:
        raise TemplateError(
            str(key_file), 0, f"{key.key_size} bits; receivers ask for 1024 or more"
        )
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise TemplateError(str(key_file), 0, "is neither an RSA nor an Ed25519 key")
    return Signer(domain, selector, key)


def make_key(kind: Literal["rsa", "ed25519"]) -> bytes:
    """Make a private key, PKCS #8 in PEM; its file must be readable by its owner alone."""
    key: Key = Ed25519PrivateKey.generate()
    if kind == "rsa":
        key = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """The TXT record that publishes a key."""

    name: str  # selector._domainkey.example.org
    value: str

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file, in strings of at most 255 characters."""
        parts = range(0, len(self.value), TXT_CHARACTERS)
        strings = " ".join(f'"{self.value[at : at + TXT_CHARACTERS]}"' for at in parts)
        return f"{self.name}. IN TXT ( {strings} )"


def dns_record(signer: Signer) -> DnsRecord:
    """Write the record for a key (RFC 6376 3.6.1; RFC 8463 4: the bare 32 bytes of Ed25519)."""
    public = signer.key.public_key()
    if isinstance(signer.key, Ed25519PrivateKey):
        kind, encoding, form = "ed25519", serialization.Encoding.Raw, serialization.PublicFormat.Raw
    else:
        kind, encoding = "rsa", serialization.Encoding.DER
        form = serialization.PublicFormat.SubjectPublicKeyInfo
    key = b64encode(public.public_bytes(encoding, form)).decode()
    name = f"{signer.selector}._domainkey.{signer.domain}"
    return DnsRecord(name, f"v=DKIM1; k={kind}; p={key}")
