"""`sting master-key`: make the key that seals everything, and have a key service wrap it."""

from __future__ import annotations

import base64
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, read_settings

if TYPE_CHECKING:
    from policies.kms.base import KeyService


_ANY_KEY = {"master_key": "00" * 32}
"""In the place of the configured one, which is not needed here and may not be there yet."""


@click.group("master-key")
def master_key() -> None:
    """The key that seals everything: make one, have a key service wrap it.

    \b
    Example:
      sting master-key new --config config.yaml
    """


@master_key.command("new")
@config_options
@clear_failures
def new(config: Path | None, data_dir: Path | None) -> None:
    """Make a master key and print it: wrapped where `kms` is configured, else in the clear.

    \b
    Example:
      sting master-key new --config config.yaml
    """
    from policies.master_key import opened_service
    from policies.master_keys import MASTER_KEY_BYTES

    service = opened_service(read_settings(config, data_dir, _ANY_KEY))
    key = secrets.token_bytes(MASTER_KEY_BYTES)
    click.echo(base64.b64encode(key).decode() if service is None else _wrapped(service, key))


@master_key.command("wrap")
@config_options
@clear_failures
def wrap(config: Path | None, data_dir: Path | None) -> None:
    """Read master keys from the standard input and print them as the key service of `kms` wraps them.

    \b
    Example:
      sting master-key wrap --config kms.yaml < .sting/master.key
    """
    from policies.master_key import opened_service
    from policies.master_keys import decode_master_keys

    service = opened_service(read_settings(config, data_dir, _ANY_KEY))
    if service is None:
        raise click.ClickException("the configuration names no key service (kms)")
    try:
        keys = decode_master_keys(sys.stdin.read(16_384).strip())
    except ValueError:
        keys = ()
    if not keys:
        raise click.ClickException("the standard input holds no master key: 32 bytes as base64 or hex")
    click.echo(",".join(_wrapped(service, key) for key in keys))


def _wrapped(service: KeyService, key: bytes) -> str:
    from policies.kms.base import KeyServiceFailed
    from policies.master_keys import write_wrapped

    try:
        return write_wrapped(service.wrap(key))
    except KeyServiceFailed as error:
        why = str(error)
    raise click.ClickException(f"kms: {why}")
