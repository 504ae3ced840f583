"""The command `sting support-bundle`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from policies.cli_options import clear_failures, config_options, read_settings


@click.command("support-bundle")
@config_options
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without one it is printed."
)
@clear_failures
def bundle(config: Path | None, data_dir: Path | None, out: Path | None) -> None:
    """Tell what this installation looks like: versions, shapes, sizes. No secret, name, address or other text.

    \b
    Example:
      sting support-bundle --config config.yaml --out bundle.json
    """
    from policies.support import support_bundle

    told = asyncio.run(support_bundle(read_settings(config, data_dir)))
    text = json.dumps(told, indent=2)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        click.echo(f"{out}: read it before you send it; it is short")
