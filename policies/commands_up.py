"""`sting up`: the gateway, the console and the worker of one machine, supervised."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policies.cli_options import clear_failures, config_options, log_level_option, read_settings

if TYPE_CHECKING:
    from policies.settings import Settings
    from policies.supervising import Child, Supervisor

DEMO = "sting.demo"
"""Entry points of this group name a tuple of words: the command that `up` of a demo runs once everything serves."""
DEMO_KEY_FILE = "demo.key"
_LOOK_SECONDS = 1.0


@click.command()
@config_options
@click.option("--demo", is_flag=True, help="Offline demo model, embedded stores, a demo key.")
@click.option("--with-postgres", is_flag=True, help="And a PostgreSQL server with the demo sets, to connect to.")
@click.option("--gateway-port", type=int, help="Port of the gateway.")
@click.option("--console-port", type=int, help="Port of the console.")
@log_level_option("warning")
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
    """Run everything on this machine and print how to use it. Ctrl-C stops it all.

    \b
    Example:
      sting up --demo --gateway-port 9080 --console-port 9081
    """
    from policies.demo_reset import NoDemoFolder
    from policies.logs import set_up
    from policies.supervising import ChildEnded

    overrides: dict[str, object] = {"gateway.port": gateway_port, "console.port": console_port}
    settings = read_settings(config, data_dir, overrides)
    tried_out = demo and not settings.demo_mode
    if tried_out:
        wanted = {"demo_mode": True, "demo.reset_hours": 0, "external_ai": settings.external_ai}
        settings = read_settings(config, data_dir, {**overrides, **wanted})
    options = _Options(
        config, data_dir, gateway_port, console_port, log_level, demo=tried_out, with_postgres=with_postgres
    )
    set_up(log_level)
    try:
        with _folder_of(settings):
            asyncio.run(_run(settings, options))
    except NoDemoFolder as error:
        raise click.ClickException(str(error)) from None
    except ChildEnded as error:
        raise click.ClickException(f"`sting {error}` did not start; its reason stands above") from None
    except TimeoutError:
        raise click.ClickException("a part did not begin to serve in time; try --log-level info") from None


@dataclass(frozen=True, slots=True)
class _Options:
    """What `up` was told and its children are told in turn.

    `demo`: somebody tries it out (`--demo`), which is no public demo: nothing is reset, nobody waits.
    """

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

        words = ("console", *self.common(), "--log-level", self.log_level, "--demo-key", *self._demo())

        def on(port: int | str | None) -> tuple[str, ...]:
            return words if port is None else (*words, "--port", str(port))

        first = (*on(self.console_port), "--login-link")
        return Child("console", first, ("console", "login"), lambda said: on(_port(said["console"])))

    def _demo(self) -> tuple[str, ...]:
        return ("--demo",) if self.demo else ()


def _port(url: str) -> str:
    from urllib.parse import urlsplit

    return str(urlsplit(url).port)


def _resets(settings: Settings) -> bool:
    return settings.demo_mode and settings.demo.reset_hours > 0


@contextmanager
def _folder_of(settings: Settings) -> Iterator[None]:
    """The data folder as this installation may use it; a public demo's is emptied first when that is due.

    Raises NoDemoFolder, OSError.
    """
    from policies import demo_reset

    folder = settings.data_dir
    if not _resets(settings):
        demo_reset.leave(folder)
        yield
        return
    if not settings.embedded or settings.storage.url != "embedded":
        raise demo_reset.NoDemoFolder(
            "demo_mode resets what lies in the data folder, and here a store lies elsewhere. Use the embedded "
            "database, redis and storage; or start the parts one by one, with `sting demo keep` beside them; or set "
            "demo.reset_hours: 0 and reset the stores yourself"
        )
    with demo_reset.claimed(folder, settings.demo.reset_hours, time.time()):
        yield


async def _run(settings: Settings, options: _Options) -> None:
    """Run all parts until somebody ends them; a public demo is emptied and started anew when that is due."""
    import signal

    from policies.demo_reset import reset
    from policies.settings import environment
    from policies.supervising import Supervisor

    tried_out = {"DEMO_MODE": "true", "EXTERNAL_AI_ENABLED": str(settings.external_ai).lower()}
    seen = {**environment(), **(tried_out if options.demo else {})}
    supervisor = Supervisor(seen)
    ended = asyncio.Event()

    def end() -> None:
        if ended.is_set():
            supervisor.kill()  # asked twice: at once then
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    while not ended.is_set():
        supervisor = Supervisor(seen)
        await _round(supervisor, settings, options, ended)
        if not ended.is_set():
            await asyncio.to_thread(reset, settings.data_dir, settings.demo.reset_hours, time.time())
            click.echo("\nThe demo was reset: what visitors have left is gone.")


async def _ended_or_due(settings: Settings, ended: asyncio.Event) -> None:
    """Wait until all shall end, or until a public demo is to be reset: by the clock on the wall, as it is announced."""
    from policies.demo_reset import is_due

    if not _resets(settings):
        await ended.wait()
    while not ended.is_set() and not is_due(settings.data_dir, time.time()):
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await ended.wait()


async def _round(supervisor: Supervisor, settings: Settings, options: _Options, ended: asyncio.Event) -> None:
    """Run all parts until they shall end or the demo is to be reset; none runs any more afterwards."""
    from policies.supervising import Child

    loop = asyncio.get_running_loop()
    started = loop.create_task(_start(supervisor, settings, options, demo_key(settings.data_dir)))
    waiting = loop.create_task(_ended_or_due(settings, ended))
    try:
        await asyncio.wait({started, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            started.result()
            if options.with_postgres:
                await _unless_ended(_start_postgres(supervisor), waiting)
            for words in demo_commands() if settings.demo_mode else ():
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


async def _unless_ended(work: Coroutine[Any, Any, object], waiting: asyncio.Task[None]) -> None:
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
    if path.exists() and not path.stat().st_size:  # a disk was full, or its maker was killed
        path.unlink()
    if not path.exists():
        draft = path.with_name(f".{DEMO_KEY_FILE}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(new_secret())
        with suppress(FileExistsError):  # of several processes the first one's counts
            os.link(draft, path)
        draft.unlink()
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

    fallback = settings.providers[settings.fallback_provider]
    offline = fallback.kind == "demo" or not (settings.external_ai or fallback.local)
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
