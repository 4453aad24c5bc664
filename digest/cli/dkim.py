"""`digest dkim`: makes a signing key, and prints what belongs into the DNS."""

import os
from errno import EEXIST
from pathlib import Path
from typing import Literal

import click

from digest.cli.session import read_config, usual_options
from digest.doctor.people import sender_domain
from digest.errors import ConfigError, os_reason
from digest.files import write_whole

SELECTOR = "digest"


@click.command("dkim")
@usual_options
@click.option("--new", type=click.Path(path_type=Path), help="Make a key and write it here.")
@click.option("--domain", default="", help="The domain that signs; else that of `from`.")
@click.option("--selector", default=SELECTOR, show_default=True, help="Its name in the DNS.")
@click.option("--kind", type=click.Choice(["rsa", "ed25519"]), default="rsa", show_default=True)
def command(
    config_path: Path | None,
    new: Path | None,
    domain: str,
    selector: str,
    kind: Literal["rsa", "ed25519"],
) -> None:
    """Print the DNS record of the key that signs letters; --new makes a key first.

    \b
    Examples:
      digest dkim --new dkim.pem            a key, its DNS record and the lines for digest.yaml
      digest dkim                           the record of the configured key
      digest doctor                         says whether the DNS has it
    """
    from digest.rendering.dkim import dns_record, load_signer

    if new is not None:  # perhaps the configuration names this key, and cannot be read before
        domain = domain or sender_domain(read_config(config_path))
        write_key(new, kind)
        signer = load_signer(domain, selector, new)
        click.echo(f"wrote {new}; into digest.yaml:\n")
        entry = f"domain: {domain}, selector: {selector}, key_file: {new.absolute()}"
        click.echo(f"delivery:\n  dkim: {{{entry}}}")
        click.echo("\nand into the DNS:\n")
    elif (dkim := read_config(config_path).delivery.dkim) is not None:
        signer = load_signer(dkim.domain, dkim.selector, dkim.key_file)
    else:
        raise click.UsageError("No key is configured; `digest dkim --new dkim.pem` makes one.")
    click.echo(dns_record(signer).zone_line)


def write_key(path: Path, kind: Literal["rsa", "ed25519"]) -> None:
    """Write a new private key, whole and for its owner alone; no file is ever replaced."""
    from digest.rendering.dkim import make_key

    try:
        if path.exists():
            raise FileExistsError(EEXIST, os.strerror(EEXIST))
        write_whole(path, make_key(kind), mode=0o600)
    except OSError as error:
        raise ConfigError.of(path, f"the key cannot be written: {os_reason(error)}") from error
