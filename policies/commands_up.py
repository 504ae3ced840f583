"""`sting up`: the gateway, the console and the worker of one machine, supervised."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policies.cli_options import clear_failures, config_options, read_settings

if TYPE_CHECKING:
    from policies.settings import Settings
    from policies.supervising import Child, Supervisor

DEMO = "sting.demo"
"""Entry points of this group name a tuple of words: the command that `up --demo` runs once everything serves."""
DEMO_KEY_FILE = "demo.key"


@click.command()
@config_options
@click.option("--demo", is_flag=True, help="Offline demo model, embedded stores, a demo key.")
@click.option("--with-postgres", is_flag=True, help="And a PostgreSQL server with the demo sets, to connect to.")
@click.option("--gateway-port", type=int, help="Port of the gateway.")
@click.option("--console-port", type=int, help="Port of the console.")
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
    with_postgres: bool,
) -> None:
    r"""Run everything on this machine and print how to use it. Ctrl-C stops it all.

    \b
    Example:
      sting up --demo --gateway-port 9080 --console-port 9081
    """
    from policies.logs import set_up
    from policies.supervising import ChildEnded

    overrides = {"gateway.port": gateway_port, "console.port": console_port, "demo_mode": demo or None}
    settings = read_settings(config, data_dir, overrides)
    options = _Options(config, data_dir, gateway_port, console_port, log_level, demo=demo, with_postgres=with_postgres)
    set_up(log_level)
    key = demo_key(settings.data_dir)
    try:
        asyncio.run(_run(settings, options, key))
    except ChildEnded as error:
        raise click.ClickException(f"`sting {error}` did not start; its reason stands above") from None
    except TimeoutError:
        raise click.ClickException("a part did not begin to serve in time; try --log-level info") from None


@dataclass(frozen=True, slots=True)
class _Options:
    """What `up` was told and its children are told in turn."""

    config: Path | None
    data_dir: Path | None
    gateway_port: int | None
    console_port: int | None
    log_level: str
    demo: bool = False
    with_postgres: bool = False

    def common(self) -> tuple[str, ...]:
        """Where the configuration is."""
        words: tuple[str, ...] = ("--config", str(self.config)) if self.config else ()
        return (*words, "--data-dir", str(self.data_dir)) if self.data_dir else words

    def gateway(self) -> Child:
        """The gateway with the demo key."""
        from policies.supervising import Child

        words = ("gateway", *self.common(), "--log-level", self.log_level, "--demo-key", *self._demo())

        def on(port: int | str | None) -> tuple[str, ...]:
            return words if port is None else (*words, "--port", str(port))

        return Child("gateway", on(self.gateway_port), ("gateway",), lambda said: on(_port(said["gateway"])))

    def console(self) -> Child:
        """The console, which makes the login link."""
        from policies.supervising import Child

        words = ("console", *self.common(), "--log-level", self.log_level, *self._demo())

        def on(port: int | str | None) -> tuple[str, ...]:
            return words if port is None else (*words, "--port", str(port))

        first = (*on(self.console_port), "--login-link")
        return Child("console", first, ("console", "login"), lambda said: on(_port(said["console"])))

    def _demo(self) -> tuple[str, ...]:
        return ("--demo",) if self.demo else ()


def _port(url: str) -> str:
    from urllib.parse import urlsplit

    return str(urlsplit(url).port)


async def _run(settings: Settings, options: _Options, key: str) -> None:
    import signal

    from policies.settings import environment
    from policies.supervising import Child, Supervisor

    seen = {**environment(), **({"DEMO_MODE": "true"} if options.demo else {})}
    supervisor = Supervisor(seen)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        if ended.is_set():
            supervisor.kill()  # asked twice: at once then
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        started = loop.create_task(_start(supervisor, settings, options, key))
        waiting = loop.create_task(ended.wait())
        await asyncio.wait({started, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.is_set():
            started.result()
            if options.with_postgres:
                await _unless_ended(_start_postgres(supervisor), waiting)
            for words in demo_commands() if options.demo else ():
                await _unless_ended(supervisor.run(Child(words[0], (*words, *options.common()))), waiting)
        await waiting
    finally:
        started.cancel()
        waiting.cancel()
        await asyncio.gather(started, waiting, return_exceptions=True)
        await supervisor.stop()


async def _start_postgres(supervisor: Supervisor) -> None:
    """Start the demo database and say what to type into the form of a PostgreSQL connector."""
    from policies.supervising import Child, ChildEnded

    names = ("host", "port", "database", "user", "password")
    try:
        said = await supervisor.start(Child("postgres", ("connectors", "demo-postgres"), names))
    except ChildEnded:
        click.echo("The demo database did not start; its reason stands above. Everything else runs.", err=True)
        return
    click.echo("\nA customer's database to connect to (Connectors, PostgreSQL; read-only, gone at the end):")
    for name in names:
        click.echo(f"  {name}: {said[name]}")


async def _unless_ended(work: Coroutine[Any, Any, object], waiting: asyncio.Task[bool]) -> None:
    """Wait for `work`, or leave it when all shall end."""
    task = asyncio.get_running_loop().create_task(work)
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _start(supervisor: Supervisor, settings: Settings, options: _Options, key: str) -> None:
    """Start all parts and say how to use them. The database is made by the gateway: it comes first."""
    from policies.supervising import Child

    gateway = await supervisor.start(options.gateway())
    console = await supervisor.start(options.console()) if has_command("console") else {}
    _explain(_Places(gateway["gateway"], console.get("console", ""), console.get("login", ""), key), settings)
    if has_command("worker"):
        words = ("worker", *options.common(), "--log-level", options.log_level)
        await supervisor.start(Child("worker", words))


def has_command(*words: str) -> bool:
    """Whether `sting` has this command."""
    from policies.cli import main

    command: click.Command | None = main
    for word in words:
        if not isinstance(command, click.Group):
            return False
        command = command.get_command(click.Context(command), word)
    return command is not None


def demo_commands() -> list[tuple[str, ...]]:
    """The commands that packages want to run at the start of a demo set-up."""
    from importlib.metadata import entry_points

    return [tuple(point.load()) for point in sorted(entry_points(group=DEMO), key=lambda point: point.name)]


def demo_key(data_dir: Path) -> str:
    """The secret of the key to begin with, the same at every start; it is kept in data_dir for its owner alone."""
    import os

    from policies.principals import new_secret

    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / DEMO_KEY_FILE
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_secret())
    return path.read_text(encoding="ascii").strip()


def with_demo_key(settings: Settings) -> Settings:
    """Settings with the key to begin with, unless the configuration has one of its name."""
    from pydantic import SecretStr

    from policies.sections import BootstrapKey

    if any(key.name == "demo" for key in settings.keys):
        return settings
    secret = SecretStr(demo_key(settings.data_dir))
    key = BootstrapKey(name="demo", secret=secret, roles=("use", "restore", "audit"))
    return settings.model_copy(update={"keys": (*settings.keys, key)})


@dataclass(frozen=True, slots=True)
class _Places:
    gateway: str
    console: str
    login: str = field(repr=False)
    key: str = field(repr=False)


def _explain(places: _Places, settings: Settings) -> None:
    from rich.console import Console

    offline = settings.providers[settings.fallback_provider].kind == "demo"
    model = "sting-demo" if offline else "gpt-4o"
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"\n[bold green]STING-CE is running.[/] Gateway: [bold]{places.gateway}[/]   (Ctrl-C stops it)")
    if places.console:
        console.print(f"Console: [bold]{places.console}[/]")
        if places.login.startswith("http"):
            click.echo(f"Log in:  {places.login}   (once, within 30 minutes)")
    console.print(f"Key:     {places.key}")
    console.print(f"Model:   {model}" + ("  (offline demo model)" if offline else ""))
    console.print("\nTry it:", style="bold")
    click.echo(
        f"curl -s {places.gateway}/v1/chat/completions -H 'Authorization: Bearer {places.key}' "
        "-H 'Content-Type: application/json' "
        f"""-d '{{"model":"{model}","messages":[{{"role":"user","content":"Write a short reply to """
        """Margaret Okafor (m.okafor@example.com) about her late order."}]}' -i"""
    )
    console.print("\nSee what a text holds:   .venv/bin/sting scan letter.txt")
    console.print(f'In your application:     OpenAI(base_url="{places.gateway}/v1", api_key="{places.key[:13]}...")\n')
