"""`digest unsuppress` lies beside `digest suppress`."""

from digest.cli.suppress import unsuppress_command as command

__all__ = ["command"]
