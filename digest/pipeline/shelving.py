"""The shelf of letters that a folder keeps."""

from digest.config.schema import Config
from digest.delivery.folder import Folder
from digest.pipeline.printing import template_folders
from digest.rendering.shelf import feed_file, render_shelf


def letter_files(config: Config) -> dict[str, dict[str, str]]:
    """Return the paths of the files of each letter that was delivered into a folder, by its id."""
    folder = config.delivery.folder
    if folder is None:
        return {}
    return {
        entry.id: {"eml": str(folder / entry.eml), "html": str(folder / entry.html)}
        for entry in Folder(folder).entries()
    }


def forget_letters(config: Config, email: str) -> int:
    """Remove an address's letters, and its feed, from the folder; return how many they were.

    Raises:
        DeliveryError: the folder cannot be written.
    """
    if config.delivery.folder is None:
        return 0
    folder = Folder(config.delivery.folder)
    spellings = {email, *(one.email for one in folder.letters_to(email))}
    count = folder.forget(email, map(feed_file, spellings))
    if count:
        update_shelf(config)
    return count


def count_letters(config: Config, email: str) -> int:
    """Return how many letters to an address the folder's list names."""
    if config.delivery.folder is None:
        return 0
    return len({one.id for one in Folder(config.delivery.folder).letters_to(email)})


def update_shelf(config: Config) -> None:
    """Write the index page of a folder's letters, and each reader's feed."""
    if config.delivery.folder is None:
        return
    folder = Folder(config.delivery.folder)
    pages = render_shelf(folder.entries(), name=config.site.name, folders=template_folders(config))
    for name, text in pages.items():
        folder.write_page(name, text)
