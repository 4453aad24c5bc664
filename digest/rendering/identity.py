"""Names that are derived, never stored: Message-IDs, boundaries, tokens in links. Pure.

All are HMAC-SHA256 (RFC 2104) under the installation's secret, so that they are the same on every
retry and say nothing about the address.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache

TOKEN_BYTES = 24  # 192 bits: not to be guessed, and short enough for a link
UNSUBSCRIBE = "unsubscribe"
SETTINGS = "settings"
LETTER = "letter"
KEY_VERSION = 1  # of the secret, in the tokens of links


def keyed_hash(secret: bytes, purpose: str, *parts: str) -> bytes:
    """Hash some texts for one purpose; 32 bytes."""
    message = "\0".join((purpose, *parts)).encode("utf-8", "surrogatepass")
    mac = begin_mac(secret).copy()
    mac.update(message)
    return mac.digest()


@lru_cache(16)
def begin_mac(secret: bytes) -> hmac.HMAC:
    """Take in the secret, which is half the work, once for all letters."""
    return hmac.new(secret, digestmod="sha256")


def message_id(edition_id: str, email: str, *, secret: bytes, domain: str) -> str:
    """Name one edition for one subscriber on the sender's domain (RFC 5322 3.6.4)."""
    return f"<{keyed_hash(secret, 'message-id', edition_id, email).hex()[:40]}@{domain}>"


def boundary(message_id: str) -> str:
    """Make a multipart boundary that no quoted-printable or base64 line can hold (RFC 2045 6.7)."""
    return f"=_{message_id[1:33]}"


def make_token(purpose: str, email: str, *, secret: bytes, version: int = KEY_VERSION) -> str:
    """Make the last part of a link that only this subscriber's letters carry.

    Args:
        purpose: what the link does; a token for one purpose is worthless for another.
        email: in any case of letters: it is the same box.
        version: which secret this is, so that a new one leaves the old letters' links working.
    """
    digest = keyed_hash(secret, purpose, email.lower())[:TOKEN_BYTES]
    return f"{version}.{urlsafe_b64encode(digest).decode()}"


def verify_token(token: str, purpose: str, email: str, secrets: Mapping[int, bytes]) -> bool:
    """Tell whether a token was made for this subscriber and purpose; takes constant time.

    Args:
        secrets: the present secret and the retired ones still honoured, by version.
    """
    version = token.partition(".")[0]
    if not version.isdecimal() or len(version) > 4:
        return False
    secret = secrets.get(int(version))
    if secret is None:
        return False
    expected = make_token(purpose, email, secret=secret, version=int(version))
    return hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace"))


def find_email(
    token: str, purpose: str, emails: Iterable[str], secrets: Mapping[int, bytes]
) -> str | None:
    """Find whose token this is; about 2 us for each address looked at."""
    found = None
    for email in emails:
        if verify_token(token, purpose, email, secrets):
            found = email
    return found
