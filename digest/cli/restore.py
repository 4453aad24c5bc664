"""`digest restore` lies beside `digest backup`."""

from digest.cli.backup import restore_command as command

__all__ = ["command"]
