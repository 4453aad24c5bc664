"""The press of one configuration."""

from collections.abc import Callable
from pathlib import Path

from digest.config.schema import Config, Delivery
from digest.models import Edition, Letter
from digest.rendering.layout import HTML_BUDGET_BYTES
from digest.rendering.press import Press
from digest.resources import resource_dir


def open_press(config: Config, secret: bytes, *, html_budget: int = HTML_BUDGET_BYTES) -> Press:
    """Compile the templates, the operator's own before the shipped ones.

    Args:
        html_budget: bytes that the HTML of a letter may have.

    Raises:
        TemplateError: a template cannot be compiled, or the DKIM key cannot be used.
    """
    return Press(
        config.site,
        folders=template_folders(config),
        secret=secret,
        dkim=config.delivery.dkim,
        bounce_address=config.delivery.bounce_address,
        unsubscribe_address=unsubscribe_address(config.delivery),
        html_budget=html_budget,
    )


def unsubscribe_address(delivery: Delivery) -> str:
    """Return the address whose mails each pass reads, and obeys; "" where there is none."""
    return delivery.bounce_address if delivery.bounce_mailbox else ""


def template_folders(config: Config) -> list[Path]:
    """Return where templates are looked for: the operator's own folder, then the shipped one."""
    shipped = resource_dir("templates")
    return [config.templates, shipped] if config.templates else [shipped]


def composer(config: Config, press: Press) -> Callable[[Edition], Letter]:
    """Return what makes a letter; a folder also gets its parts, to write them beside it."""
    if config.delivery.folder is None:
        return press.compose
    from digest.rendering.checks import opened  # for a folder alone

    return lambda edition: opened(press.compose(edition))
