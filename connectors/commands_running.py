"""What the commands of jars and connectors share: opening the place, running one task, failures as one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policies.cli_options import print_json, read_settings

if TYPE_CHECKING:
    from connectors.gateway_client import GatewayClient
    from connectors.jar_filling import Filled, Progress
    from connectors.jars import Jars

T = TypeVar("T")


def with_jars(config: Path | None, data_dir: Path | None, work: Callable[[Jars], Awaitable[T]]) -> T:
    """The result of `work` on the jars of this installation; failures as one line."""
    from connectors.local import Place, local_jars

    async def run() -> T:
        async with local_jars(Place(read_settings(config, data_dir), config, data_dir)) as jars:
            return await work(jars)

    return told(run)


def with_gateway(config: Path | None, data_dir: Path | None, work: Callable[[Jars, GatewayClient], Awaitable[T]]) -> T:
    """The same with a gateway: the one that runs, else one of its own for the moment."""
    from connectors.local import Place, local_gateway, local_jars

    async def run() -> T:
        place = Place(read_settings(config, data_dir), config, data_dir)
        async with local_jars(place) as jars, local_gateway(place, jars) as gateway:
            return await work(jars, gateway)

    return told(run)


def told(run: Callable[[], Awaitable[T]]) -> T:
    """The result of a task; what can go wrong becomes one line on stderr and exit status 1."""
    from connectors.base import ConnectorProblem
    from connectors.gateway_client import GatewayFailed
    from connectors.jar_imports import TakenOver
    from connectors.jars import JarProblem
    from connectors.objects import StorageFailed
    from policies.supervising import ChildEnded

    async def waited() -> T:
        return await run()

    try:
        return asyncio.run(waited())
    except (JarProblem, ConnectorProblem, GatewayFailed, StorageFailed, TakenOver) as error:
        raise click.ClickException(str(error)) from None
    except LookupError as error:
        raise click.ClickException(
            f"{str(error.args[0]) if error.args else 'not found'}; see: sting jars list"
        ) from None
    except ChildEnded:
        raise click.ClickException("the gateway did not start; its reason stands above") from None


@contextmanager
def import_progress(*, quiet: bool) -> Iterator[Progress]:
    """A line per table on standard error that counts its rows."""
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        tasks: dict[str, Any] = {}

        def tell(table: str, rows: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table)
            bar.update(tasks[table], description=f"{table}: {rows:,} rows")

        bar.add_task("working")
        yield tell


def shown_import(name: str, filled: Filled) -> dict[str, object]:
    """What an import brought, for `--json`."""
    return {
        "jar": name,
        "tables": filled.tables,
        "set_aside": filled.set_aside,
        "columns": filled.columns,
        "personal_columns": filled.personal_columns,
        "known_values": filled.known,
    }


def tell_import(name: str, filled: Filled, *, as_json: bool) -> None:
    """What an import brought, for people or as JSON."""
    if as_json:
        print_json(shown_import(name, filled))
        return
    for table, rows in filled.tables.items():
        aside = filled.set_aside.get(table)
        more = f", {aside:,} more could not be read and {'is' if aside == 1 else 'are'} set aside" if aside else ""
        click.echo(f"{name}/{table}: {rows:,} rows{more}")
    click.echo(f"{filled.personal_columns} of {filled.columns} columns are personal; sting jars review {name}")
    if filled.known is None:
        click.echo(f"The gateway was not told their values yet: sting jars rescan {name}", err=True)
    else:
        click.echo(f"{filled.known:,} values are known to the gateway now: they are found in every text.")
