"""Commands that run the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, read_settings

if TYPE_CHECKING:
    from policies.settings import Settings
    from proxy.serving import Listening

DEMO_KEY_FILE = "demo.key"


@click.command()
@config_options
@click.option("--port", type=int, help="Port instead of the configuration's.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
@clear_failures
def gateway(config: Path | None, data_dir: Path | None, port: int | None, log_level: str) -> None:
    r"""Run the gateway alone, with JSON logs on stderr.

    \b
    Example:
      sting gateway --config config.yaml
    """
    settings = read_settings(config, data_dir, {"gateway.port": port})
    _serve(settings, log_level, lambda place: click.echo(f"gateway: {place.url}"))


@click.command()
@config_options
@click.option("--demo", is_flag=True, help="Offline demo model, embedded stores, a demo key.")
@click.option("--gateway-port", type=int, help="Port of the gateway.")
@click.option("--console-port", type=int, help="Port of the console (it comes with a later version).")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="warning")
@clear_failures
def up(
    config: Path | None,
    data_dir: Path | None,
    gateway_port: int | None,
    console_port: int | None,
    log_level: str,
    *,
    demo: bool,
) -> None:
    r"""Run everything on this machine and print how to use it. Ctrl-C stops it all.

    \b
    Example:
      sting up --demo --gateway-port 9080
    """
    settings = read_settings(
        config, data_dir, {"gateway.port": gateway_port, "console.port": console_port, "demo_mode": demo or None}
    )
    settings, key = _with_demo_key(settings)
    _serve(settings, log_level, lambda place: _explain(place, settings, key))


def _serve(settings: Settings, log_level: str, announce: object) -> None:
    import uvloop

    from proxy.errors import StingError
    from proxy.logs import set_up
    from proxy.serving import serve

    set_up(log_level)
    try:
        uvloop.run(serve(settings, announce))  # type: ignore[arg-type] # click's lambda
    except StingError as error:
        raise click.ClickException(error.message) from None
    except OSError as error:
        raise click.ClickException(f"the gateway cannot listen: {error.strerror}") from None


def _with_demo_key(settings: Settings) -> tuple[Settings, str]:
    """Settings with a key to begin with, the same at every start; it is kept in data_dir for its owner alone."""
    import os

    from policies.principals import new_secret
    from policies.sections import BootstrapKey

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.data_dir / DEMO_KEY_FILE
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_secret())
    secret = path.read_text(encoding="ascii").strip()
    key = BootstrapKey(name="demo", secret=secret, roles=("use", "restore", "audit"))  # type: ignore[arg-type] # pydantic
    return settings.model_copy(update={"keys": (*settings.keys, key)}), secret


def _explain(place: Listening, settings: Settings, key: str) -> None:
    from rich.console import Console

    model = "sting-demo" if settings.providers[settings.fallback_provider].kind == "demo" else "gpt-4o"
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"\n[bold green]STING-CE is running.[/] Gateway: [bold]{place.url}[/]   (Ctrl-C stops it)")
    console.print(f"Key:     {key}")
    console.print(f"Model:   {model}" + ("  (offline demo model)" if model == "sting-demo" else ""))
    console.print("\nTry it:", style="bold")
    click.echo(
        f"curl -s {place.url}/v1/chat/completions -H 'Authorization: Bearer {key}' "
        "-H 'Content-Type: application/json' "
        f"""-d '{{"model":"{model}","messages":[{{"role":"user","content":"Write a short reply to """
        """Margaret Okafor (m.okafor@example.com) about her late order."}]}' -i"""
    )
    console.print("\nSee what a text holds:   .venv/bin/sting scan letter.txt")
    console.print('In your application:     OpenAI(base_url="' + place.url + '/v1", api_key="' + key[:13] + '...")\n')
