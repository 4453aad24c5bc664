"""The commands: the only room that prints, logs to the terminal or exits.

Exit codes: 0 done, also when there is nothing new; 1 bug; 2 usage or configuration; 3 a source or
a letter failed; 75 another run holds the lock; 130 Ctrl-C; 143 SIGTERM.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

import click

from digest.errors import DeliveryError, DigestError, LockedError, SourceError

EXIT_USAGE = 2
EXIT_FAILED = 3
EXIT_LOCKED = 75  # EX_TEMPFAIL of sysexits.h
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143  # 128 + SIGTERM

# Each command's module is imported only when it is called: `digest run` starts from cron often.
COMMANDS = {
    "demo": "digest.cli.demo",
    "init": "digest.cli.init",
    "run": "digest.cli.run",
    "serve": "digest.cli.serve",
    "preview": "digest.cli.preview",
    "check": "digest.cli.check",
    "explain": "digest.cli.explain",
    "status": "digest.cli.status",
    "doctor": "digest.cli.doctor",
    "history": "digest.cli.history",
    "retry": "digest.cli.retry",
    "sources": "digest.cli.sources",
    "subscribers": "digest.cli.subscribers",
    "suppress": "digest.cli.suppress",
    "unsuppress": "digest.cli.unsuppress",
    "bounces": "digest.cli.bounces",
    "dkim": "digest.cli.dkim",
    "forget": "digest.cli.forget",
    "backup": "digest.cli.backup",
    "restore": "digest.cli.restore",
    "eval": "digest.cli.evaluate",
    "bench": "digest.cli.bench",
    "completion": "digest.cli.completion",
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
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

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
@click.version_option(package_name="morning-papers", message="%(version)s")
def group() -> None:
    """Each day's new research papers, ranked for each subscriber, in one letter.

    Start with `digest demo`, then `digest init`, then `digest run`.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    signal.signal(signal.SIGTERM, leave)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more are ten times slower
    try:
        code = group.main(arguments, prog_name="digest", standalone_mode=False)
        flush_output()
    except click.ClickException as error:
        error.show()
        code = EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except (ReaderGoneError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except DigestError as error:
        click.echo(f"digest: {error}", err=True)
        code = exit_code(error)
    sys.exit(code if isinstance(code, int) else 0)


def leave(_number: int, _frame: FrameType | None) -> None:
    """End on SIGTERM with its exit code; whoever has letters on the wire takes the signal over."""
    sys.exit(EXIT_TERMINATED)


def flush_output() -> None:
    """Meet a closed pipe here rather than in the interpreter's farewell."""
    sys.stdout.flush()


def exit_code(error: DigestError) -> int:
    """Return the exit code that an error stands for."""
    if isinstance(error, LockedError):
        return EXIT_LOCKED
    if isinstance(error, SourceError | DeliveryError):
        return EXIT_FAILED
    return EXIT_USAGE
