"""What every command shares: where the configuration lies, the clock, the log, the database."""

import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.config import find_config, load_config
from digest.config.schema import Config

if TYPE_CHECKING:
    from digest.state.database import Database

LOG_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def config_before(
    context: click.Context, _option: click.Parameter, given: Path | None
) -> Path | None:
    """Return the configuration that was named, be it before the command's own name."""
    above = context.parent
    while given is None and above is not None:
        named = above.params.get("config_path")
        given, above = Path(named) if named else None, above.parent
    return given


config_option: Decorator = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=config_before,
    help="The configuration; else $DIGEST_CONFIG, ./config/digest.yaml, ./digest.yaml, XDG.",
)
verbose_option: Decorator = click.option(
    "-v",
    "--verbose",
    count=True,
    expose_value=False,
    is_eager=True,
    callback=lambda _context, _option, count: start_log(count),
    help="Log each source and stage to stderr; twice: each letter, with its address.",
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def usual_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command -c and -v, as every one has them that reads the configuration."""
    return config_option(verbose_option(command))


def start_log(verbosity: int) -> None:
    """Send the log to stderr: warnings, with -v one line per fact, with -vv all of ours."""
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    logging.getLogger("digest").setLevel(LOG_LEVELS[min(verbosity, len(LOG_LEVELS) - 1)])


def read_config(path: Path | None) -> Config:
    """Find and load the configuration.

    Raises:
        ConfigError: none was found, or it has mistakes; the error lists all of them.
    """
    config = load_config(find_config(path, os.environ), os.environ)
    choose_log(config)
    return config


def choose_log(config: Config) -> None:
    """Write the log in the form that the configuration asks for."""
    if config.log == "json":
        from digest.cli.logs import log_as_json

        log_as_json()


def open_state(config: Config, *, create: bool = True) -> "Database":
    """Open the database that the configuration names."""
    from digest.state.database import open_database

    return open_database(config.state, create=create)


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def a_day(text: str) -> date:
    """Return the day that an option names.

    Raises:
        click.BadParameter: it is none; the message shows how to write one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day; write it like {utc_now():%Y-%m-%d}."
        raise click.BadParameter(message) from None


day_option: Decorator = click.option(
    "--date", "day", type=a_day, metavar="YYYY-MM-DD", help="Pretend that today is that day (UTC)."
)


def clock_on(day: date | None) -> Callable[[], datetime]:
    """Return the clock, moved by whole days so that today is `day` (UTC) where one is given."""
    if day is None:
        return utc_now
    shift = day - utc_now().date()
    return lambda: utc_now() + shift


def on_terminal() -> bool:
    """Tell whether a person watches; cron does not."""
    return sys.stdout.isatty() and sys.stderr.isatty()
