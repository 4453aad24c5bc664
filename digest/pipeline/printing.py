"""The press of one configuration, and the shelf of letters that a folder keeps."""

from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from digest.config.schema import Config
from digest.delivery.folder import Folder
from digest.models import Edition, Letter
from digest.rendering.press import Press
from digest.resources import resource_dir


def open_press(config: Config, secret: bytes) -> Press:
    """Compile the templates, the operator's own before the shipped ones.

    Raises:
        TemplateError: a template cannot be compiled, or the DKIM key cannot be used.
    """
    return Press(
        config.site,
        folders=template_folders(config),
        secret=secret,
        dkim=config.delivery.dkim,
        bounce_address=config.delivery.bounce_address,
    )


def template_folders(config: Config) -> list[Path]:
    """Return where templates are looked for: the operator's own folder, then the shipped one."""
    shipped = resource_dir("templates")
    return [config.templates, shipped] if config.templates else [shipped]


def composer(config: Config, press: Press) -> Callable[[Edition], Letter]:
    """Return what makes a letter; a folder also gets its parts, to write them beside it."""
    if config.delivery.folder is None:
        return press.compose
    return lambda edition: with_parts(press.compose(edition))


def with_parts(letter: Letter) -> Letter:
    """Return the letter with its two parts decoded from the message, as a reader's client does."""
    message = message_from_bytes(letter.message)
    return replace(
        letter, html=part_text(message, "text/html"), text=part_text(message, "text/plain")
    )


def part_text(message: Message, kind: str) -> str:
    """Return the decoded text of the message's part of that content type, "" without one."""
    for part in message.walk():
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8") if isinstance(payload, bytes) else ""
    return ""


def letter_files(config: Config) -> dict[str, dict[str, str]]:
    """Return the paths of the files of each letter that was delivered into a folder, by its id."""
    folder = config.delivery.folder
    if folder is None:
        return {}
    return {
        entry.id: {"eml": str(folder / entry.eml), "html": str(folder / entry.html)}
        for entry in Folder(folder).entries()
    }
