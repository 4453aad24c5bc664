"""The press of one configuration, and the shelf of letters that a folder keeps."""

from collections.abc import Callable
from pathlib import Path

from digest.config.schema import Config
from digest.delivery.folder import Folder
from digest.models import Edition, Letter, ShelfEntry
from digest.rendering.checks import opened
from digest.rendering.press import Press
from digest.rendering.shelf import render_shelf
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
    return lambda edition: opened(press.compose(edition))


def letter_files(config: Config) -> dict[str, dict[str, str]]:
    """Return the paths of the files of each letter that was delivered into a folder, by its id."""
    folder = config.delivery.folder
    if folder is None:
        return {}
    return {
        entry.id: {"eml": str(folder / entry.eml), "html": str(folder / entry.html)}
        for entry in Folder(folder).entries()
    }


def update_shelf(config: Config) -> None:
    """Write the index page of a folder's letters, and each reader's feed."""
    if config.delivery.folder is None:
        return
    folder = Folder(config.delivery.folder)
    shelf = [
        ShelfEntry(entry.id, entry.email, entry.subject, entry.made_at, entry.html, entry.eml)
        for entry in folder.entries()
    ]
    pages = render_shelf(shelf, name=config.site.name, folders=template_folders(config))
    for name, text in pages.items():
        folder.write_page(name, text)
