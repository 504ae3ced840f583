"""The command that runs the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, log_level_option, read_settings, why_not

if TYPE_CHECKING:
    from policies.settings import Settings


@click.command()
@config_options
@click.option("--port", type=int, help="Port instead of the configuration's.")
@log_level_option("info")
@click.option("--demo", is_flag=True, hidden=True, help="As `sting up --demo`.")
@click.option("--demo-key", is_flag=True, hidden=True, help="Take the key of data_dir/demo.key too.")
@clear_failures
def gateway(
    config: Path | None, data_dir: Path | None, port: int | None, log_level: str, *, demo: bool, demo_key: bool
) -> None:
    """Run the gateway alone, with JSON logs on stderr.

    \b
    Example:
      sting gateway --config config.yaml
    """
    from policies.commands_up import with_demo_key

    settings = read_settings(config, data_dir, {"gateway.port": port, "demo_mode": demo or None})
    if demo_key:
        settings = with_demo_key(settings)
    _serve(settings, log_level, lambda place: click.echo(f"gateway: {place.url}"))


def _serve(settings: Settings, log_level: str, announce: object) -> None:
    import uvloop

    from policies.demo_claim import part_of_demo
    from policies.logs import set_up
    from proxy.errors import StingError
    from proxy.workers import serve

    set_up(log_level)
    try:
        with part_of_demo(settings):
            uvloop.run(serve(settings, announce, log_level=log_level))  # type: ignore[arg-type] # click's lambda
    except StingError as error:
        raise click.ClickException(error.message) from None
    except OSError as error:
        listens = f"{settings.gateway.host}:{settings.gateway.port}"
        raise click.ClickException(why_not("gateway", error, listens)) from None
