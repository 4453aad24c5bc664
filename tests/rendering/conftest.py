"""A press set up as an operator would, and a reader of what it makes."""

import email
import email.policy
import os
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.config.schema import Site
from digest.rendering.press import Press
from digest.resources import resource_dir
from tests.system import missing

SECRET = b"0123456789abcdef0123456789abcdef"
TEMPLATES = resource_dir("templates")
NODE = Path(__file__).parent.parent / "node"


def site(**more: str) -> Site:
    """Make a site with web pages."""
    fields = {
        "from": "Morning Papers <digest@example.org>",
        "operator": "ops@example.org",
        "base_url": "https://papers.example.org",
        "postal_address": "Example Institute\n1 Example Street",
        **more,
    }
    return Site.model_validate(fields)


@pytest.fixture(scope="session")
def press() -> Press:
    """A press with the shipped templates."""
    return Press(site(), folders=[TEMPLATES], secret=SECRET)


def read(message: bytes) -> tuple[EmailMessage, str, str]:
    """Parse a message as a mail program would: itself, its HTML and its text."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    assert html is not None
    assert text is not None
    contents = (part.get_content().replace("\r\n", "\n") for part in (html, text))
    return parsed, *contents


def require(program: str, install: str) -> str:
    """Find a program; without it the test is skipped, or fails where all must run."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        missing(f"{program} is not installed: {install}")
    return str(found)


def node_tools() -> Path:
    """Find the checks from npm."""
    if not (NODE / "node_modules").is_dir():
        missing("npm packages are not installed: npm ci --prefix tests/node")
    require("node", "apt-get install nodejs")
    return NODE
