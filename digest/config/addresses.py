"""Checks e-mail addresses and senders; touches no DNS."""

import re

from digest.config.texts import check_line

# Names for use inside a machine or a house (RFC 6761, RFC 6762): mail to them stays there.
LOCAL_DOMAIN = re.compile(r"localhost|([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(local|localhost|test)")
# Addresses that need no library to be known as good: RFC 5321 4.1.2 without its rarer forms.
PLAIN_ADDRESS = re.compile(
    r"(?=.{6,60}\Z)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,20}",
    re.IGNORECASE | re.ASCII,
)
RESERVED_DOMAIN = re.compile(
    r"[.@](arpa|invalid|local|localhost|onion|test)$|[.@](xn|..)--", re.IGNORECASE
)
MAILBOX = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*", re.DOTALL)
SPECIALS = re.compile(r'[()<>\[\]:;@\\,"]')  # RFC 5322 3.2.3, without the dot that all accept


def check_address(text: str) -> str:
    """Accept one e-mail address (RFC 5321, through email-validator, without DNS).

    Returns:
        The address with its domain in lower case and ASCII (RFC 5891 A-labels).
    """
    if PLAIN_ADDRESS.fullmatch(text) and not RESERVED_DOMAIN.search(text):
        local, _, domain = text.partition("@")
        return f"{local}@{domain.lower()}"
    return check_unusual_address(text)


def as_kept(text: str) -> str:
    """Return an address as subscribers' are kept, in ASCII behind the @; anything else as it is."""
    try:
        return text if text.isascii() else check_address(text.strip())
    except ValueError:
        return text


def check_unusual_address(text: str) -> str:
    """Check an address by the library; it alone knows IDNA, and says what is wrong with a bad one.

    Imported only here: loading it costs as much as reading a small configuration.
    """
    from email_validator import EmailNotValidError, validate_email

    local, _, domain = text.rpartition("@")
    inside = LOCAL_DOMAIN.fullmatch(domain.lower())
    checked = f"{local}@example.org" if inside else text
    try:
        result = validate_email(checked, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(f"is not an e-mail address: {as_clause(str(error))}") from None
    ascii_domain = domain.lower() if inside else (result.ascii_domain or domain.lower())
    return f"{result.local_part}@{ascii_domain}"


def as_clause(sentences: str) -> str:
    """Make sentences the second half of another one."""
    parts = sentences.removesuffix(".").split(". ")
    return "; ".join(part[:1].lower() + part[1:] for part in parts)


def check_sender(text: str) -> str:
    """Accept an address that stands in a header of every letter: one that any server takes.

    Beyond ASCII it would make the whole header 8-bit, which is for SMTPUTF8 alone (RFC 6532 3.2).
    """
    address = check_address(text)
    if not address.isascii():
        raise ValueError("has letters beyond ASCII before the @, which few mail servers take")
    return address


def check_mailbox(text: str) -> str:
    """Accept `Name <address>` or a bare address; quotes the name where RFC 5322 needs it."""
    check_line(text)
    match = MAILBOX.fullmatch(text)
    if not match:
        return check_sender(text.strip())
    name, address = match["name"], check_sender(match["address"].strip())
    if name[:1] == '"' and name[-1:] == '"' and len(name) > 1:
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if SPECIALS.search(name):
        name = '"' + re.sub(r'([\\"])', r"\\\1", name) + '"'
    return f"{name} <{address}>" if name else address
