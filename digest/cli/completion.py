"""`digest completion`: what makes a shell complete commands and options."""

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands and options in bash, zsh or fish.

    \b
    Examples:
      digest completion bash > ~/.local/share/bash-completion/completions/digest
      digest completion zsh > ~/.zfunc/_digest
      digest completion fish > ~/.config/fish/completions/digest.fish
    """
    from digest.cli import group

    click.echo(SHELLS[shell](group, {}, "digest", "_DIGEST_COMPLETE").source())
