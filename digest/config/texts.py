"""Which characters a text of the configuration may hold."""

import re

# ASCII controls, and what Unicode breaks lines at: none may reach a mail header (RFC 5322 2.2).
CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def check_line(text: str) -> str:
    """Accept one line of text without control characters."""
    if CONTROL.search(text):
        raise ValueError("must be a single line without control characters")
    return text


def check_block(text: str) -> str:
    """Accept text of several lines without other control characters."""
    if CONTROL_BUT_LINES.search(text):
        raise ValueError("holds a control character")
    return text
