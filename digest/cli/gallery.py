"""Writes the gallery of `digest preview`, and writes it again while templates are edited."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from digest.cli import say_wrong
from digest.config.schema import Config
from digest.errors import TemplateError
from digest.models import Edition
from digest.pipeline.printing import open_press, template_folders
from digest.rendering.gallery import render_gallery

LOOK_SECONDS = 0.5
PREVIEW_SECRET = bytes(32)  # links of a preview lead nowhere


def show_gallery(
    config: Config, editions: Sequence[Edition], folder: Path, *, live: bool = False
) -> Path:
    """Write the letters and their page into the folder; return the page.

    Raises:
        TemplateError: a template is missing or malformed.
    """
    press = open_press(config, PREVIEW_SECRET)
    letters = [press.compose(edition) for edition in editions]
    files = render_gallery(letters, folders=template_folders(config), live=live)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "index.html"


def watch_templates(config: Config, editions: Sequence[Edition], folder: Path) -> None:
    """Write the gallery again whenever a template has changed, until Ctrl-C."""
    click.echo("Watching the templates; Ctrl-C ends.", err=True)
    seen = last_change(config)
    while True:
        time.sleep(LOOK_SECONDS)
        if (now := last_change(config)) == seen:
            continue
        seen = now
        try:
            show_gallery(config, editions, folder, live=True)
        except TemplateError as error:
            say_wrong(str(error))


def last_change(config: Config) -> float:
    """Return when a template was last changed, in Unix seconds."""
    files = (path for folder in template_folders(config) for path in folder.rglob("*"))
    return max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)
