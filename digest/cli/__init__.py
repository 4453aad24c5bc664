"""The commands: the only room that prints, logs to the terminal or exits.

Exit codes: 0 done, also when there is nothing new; 1 bug; 2 usage or configuration; 3 a source or
a letter failed; 75 another run holds the lock; 130 Ctrl-C; 143 SIGTERM.
"""

import atexit
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from digest.errors import DeliveryError, DigestError, LockedError, SourceError, os_reason

CALM_OBJECTS = 400_000  # made, and still there, before the youngest are looked through for cycles
EXIT_USAGE = 2
EXIT_FAILED = 3
EXIT_LOCKED = 75  # EX_TEMPFAIL of sysexits.h
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143  # 128 + SIGTERM
SIGNALS_HEARD: list[int] = []  # before a run took them over

# Each command's module here, imported only when it is called (`digest run` starts from cron often),
# its name there where that is not `command`, and what `digest --help` says of it.
COMMANDS = {
    "demo": ("demo", "the whole pipeline on sample papers, on this machine alone"),
    "init": ("init", "write a commented configuration: three questions, or none"),
    "run": ("run", "collect, rank and send to whoever is due: the line for cron"),
    "serve": ("serve", "the same as a daemon, each letter at its hour"),
    "preview": ("preview", "today's letter in the browser; nothing is sent"),
    "check": ("check", "what is wrong in the configuration, with file and line"),
    "explain": ("explain", "why a paper was picked, or was not"),
    "status": ("status", "what is wrong and what to do; last runs, who is next"),
    "doctor": ("doctor", "look over machine, sources, relay and DNS; test letter"),
    "history": ("history", "what became of every letter"),
    "retry": ("retry", "failed, deferred or uncertain letters again"),
    "sources": ("sources", "how each source fares; try one before adding it"),
    "subscribers": ("subscribers", "list, add, pause, resume, remove, import, export"),
    "suppress": ("suppress", "no more letters to an address; the list of them"),
    "unsuppress": ("suppress:unsuppress_command", "letters again"),
    "bounces": ("bounces", "read the mailbox of what came back"),
    "dkim": ("dkim", "a signing key and its DNS record"),
    "forget": ("forget", "show and erase what is known of an address"),
    "backup": ("backup", "copy the database, also during a run"),
    "restore": ("backup:restore_command", "put a copy back"),
    "eval": ("evaluate", "ranking quality on labelled data"),
    "bench": ("bench", "the speed of each stage"),
    "completion": ("completion", "completion of commands in bash, zsh or fish"),
}


class ReaderGoneError(Exception):
    """Whoever read our output has seen enough: `digest history | head`."""


class Commands(click.Group):
    """A group that imports a command's module when it is first needed."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed pipe is no error, while click would answer it with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, or None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"digest.cli.{module}"), name or "command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command is for, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first word, or say which one was probably meant."""
        from difflib import get_close_matches

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else " `digest --help` lists them."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    "config_path",
    metavar="FILE",
    help="The configuration; or name it after the command.",
)
@click.version_option(package_name="morning-papers", message="%(version)s")
def group(config_path: str | None) -> None:  # `config_before` looks it up
    """Each day's new research papers, ranked for each subscriber, in one letter.

    Start with `digest demo`, then `digest init`, then `digest run`. `digest COMMAND --help` shows
    options and examples.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    SIGNALS_HEARD.clear()
    signal.signal(signal.SIGTERM, leave)
    stand_in_for_closed()
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of Latin-1 knows no ✓
    gc.set_threshold(CALM_OBJECTS)  # else a sixth of the start goes there
    # Else a large run looks for cycles once more when it has ended, for a fifth of a second.
    atexit.register(gc.freeze)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more are ten times slower
    # Else pydantic reads what every installed package says of itself, for some 15 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        code = group.main(arguments, prog_name="digest", standalone_mode=False)
        sys.stdout.flush()  # to meet a closed pipe here rather than in the interpreter's farewell
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        code = EXIT_USAGE
    except click.Abort as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):  # but at a question
            click.echo("Nothing was changed.", err=True)
        code = EXIT_INTERRUPTED
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except (ReaderGoneError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:  # a folder that is a file, a full disk: no bug of ours
        say_wrong(reason_of(error))
        logging.getLogger(__name__).debug("event=os_error", exc_info=True)  # with -vv
        code = EXIT_USAGE
    except DigestError as error:
        say_wrong(reason_of(error))
        code = exit_code(error)
    sys.exit(code if isinstance(code, int) else 0)


def stand_in_for_closed() -> None:
    """Open nothing in the place of a stream that the caller has closed (`digest run >&-`).

    In this order each takes the lowest free number, its own, which no file of ours may have.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # it stays open
            setattr(sys, name, stream)


def say_wrong(text: str) -> None:
    """Say on stderr what went wrong; what became of the letters does not hang on who listens."""
    with contextlib.suppress(OSError):  # the disk of a log file is full, `| logger` was killed
        click.echo(f"digest: {text}", err=True)


def reason_of(error: DigestError | OSError) -> str:
    """Return what went wrong; what the system refused has the file's name where it has one."""
    if isinstance(error, DigestError):
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{os_reason(error)}"


def leave(number: int, _frame: FrameType | None) -> None:
    """End on SIGTERM with its exit code; whoever has letters on the wire takes the signal over.

    Python swallows what is raised in some callbacks, so the signal is noted first.
    """
    SIGNALS_HEARD.append(number)
    sys.exit(EXIT_TERMINATED)


def exit_code(error: DigestError | OSError) -> int:
    """Return the exit code that an error stands for."""
    if isinstance(error, LockedError):
        return EXIT_LOCKED
    if isinstance(error, SourceError | DeliveryError):
        return EXIT_FAILED
    return EXIT_USAGE
