"""The commands of the console, for the entry point `sting.commands`; import-light."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, log_level_option, read_settings, why_not

if TYPE_CHECKING:
    from admin_ui.serving import Listening


@click.command()
@config_options
@click.option("--port", type=int, help="Port instead of the configuration's.")
@log_level_option("info")
@click.option("--login-link", is_flag=True, help="Print a link that logs the first administrator in once.")
@click.option("--demo", is_flag=True, hidden=True, help="As `sting up --demo`.")
@click.option("--demo-key", is_flag=True, hidden=True, help="Show the key of data_dir/demo.key too.")
@clear_failures
def console(
    config: Path | None,
    data_dir: Path | None,
    port: int | None,
    log_level: str,
    *,
    login_link: bool,
    demo: bool,
    demo_key: bool,
) -> None:
    """Run the console alone: admin UI and JSON API, with JSON logs on stderr.

    \b
    Example:
      sting console --config config.yaml --login-link
    """
    import uvloop

    from admin_ui.serving import serve
    from policies.commands_up import with_demo_key
    from policies.demo_claim import part_of_demo
    from policies.logs import set_up
    from policies.sections_demo import TRIED_OUT

    settings = read_settings(config, data_dir, {"console.port": port, **(TRIED_OUT if demo else {})})
    if demo_key:
        settings = with_demo_key(settings)
    set_up(log_level)

    def announce(place: Listening) -> None:
        click.echo(f"console: {place.url}")
        if login_link:
            click.echo(f"login: {place.login or 'with your password'}")

    try:
        with part_of_demo(settings):
            uvloop.run(serve(settings, announce, login_link=login_link))
    except OSError as error:
        listens = f"{settings.console.host}:{settings.console.port}"
        raise click.ClickException(why_not("console", error, listens)) from None


COMMANDS: tuple[click.Command, ...] = (console,)
